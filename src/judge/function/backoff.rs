use minijinja::{Error, Value};

use super::{Function, argument, policy_attempts::group};
use crate::judge::{Type, terms::CallContext};

/// `backoff(deliveries)`: the shape and the jitter of the gaps between attempts, in words.
pub(super) const ROW: Function = Function {
    name: "backoff",
    arguments: &["deliveries"],
    summary: "how the gaps between a delivery's attempts grow and scatter, in words",
    returns: || Type::Text,
    call,
};

/// So many deliveries tell apart how gaps grow: the noise of one looks like any shape.
const ENOUGH_FOR_SHAPE: usize = 5;
/// So many tell how they scatter.
const ENOUGH_FOR_JITTER: usize = 20;
/// So much of what scatters is put down to the machine, in milliseconds.
const NOISE_MS: f64 = 10.0;
/// Two ratios, or two steps, that differ by this factor are the same.
const SAME: f64 = 1.2;

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let attempts = group(context, argument(arguments, 0, ROW.name)?)?;
    let mut deliveries: Vec<(&(Value, Value), Vec<f64>, f64)> = Vec::new();
    for attempt in &attempts {
        match deliveries.iter_mut().find(|(delivery, ..)| **delivery == attempt.delivery) {
            Some((_, gaps, ended_ms)) => {
                gaps.push(context.waited(*ended_ms, attempt.began_ms));
                *ended_ms = attempt.last.ended_ms;
            }
            None => deliveries.push((&attempt.delivery, Vec::new(), attempt.last.ended_ms)),
        }
    }
    let all: Vec<Vec<f64>> = deliveries.into_iter().map(|(_, gaps, _)| gaps).collect();
    Ok(described(&all).into())
}

/// What the gaps of so many deliveries are like, in milliseconds.
fn described(deliveries: &[Vec<f64>]) -> String {
    let longest = deliveries.iter().map(Vec::len).max().unwrap_or_default();
    if longest == 0 {
        return "insufficient data: nothing was retried".into();
    }
    let mut samples: Vec<Vec<f64>> =
        (0..longest).map(|at| deliveries.iter().filter_map(|gaps| gaps.get(at).copied()).collect()).collect();
    for gaps in &mut samples {
        gaps.sort_by(f64::total_cmp);
    }
    let typical: Vec<f64> = samples.iter().map(|gaps| typical(gaps)).collect();
    let fewest = samples.iter().map(Vec::len).min().unwrap_or_default();
    let shown: Vec<String> = typical.iter().map(|gap| length(*gap)).collect();
    let (gaps, of) = (if longest == 1 { "a gap" } else { "gaps" }, counted(deliveries.len()));
    let seen = format!("{} attempts with {gaps} of {} in {of}", longest + 1, shown.join(", "));
    if fewest < ENOUGH_FOR_SHAPE {
        return format!(
            "{seen}; insufficient data for their shape ({ENOUGH_FOR_SHAPE} deliveries are needed) and their jitter \
             ({ENOUGH_FOR_JITTER})"
        );
    }
    let (shape, jitter) = (shape(&typical, fewest, scatter(&samples)), jitter(&samples, fewest));
    format!("{seen}; shape: {shape}; jitter: {jitter}")
}

fn counted(deliveries: usize) -> String {
    if deliveries == 1 { "1 delivery".into() } else { format!("{deliveries} deliveries") }
}

/// The mean of the middle four fifths of sorted values: it scatters less than a median, and an outlier does not move it.
fn typical(sorted: &[f64]) -> f64 {
    let cut = sorted.len() / 10;
    let middle = &sorted[cut..sorted.len() - cut];
    #[expect(clippy::cast_precision_loss, reason = "deliveries are few")]
    let count = middle.len().max(1) as f64;
    middle.iter().sum::<f64>() / count
}

/// The shapes that gaps which grow may have, the one that fits best first.
fn shape(gaps: &[f64], deliveries: usize, scatter: f64) -> String {
    if gaps.len() < 2 {
        return "insufficient data, for 2 gaps are needed".into();
    }
    #[expect(clippy::cast_precision_loss, reason = "deliveries are few")]
    let blur = scatter / (deliveries as f64).sqrt();
    let ratios: Vec<f64> = gaps.windows(2).map(|pair| pair[1] / pair[0].max(1.0)).collect();
    let (least, most) = range(&ratios);
    if least > 0.9 - blur && most < 1.1 + blur {
        return "fixed".into();
    }
    if let [ratio] = ratios[..] {
        return format!("the second gap is {ratio:.1} times the first, and 2 gaps do not tell how gaps go on");
    }
    let steps: Vec<f64> = gaps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let by_ratio = format!("exponential, by {:.1}", f64::midpoint(least, most));
    let step = range(&steps);
    let by_step = format!("linear, by {}", length(f64::midpoint(step.0, step.1)));
    let misfit = |(least, most): (f64, f64), floor: f64| {
        if least > floor { (most / least).ln() } else { f64::INFINITY }
    };
    let mut shapes = [(misfit((least, most), 1.1), by_ratio), (misfit(step, 0.0), by_step)];
    shapes.sort_by(|one, other| one.0.total_cmp(&other.0));
    // Of three gaps that scatter, the ratios and the steps scatter a few times as much.
    let fits = |misfit: f64| misfit < SAME.ln() + 2.0 * blur;
    match shapes {
        [(best, shape), (other, more)] if fits(best) && fits(other) => format!("{shape}, or else {more}"),
        [(best, shape), _] if fits(best) => shape,
        _ => "steps of its own".into(),
    }
}

