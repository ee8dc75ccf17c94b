use std::time::Duration;

use hdrhistogram::Histogram;

use super::amount::{bound_shown, shown};
use crate::{
    scenario::load::{Amount, Quantity, Relation, Statistic, Threshold, samples_needed},
    verdict::Held,
};

/// What was measured over a stretch of time for one step, or for a group's passes.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// How long it was, in seconds.
    pub seconds: f64,
    /// All that ended.
    pub ended: u64,
    /// Those that were done.
    pub done: u64,
    /// Those that were rate-limited.
    pub limited: u64,
    /// Those that fell due while every user was waiting.
    pub queued: u64,
    /// Those that ended otherwise than was expected.
    pub errors: u64,
    /// The times of the threshold's figure, in microseconds; empty where it is of no time.
    pub times: &'a Histogram<u64>,
}

/// What a threshold came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// What was measured.
    pub measured: Option<Amount>,
    /// On how many it rests.
    pub samples: u64,
    /// What it came to.
    pub verdict: Held,
    /// Why, in a sentence.
    pub reason: String,
}

/// What the sliding windows of a threshold came to so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Windowed {
    /// How many windows there were.
    seen: u64,
    /// How many of them were too short of samples.
    thin: u64,
    /// The first that missed.
    missed: Option<Kept>,
}

impl Windowed {
    /// Judges another window, which began and ended so long after the load did.
    pub fn take(&mut self, threshold: &Threshold, stretch: &Stretch<'_>, from: Duration, to: Duration) {
        self.seen += 1;
        let kept = judge_threshold(threshold, stretch, None);
        match kept.verdict {
            Held::Inconclusive => self.thin += 1,
            Held::Missed if self.missed.is_none() => {
                let when = format!("from {:.0} s to {:.0} s", from.as_secs_f64(), to.as_secs_f64());
                self.missed = Some(Kept { reason: format!("{when}: {}", kept.reason), ..kept });
            }
            Held::Pass | Held::Missed => {}
        }
    }

    /// Whether one of them missed.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.missed.is_some()
    }
}

/// So many times have to exceed a percentile's limit for it to be missed on too few samples: however many more had come up
/// to the number that is needed, ten at most may exceed it.
const BEYOND_DOUBT: u64 = 11;

/// Judges a threshold over a stretch of time, and with what its sliding windows came to where it has any.
///
/// A percentile that rests on fewer than ten times beyond it is inconclusive: it would be an accident. The windows that are
/// short of samples are left out, unless they are most of them.
#[must_use]
pub fn judge_threshold(threshold: &Threshold, stretch: &Stretch<'_>, windows: Option<&Windowed>) -> Kept {
    let kept = whole(threshold, stretch);
    let Some(windows) = windows else { return kept };
    if kept.verdict == Held::Missed {
        return kept;
    }
    if let Some(missed) = &windows.missed {
        return missed.clone();
    }
    if kept.verdict == Held::Pass && 2 * windows.thin >= windows.seen {
        let thin = windows.thin;
        let reason = match windows.seen {
            0 => "no window of that length was measured; take a longer stage or a shorter window".to_owned(),
            seen => format!("{thin} of {seen} windows have too few samples; take a longer window"),
        };
        return Kept { verdict: Held::Inconclusive, reason, ..kept };
    }
    kept
}

fn whole(threshold: &Threshold, stretch: &Stretch<'_>) -> Kept {
    let quantity = threshold.figure.quantity;
    let samples = if matches!(quantity, Quantity::Time(..)) { stretch.times.len() } else { stretch.ended };
    let Some(measured) = measure(quantity, stretch) else {
        let reason = "nothing of it was measured".to_owned();
        return Kept { measured: None, samples, verdict: Held::Inconclusive, reason };
    };
    let told = |verdict, reason| Kept { measured: Some(measured), samples, verdict, reason };
    if let Quantity::Time(_, Statistic::Percentile(percentile)) = quantity {
        let needed = samples_needed(percentile);
        if samples < needed && !exceeded(threshold, stretch) {
            return told(Held::Inconclusive, too_few(samples, needed, stretch.seconds));
        }
    }
    if threshold.bound.holds(measured) {
        return told(Held::Pass, format!("{} keeps to {}", shown(measured), bound_shown(&threshold.bound)));
    }
    told(Held::Missed, format!("{}, must be {}", shown(measured), bound_shown(&threshold.bound)))
}

