//! What is counted and timed while load is sent.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use hdrhistogram::Histogram;

use super::outcome::Outcome;

/// Three significant digits: a percentile is off by 0.1 % at most.
const DIGITS: u8 = 3;
/// The longest time that is told apart, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// The times of one step or pass, on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// From when it was due until the whole answer was there. This one is judged.
    pub(crate) response: Duration,
    /// From when it was sent.
    pub(crate) service: Duration,
    /// From when it was due until it was sent; nothing for a later step, which is due whenever the one before has ended.
    pub(crate) lateness: Option<Duration>,
    /// Whether it fell due while every user was waiting for the target.
    pub(crate) queued: bool,
}

/// Figures of one step, or of whole passes, over some time. Histograms are in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// From due to the end: of what was done, and of what got no answer in time with the time that was waited. Other errors
    /// are counted alone, for an error that comes fast must not make a target look fast.
    pub(crate) response: Histogram<u64>,
    /// From sending to the end, of the same.
    pub(crate) service: Histogram<u64>,
    /// From due to sending, of all that were sent while a user was free.
    pub(crate) lateness: Histogram<u64>,
    /// How often what happened.
    pub(crate) counts: Counts,
}

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    /// All that ended.
    pub(crate) ended: u64,
    /// Those that were done.
    pub(crate) done: u64,
    /// Limited answers (429), whether expected or not.
    pub(crate) limited: u64,
    /// Those that fell due while every user was waiting for the target.
    pub(crate) queued: u64,
    /// What was not expected, by its name.
    pub(crate) errors: BTreeMap<String, u64>,
}

impl Default for Figures {
    fn default() -> Self {
        Self { response: empty(), service: empty(), lateness: empty(), counts: Counts::default() }
    }
}

#[expect(clippy::unreachable, reason = "up to five digits are taken, and these are fewer")]
fn empty() -> Histogram<u64> {
    Histogram::new(DIGITS).unwrap_or_else(|_| unreachable!("a histogram of {DIGITS} digits"))
}

fn record(histogram: &mut Histogram<u64>, microseconds: u64) {
    // It grows to what it is given, so there is no other way; an hour bounds what a broken clock could make it hold.
    let recorded = histogram.record(microseconds.min(LONGEST));
    debug_assert!(recorded.is_ok(), "a histogram that grows");
}

impl Figures {
    fn record(&mut self, times: &Times, outcome: &Outcome, expected: bool) {
        let microseconds = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(LONGEST);
        self.counts.ended += 1;
        self.counts.queued += u64::from(times.queued);
        match outcome {
            Outcome::Done => self.counts.done += 1,
            Outcome::Limited(_) => self.counts.limited += 1,
            _ => {}
        }
        if !expected {
            *self.counts.errors.entry(outcome.word().into_owned()).or_default() += 1;
        }
        if outcome.tells_time() {
            record(&mut self.response, microseconds(times.response));
            record(&mut self.service, microseconds(times.service));
        }
        if let (false, Some(lateness)) = (times.queued, times.lateness) {
            record(&mut self.lateness, microseconds(lateness));
        }
    }

    /// Adds others: figures of two stretches of time are those of both together.
    pub(crate) fn add(&mut self, other: &Self) {
        for (to, from) in [
            (&mut self.response, &other.response),
            (&mut self.service, &other.service),
            (&mut self.lateness, &other.lateness),
        ] {
            // One that grows by itself takes everything that another holds.
            let added = to.add(from);
            debug_assert!(added.is_ok(), "a histogram that grows");
        }
        let (to, from) = (&mut self.counts, &other.counts);
        to.ended += from.ended;
        to.done += from.done;
        to.limited += from.limited;
        to.queued += from.queued;
        for (error, count) in &from.errors {
            *to.errors.entry(error.clone()).or_default() += count;
        }
    }
}

/// The figures of a group since they were last taken, by stage and step.
pub(crate) struct Meter {
    steps: usize,
    /// For each stage its steps, and behind them its whole passes.
    cells: Mutex<Vec<Option<Figures>>>,
}

impl Meter {
    /// A meter for a flow of some steps.
    pub(crate) fn new(steps: usize) -> Self {
        Self { steps, cells: Mutex::default() }
    }

    /// Whether passes have figures of their own: where they consist of one step, they have those of that step.
    pub(super) fn tells_passes_apart(&self) -> bool {
        self.steps > 1
    }

    /// Records the end of a step; `None` is the whole pass.
    pub(crate) fn record(&self, stage: usize, step: Option<usize>, times: &Times, outcome: &Outcome, expected: bool) {
        let cell = stage * (self.steps + 1) + step.unwrap_or(self.steps);
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if cells.len() <= cell {
            cells.resize_with((stage + 1) * (self.steps + 1), || None);
        }
        cells[cell].get_or_insert_default().record(times, outcome, expected);
    }