/// By which share of themselves gaps scatter beyond the machine's noise. A machine that is late is so by the same time
/// whatever the gap, so that the gap that scatters least tells.
fn scatter(samples: &[Vec<f64>]) -> f64 {
    let of = |gaps: &Vec<f64>| {
        (at_percent(gaps, 95) - at_percent(gaps, 5) - NOISE_MS).max(0.0) / at_percent(gaps, 50).max(1.0)
    };
    samples.iter().map(of).reduce(f64::min).unwrap_or_default()
}

fn jitter(samples: &[Vec<f64>], deliveries: usize) -> String {
    if deliveries < ENOUGH_FOR_JITTER {
        return format!("insufficient data, for {ENOUGH_FOR_JITTER} deliveries are needed");
    }
    match scatter(samples) {
        share if share < 0.01 => "none".into(),
        share if share < 0.25 => format!("low ({:.0} %)", 100.0 * share),
        share => format!("high ({:.0} %)", 100.0 * share),
    }
}

/// A length of time to two digits or to the millisecond, whichever is coarser.
fn length(ms: f64) -> String {
    let (value, unit) = match ms {
        ms if ms < 999.5 => return format!("{ms:.0} ms"),
        ms if ms < 99_500.0 => (ms / 1e3, "s"),
        ms if ms < 5_970_000.0 => (ms / 60e3, "min"),
        ms => (ms / 3.6e6, "h"),
    };
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// The nearest-rank percentile of sorted values.
fn at_percent(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(*value), most.max(*value)))
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

    use super::*;

    /// So many deliveries with these gaps, each longer by up to a share that differs from one to the next.
    fn told(count: u32, gaps: &[f64], share: f64) -> String {
        let one = |number: u32| {
            let longer = 1.0 + share * f64::from(number) / f64::from(count);
            gaps.iter().map(|gap| gap * longer).collect()
        };
        described(&(0..count).map(one).collect::<Vec<Vec<f64>>>())
    }

    #[test]
    fn each_shape_is_told_from_the_others() {
        for (gaps, shape) in [
            (&[1000.0, 1000.0, 1000.0][..], "of 1.0 s, 1.0 s, 1.0 s in 20 deliveries; shape: fixed;"),
            (&[1000.0, 1000.0], "3 attempts with gaps of 1.0 s, 1.0 s in 20 deliveries; shape: fixed;"),
            (&[1000.0, 2000.0, 4000.0], "shape: exponential, by 2.0;"),
            (&[1000.0, 2000.0, 3000.0], "shape: linear, by 1.0 s;"),
            (&[1000.0, 5000.0, 15_000.0], "shape: steps of its own;"),
            (&[4000.0, 2000.0, 1000.0], "shape: steps of its own;"),
            (&[60_000.0, 300_000.0, 900_000.0], "4 attempts with gaps of 60 s, 5.0 min, 15 min in"),
            (&[100.0, 200.0], "shape: the second gap is 2.0 times the first, and 2 gaps do not tell"),
            (&[100.0], "2 attempts with a gap of 100 ms in 20 deliveries; shape: insufficient data"),
        ] {
            let told = told(20, gaps, 0.0);
            assert!(told.contains(shape) && told.ends_with("jitter: none"), "{told}");
        }
    }

    #[test]
    fn jitter_is_what_scatters_beyond_noise() {
        assert!(told(20, &[1000.0; 3], 0.1).contains("jitter: low"));
        assert!(told(20, &[1000.0; 3], 1.0).contains("jitter: high"));
    }

    #[test]
    fn a_machine_that_is_late_makes_no_jitter_of_short_gaps() {
        let late = |number: u32| [100.0, 200.0, 400.0].map(|gap| gap + f64::from(number)).to_vec();
        let told = described(&(0..20).map(late).collect::<Vec<_>>());
        assert!(told.contains("shape: exponential, by 1.9; jitter: low (2 %)"), "{told}");
    }

    #[test]
    fn gaps_that_scatter_by_a_third_keep_their_shape() {
        let mut random = StdRng::seed_from_u64(7);
        let (mut shapes, all) = ([0; 2], 200);
        for _ in 0..all {
            let mut some = |gaps: [f64; 3]| -> Vec<Vec<f64>> {
                (0..20).map(|_| gaps.map(|gap| gap * random.random_range(0.67..1.33)).to_vec()).collect()
            };
            let exponential = described(&some([1000.0, 2000.0, 4000.0]));
            let fixed = described(&some([1000.0; 3]));
            assert!(exponential.contains("jitter: high") && fixed.contains("jitter: high"), "{exponential}, {fixed}");
            shapes[0] += i32::from(exponential.contains("shape: exponential, by "));
            shapes[1] += i32::from(fixed.contains("shape: fixed"));
        }
        assert!(shapes.iter().all(|right| right * 100 >= all * 97), "{shapes:?} of {all}");
    }

    #[test]
    fn too_few_tell_nothing_and_say_so() {
        let told = told(1, &[1000.0, 2000.0, 4000.0], 0.0);
        assert!(told.contains("4.0 s in 1 delivery; insufficient data for their shape"), "{told}");
        assert_eq!(described(&[Vec::new()]), "insufficient data: nothing was retried");
        assert_eq!(described(&[]), "insufficient data: nothing was retried");
    }
}