/// Whether so many times exceed an upper limit that no further samples could save it.
fn exceeded(threshold: &Threshold, stretch: &Stretch<'_>) -> bool {
    let Amount::Time(limit) = threshold.bound.limit else { return false };
    let limit = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
    let upper = matches!(threshold.bound.relation, Relation::Below | Relation::AtMost);
    // Both ends are of the bucket that the limit falls in, which is not counted: it may be on either side.
    let beyond = stretch.times.len() - stretch.times.count_between(0, limit);
    upper && beyond >= BEYOND_DOUBT
}

fn too_few(samples: u64, needed: u64, seconds: f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let longer = (samples > 0).then(|| (seconds * needed as f64 / samples as f64).ceil());
    let cure = longer.map(|longer| format!("; at this rate a stage of {longer} s would do")).unwrap_or_default();
    format!("{samples} samples, and {needed} are needed for ten beyond it{cure}")
}

/// The amount of a quantity; nothing where there is nothing to take it from.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn measure(quantity: Quantity, stretch: &Stretch<'_>) -> Option<Amount> {
    let share = |part: u64| (stretch.ended > 0).then(|| Amount::Fraction(part as f64 / stretch.ended as f64));
    match quantity {
        Quantity::Time(_, statistic) => (!stretch.times.is_empty()).then(|| time(statistic, stretch.times)),
        Quantity::ErrorRate => share(stretch.errors),
        Quantity::LimitedRate => share(stretch.limited),
        Quantity::Rate => (stretch.seconds > 0.0).then(|| Amount::PerSecond(stretch.done as f64 / stretch.seconds)),
        Quantity::Count => Some(Amount::Count(stretch.done)),
        Quantity::Errors => Some(Amount::Count(stretch.errors)),
        Quantity::Limited => Some(Amount::Count(stretch.limited)),
        Quantity::Queued => Some(Amount::Count(stretch.queued)),
    }
}