    /// Takes what has been recorded since the last time, by stage and step; `None` is the whole pass.
    pub(crate) fn take(&self) -> Vec<(usize, Option<usize>, Figures)> {
        let mut cells = mem::take(&mut *self.cells.lock().unwrap_or_else(PoisonError::into_inner));
        if !self.tells_passes_apart() {
            for stage in cells.chunks_mut(self.steps + 1) {
                if let [Some(step), passes @ None] = stage {
                    *passes = Some(step.clone());
                }
            }
        }
        let taken = cells.into_iter().enumerate().filter_map(|(cell, figures)| {
            let step = cell % (self.steps + 1);
            Some((cell / (self.steps + 1), (step < self.steps).then_some(step), figures?))
        });
        taken.collect()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::load::engine::connection::Trouble;

    fn times(response: u64, lateness: Option<u64>, queued: bool) -> Times {
        let ms = Duration::from_millis;
        Times { response: ms(response), service: ms(response / 2), lateness: lateness.map(ms), queued }
    }

    #[test]
    fn what_was_recorded_is_taken_once_by_stage_and_step() {
        let meter = Meter::new(2);
        meter.record(0, Some(1), &times(10, None, false), &Outcome::Done, true);
        meter.record(3, None, &times(20, Some(1), false), &Outcome::Done, true);
        let taken = meter.take();
        let places: Vec<_> = taken.iter().map(|(stage, step, figures)| (*stage, *step, figures.counts.done)).collect();
        assert_eq!(places, [(0, Some(1), 1), (3, None, 1)]);
        assert!(meter.take().is_empty());
    }

    #[test]
    fn passes_of_one_step_have_the_figures_of_that_step() {
        let meter = Meter::new(1);
        meter.record(1, Some(0), &times(10, Some(1), false), &Outcome::Done, true);
        meter.record(2, None, &times(30, None, false), &Outcome::Done, true);
        let taken = meter.take();
        let told: Vec<_> = taken.iter().map(|(stage, step, figures)| (*stage, *step, figures.response.max())).collect();
        assert_eq!(told, [(1, Some(0), told[0].2), (1, None, told[0].2), (2, None, told[2].2)]);
        assert!(told[0].2 < 11_000 && told[2].2 >= 30_000);
    }

    #[test]
    fn errors_are_counted_and_only_times_that_tell_of_the_target_are_kept() {
        let mut figures = Figures::default();
        figures.record(&times(10, Some(0), false), &Outcome::Done, true);
        figures.record(&times(900, Some(0), false), &Outcome::Trouble(Trouble::TimedOut), false);
        figures.record(&times(1, Some(0), false), &Outcome::Status(StatusCode::BAD_GATEWAY), false);
        figures.record(&times(1, Some(0), false), &Outcome::Limited(None), true);
        figures.record(&times(1, Some(0), false), &Outcome::Limited(None), false);
        assert_eq!((figures.response.len(), figures.response.max().div_ceil(1000)), (2, 901));
        let errors = [("429", 1), ("502", 1), ("timed out", 1)].map(|(word, count)| (word.to_owned(), count));
        let counts = Counts { ended: 5, done: 1, limited: 2, queued: 0, errors: errors.into() };
        assert_eq!(figures.counts, counts);
    }

    #[test]
    fn the_generators_lateness_holds_no_wait_for_the_target_and_no_later_step() {
        let mut figures = Figures::default();
        figures.record(&times(500, Some(400), true), &Outcome::Done, true);
        figures.record(&times(10, None, false), &Outcome::Done, true);
        figures.record(&times(10, Some(2), false), &Outcome::Done, true);
        assert_eq!((figures.lateness.len(), figures.lateness.max().div_ceil(1000)), (1, 2));
        assert_eq!(figures.counts.queued, 1);
    }

    #[test]
    fn figures_add_up_and_a_broken_clock_does_not_break_them() {
        let (mut one, mut other) = (Figures::default(), Figures::default());
        one.record(&times(1, Some(0), false), &Outcome::Unreadable("no id"), false);
        other.record(&times(u64::MAX / 2, Some(7), false), &Outcome::Done, true);
        other.record(&times(1, Some(0), false), &Outcome::Unreadable("no id"), false);
        one.add(&other);
        assert_eq!((one.counts.ended, one.counts.errors["no id"], one.lateness.len()), (3, 2, 3));
        assert!(one.response.max() >= LONGEST && one.response.max() < LONGEST / 1000 * 1001);
    }
}
