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

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let attempts = group(context, argument(arguments, 0, ROW.name)?)?;
    let mut deliveries: Vec<(&(Value, Value), Vec<f64>, f64)> = Vec::new();
    for attempt in &attempts {
        match deliveries.iter_mut().find(|(delivery, ..)| **delivery == attempt.delivery) {
            Some((_, gaps, ended_ms)) => {
                gaps.push(context.elapsed(*ended_ms, attempt.began_ms));
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
    let mut samples: Vec<Vec<f64>> =
        (0..longest).map(|at| deliveries.iter().filter_map(|gaps| gaps.get(at).copied()).collect()).collect();
    for gaps in &mut samples {
        gaps.sort_by(f64::total_cmp);
    }
    let medians: Vec<f64> = samples.iter().map(|gaps| at_percent(gaps, 50)).collect();
    if medians.is_empty() {
        return "insufficient data: nothing was retried".into();
    }
    let fewest = samples.iter().map(Vec::len).min().unwrap_or_default();
    let shown: Vec<String> = medians.iter().map(|gap| format!("{gap:.0}")).collect();
    let of = if deliveries.len() == 1 { "delivery" } else { "deliveries" };
    format!(
        "gaps of {} ms in {} {of}; shape: {}; jitter: {}",
        shown.join(", "),
        deliveries.len(),
        shape(&medians, fewest),
        jitter(&samples, fewest)
    )
}

fn shape(medians: &[f64], deliveries: usize) -> String {
    if medians.len() < 3 || deliveries < ENOUGH_FOR_SHAPE {
        return format!("insufficient data, for 3 gaps in {ENOUGH_FOR_SHAPE} deliveries are needed");
    }
    let ratios: Vec<f64> = medians.windows(2).map(|pair| pair[1] / pair[0].max(1.0)).collect();
    let steps: Vec<f64> = medians.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (least, most) = range(&ratios);
    if least > 0.9 && most < 1.1 {
        return "fixed".into();
    }
    if least > 1.1 && most / least < 1.2 {
        return format!("exponential, by {:.1}", f64::midpoint(least, most));
    }
    match range(&steps) {
        (least, most) if least > 0.0 && most / least < 1.2 => {
            format!("linear, by {:.0} ms", f64::midpoint(least, most))
        }
        _ => "steps of its own".into(),
    }
}

fn jitter(samples: &[Vec<f64>], deliveries: usize) -> String {
    if deliveries < ENOUGH_FOR_JITTER {
        return format!("insufficient data, for {ENOUGH_FOR_JITTER} deliveries are needed");
    }
    let scatter = |gaps: &Vec<f64>| {
        (at_percent(gaps, 95) - at_percent(gaps, 5) - NOISE_MS).max(0.0) / at_percent(gaps, 50).max(1.0)
    };
    match samples.iter().map(scatter).fold(0.0, f64::max) {
        share if share < 0.01 => "none".into(),
        share if share < 0.25 => format!("low ({:.0} %)", 100.0 * share),
        share => format!("high ({:.0} %)", 100.0 * share),
    }
}

/// The nearest-rank percentile of sorted values.
fn at_percent(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, 0.0), |(least, most), value| (least.min(*value), most.max(*value)))
}

#[cfg(test)]
mod tests {
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
            ([1000.0, 1000.0, 1000.0], "shape: fixed;"),
            ([1000.0, 2000.0, 4000.0], "shape: exponential, by 2.0;"),
            ([1000.0, 2000.0, 3000.0], "shape: linear, by 1000 ms;"),
            ([1000.0, 5000.0, 15_000.0], "shape: steps of its own;"),
        ] {
            let told = told(20, &gaps, 0.0);
            assert!(told.contains(shape) && told.ends_with("jitter: none"), "{told}");
        }
    }

    #[test]
    fn jitter_is_what_scatters_beyond_noise() {
        assert!(told(20, &[1000.0; 3], 0.1).contains("jitter: low"));
        assert!(told(20, &[1000.0; 3], 1.0).contains("jitter: high"));
    }

    #[test]
    fn too_few_tell_nothing_and_say_so() {
        let told = told(1, &[1000.0, 2000.0, 4000.0], 0.0);
        assert_eq!(told.matches("insufficient data").count(), 2, "{told}");
        assert_eq!(described(&[Vec::new()]), "insufficient data: nothing was retried");
        assert_eq!(described(&[]), "insufficient data: nothing was retried");
    }
}
