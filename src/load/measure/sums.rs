use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::{
    judge::load::Stretch,
    load::engine::{Figures, Lap},
    report::load::{Tally, Times, Timing, Total},
    scenario::load as scenario,
};

/// Which figures: the group's number, the stage's, and the step's; no step is whole passes.
type Key = (usize, usize, Option<usize>);

/// The figures of all seconds so far, by group, stage and step. It takes the same memory however long a load lasts.
#[derive(Default)]
pub(super) struct Sums(BTreeMap<Key, Figures>);

impl Sums {
    pub(super) fn add(&mut self, lap: &Lap) {
        self.0.entry((lap.group, lap.stage, lap.step)).or_default().add(&lap.figures);
    }

    /// The figures over some stages.
    pub(super) fn over(&self, group: usize, step: Option<usize>, stages: &[usize]) -> Figures {
        let mut sum = Figures::default();
        for stage in stages {
            if let Some(figures) = self.0.get(&(group, *stage, step)) {
                sum.add(figures);
            }
        }
        sum
    }
}

/// Figures as a report has them. `due` is how many of them were due, where a schedule says so.
pub(super) fn total(figures: &Figures, seconds: f64, due: Option<f64>) -> Total {
    let counts = &figures.counts;
    Total {
        seconds: rounded(seconds),
        counts: Tally {
            due_rate: due.filter(|_| seconds > 0.0).map(|due| rounded(due / seconds)),
            rate: if seconds > 0.0 { rounded(count(counts.done) / seconds) } else { 0.0 },
            ended: counts.ended,
            done: counts.done,
            limited: counts.limited,
            queued: counts.queued,
            errors: counts.errors.values().sum(),
            errors_by_word: counts.errors.clone(),
        },
        response: timing(&figures.response),
        service: timing(&figures.service),
        lateness: timing(&figures.lateness),
    }
}

fn timing(times: &Histogram<u64>) -> Timing {
    let ms = |microseconds: u64| count(microseconds) / 1e3;
    let at = |percent: f64| ms(times.value_at_percentile(percent));
    let mut all = Times::default();
    all.add(times);
    let (min, max) = if times.is_empty() { (0, 0) } else { (times.min(), times.max()) };
    Timing {
        n: times.len(),
        mean: rounded(times.mean() / 1e3),
        min: ms(min),
        p50: at(50.0),
        p90: at(90.0),
        p95: at(95.0),
        p99: at(99.0),
        p99_9: at(99.9),
        max: ms(max),
        histogram: all,
    }
}

/// To three places: a microsecond of a millisecond.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn count(number: u64) -> f64 {
    number as f64
}

/// Figures as the judge takes them, for a threshold on this quantity.
pub(super) fn stretch(figures: &Figures, quantity: scenario::Quantity, seconds: f64) -> Stretch<'_> {
    let counts = &figures.counts;
    Stretch {
        seconds,
        ended: counts.ended,
        done: counts.done,
        limited: counts.limited,
        queued: counts.queued,
        errors: counts.errors.values().sum(),
        times: match quantity {
            scenario::Quantity::Time(scenario::Timing::Service, _) => &figures.service,
            scenario::Quantity::Time(scenario::Timing::Lateness, _) => &figures.lateness,
            _ => &figures.response,
        },
    }
}