fn time(statistic: Statistic, times: &Histogram<u64>) -> Amount {
    let microseconds = match statistic {
        Statistic::Percentile(percentile) => times.value_at_percentile(percentile.percent()),
        Statistic::Max => times.max(),
        Statistic::Min => times.min(),
        Statistic::Mean => return Amount::Time(Duration::from_secs_f64(times.mean() / 1e6)),
    };
    Amount::Time(Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        scenario::load::{Bound, During},
        syntax::Span,
    };

    fn threshold(figure: &str, relation: Relation, limit: Amount) -> Threshold {
        Threshold {
            figure: figure.parse().unwrap(),
            bound: Bound { relation, limit },
            during: During::Holds,
            window: None,
            abort: false,
            abort_after: Duration::ZERO,
            span: Span::default(),
        }
    }

    fn p99(below_ms: u64) -> Threshold {
        threshold("push.p99", Relation::Below, Amount::Time(Duration::from_millis(below_ms)))
    }

    fn times(groups: &[(u64, u64)]) -> Histogram<u64> {
        let mut times = Histogram::new(3).unwrap();
        for (ms, count) in groups {
            times.record_n(ms * 1000, *count).unwrap();
        }
        times
    }

    fn stretch(times: &Histogram<u64>) -> Stretch<'_> {
        Stretch { seconds: 10.0, ended: 1000, done: 980, limited: 15, queued: 3, errors: 5, times }
    }

    fn judged(threshold: &Threshold, groups: &[(u64, u64)]) -> (Held, String) {
        let kept = judge_threshold(threshold, &stretch(&times(groups)), None);
        (kept.verdict, kept.reason)
    }

    #[test]
    fn a_percentile_is_judged_both_ways_and_not_on_too_few() {
        assert_eq!(judged(&p99(250), &[(100, 995), (600, 5)]), (Held::Pass, "100 ms keeps to below 250 ms".into()));
        let (verdict, reason) = judged(&p99(250), &[(100, 900), (600, 100)]);
        assert_eq!((verdict, reason.as_str()), (Held::Missed, "600.1 ms, must be below 250 ms"));
        let (verdict, reason) = judged(&p99(250), &[(100, 500)]);
        assert_eq!(verdict, Held::Inconclusive);
        assert_eq!(reason, "500 samples, and 1000 are needed for ten beyond it; at this rate a stage of 20 s would do");
        assert_eq!(judged(&p99(250), &[]).1, "nothing of it was measured");
    }

    #[test]
    fn too_few_samples_save_nothing_that_is_lost_already() {
        assert_eq!(judged(&p99(250), &[(100, 80), (600, 10)]).0, Held::Inconclusive);
        assert_eq!(judged(&p99(250), &[(100, 80), (600, 11)]).0, Held::Missed);
    }

    #[test]
    fn every_other_quantity_is_judged_on_its_own_count() {
        let rows = [
            ("push.error_rate", Relation::AtMost, Amount::Fraction(0.005), Held::Pass),
            ("push.error_rate", Relation::Below, Amount::Fraction(0.005), Held::Missed),
            ("push.limited_rate", Relation::AtLeast, Amount::Fraction(0.015), Held::Pass),
            ("push.rate", Relation::AtLeast, Amount::PerSecond(98.0), Held::Pass),
            ("push.rate", Relation::Above, Amount::PerSecond(98.0), Held::Missed),
            ("push.count", Relation::AtLeast, Amount::Count(981), Held::Missed),
            ("push.errors", Relation::AtMost, Amount::Count(5), Held::Pass),
            ("push.limited", Relation::AtMost, Amount::Count(14), Held::Missed),
            ("push.queued", Relation::Below, Amount::Count(4), Held::Pass),
            ("push.mean", Relation::Below, Amount::Time(Duration::from_millis(101)), Held::Pass),
            ("push.max", Relation::Below, Amount::Time(Duration::from_millis(100)), Held::Missed),
            ("push.min", Relation::Above, Amount::Time(Duration::from_millis(99)), Held::Pass),
        ];
        for (figure, relation, limit, verdict) in rows {
            assert_eq!(judged(&threshold(figure, relation, limit), &[(100, 10)]).0, verdict, "{figure} {relation:?}");
        }
    }

    #[test]
    fn one_window_that_misses_is_enough_and_thin_ones_are_told() {
        let threshold = p99(250);
        let (good, bad, thin) = (times(&[(100, 1000)]), times(&[(600, 1000)]), times(&[(100, 9)]));
        let total = times(&[(100, 10_000)]);
        let judged = |windows: &[&Histogram<u64>]| {
            let mut windowed = Windowed::default();
            for (at, times) in windows.iter().enumerate() {
                let from = Duration::from_secs(at as u64);
                windowed.take(&threshold, &stretch(times), from, from + Duration::from_secs(10));
            }
            let kept = judge_threshold(&threshold, &stretch(&total), Some(&windowed));
            (kept.verdict, kept.reason)
        };
        assert_eq!(judged(&[&good, &thin, &good]).0, Held::Pass);
        assert_eq!(judged(&[&good, &bad, &good]).1, "from 1 s to 11 s: 600.1 ms, must be below 250 ms");
        assert_eq!(judged(&[&good, &thin]).1, "1 of 2 windows have too few samples; take a longer window");
        assert_eq!(judged(&[]).0, Held::Inconclusive);
    }
}
