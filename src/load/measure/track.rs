use std::{collections::VecDeque, time::Duration};

use hdrhistogram::Histogram;

use super::{
    outline::{ALL, HOLDS, Outline},
    sums::{Sums, stretch},
};
use crate::{
    clock::Period,
    judge::load::{Kept, Stretch, Windowed, bound_shown, judge_threshold, shown},
    load::engine::{Figures, Lap},
    report::load::{ThresholdResult, Times},
    scenario::load::{During, Quantity, Relation, Threshold},
    verdict::Held,
};

/// A rate is no rate before this much of its time is over.
const SETTLED: f64 = 5.0;

/// A threshold while a load runs.
pub(super) struct Track {
    pub(super) threshold: Threshold,
    group: usize,
    step: Option<usize>,
    /// Over what it is judged, as its file says.
    during: String,
    stages: Vec<usize>,
    window: Option<Window>,
}

impl Track {
    /// Nothing where its figure is of a group or step that is not there.
    pub(super) fn new(threshold: Threshold, outline: &Outline) -> Option<Self> {
        let figure = &threshold.figure;
        let group = outline.groups.iter().position(|group| group.name == figure.group)?;
        let steps = &outline.groups[group].steps;
        let step = match &figure.step {
            None => None,
            Some(name) => Some(steps.iter().position(|step| step == name)?),
        };
        let window = threshold.window.map(Window::new);
        let during = match threshold.during {
            During::Holds => HOLDS.to_owned(),
            During::All => ALL.to_owned(),
            During::Stage(stage) => outline.stages.get(stage).map(|stage| stage.name.clone()).unwrap_or_default(),
        };
        Some(Self { stages: outline.during(threshold.during), during, threshold, group, step, window })
    }

    /// Takes a second. `whole` says that it is a whole one, and not the rest at the end.
    pub(super) fn second(&mut self, outline: &Outline, from: f64, to: f64, whole: bool, laps: &[Lap]) {
        let Some(window) = &mut self.window else { return };
        if !whole || !outline.covers(&self.stages, from, to) {
            window.clear();
            return;
        }
        let mut figures = Figures::default();
        for lap in laps {
            if lap.group == self.group && lap.step == self.step && self.stages.contains(&lap.stage) {
                figures.add(&lap.figures);
            }
        }
        window.push(&self.threshold, &stretch(&figures, self.threshold.figure.quantity, to - from), from, to);
    }

    /// What it comes to over the load so far.
    pub(super) fn kept(&self, outline: &Outline, sums: &Sums, reached: f64) -> Kept {
        let figures = sums.over(self.group, self.step, &self.stages);
        let seconds = outline.seconds(&self.stages, reached);
        let stretch = stretch(&figures, self.threshold.figure.quantity, seconds);
        judge_threshold(&self.threshold, &stretch, self.window.as_ref().map(|window| &window.windowed))
    }

    /// The same as a report has it.
    pub(super) fn result(&self, outline: &Outline, sums: &Sums, reached: f64) -> ThresholdResult {
        let kept = self.kept(outline, sums, reached);
        let threshold = &self.threshold;
        ThresholdResult {
            figure: threshold.figure.to_string(),
            limit: bound_shown(&threshold.bound),
            during: self.during.clone(),
            window: threshold.window.map(|window| Period(window).to_string()),
            measured: kept.measured.map(|amount| (amount.value() * 1e9).round() / 1e9),
            shown: kept.measured.map(shown),
            samples: kept.samples,
            verdict: kept.verdict,
            reason: kept.reason,
        }
    }

    /// Why the load is to end now, where this threshold says so.
    pub(super) fn abort(&self, outline: &Outline, sums: &Sums, reached: f64) -> Option<String> {
        if !self.threshold.abort
            || reached < self.threshold.abort_after.as_secs_f64()
            || !self.is_settled(outline, reached)
        {
            return None;
        }
        let kept = self.kept(outline, sums, reached);
        (kept.verdict == Held::Missed).then(|| format!("{} {}", self.threshold.figure, kept.reason))
    }

    /// Whether what was measured so far tells how it will be: a number that has to be reached may still be.
    fn is_settled(&self, outline: &Outline, reached: f64) -> bool {
        let lower = matches!(self.threshold.bound.relation, Relation::Above | Relation::AtLeast);
        match self.threshold.figure.quantity {
            Quantity::Rate => outline.seconds(&self.stages, reached) >= SETTLED,
            Quantity::Count | Quantity::Errors | Quantity::Limited | Quantity::Queued => !lower,
            _ => true,
        }
    }
}

/// The last seconds, as many as a window has.
struct Window {
    seconds: usize,
    ring: VecDeque<Slice>,
    sum: Slice,
    times: Times,
    windowed: Windowed,
}

/// One second, in as little room as it goes: a soak with a long window must not grow.
#[derive(Default)]
struct Slice {
    from: f64,
    /// Ended, done, limited, queued, errors.
    counts: [u64; 5],
    /// Times in microseconds, and how often each was.
    times: Vec<(u64, u64)>,
}

impl Window {
    /// Windows are built of whole seconds: a length between two is taken for the longer.
    fn new(length: Duration) -> Self {
        let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
        Self {
            seconds: usize::try_from(seconds).unwrap_or(usize::MAX).max(1),
            ring: VecDeque::new(),
            sum: Slice::default(),
            times: Times::default(),
            windowed: Windowed::default(),
        }
    }

    fn clear(&mut self) {
        self.ring.clear();
        self.sum = Slice::default();
        self.times = Times::default();
    }

    fn push(&mut self, threshold: &Threshold, second: &Stretch<'_>, from: f64, to: f64) {
        self.times.add(second.times);
        let counts = [second.ended, second.done, second.limited, second.queued, second.errors];
        let times =
            second.times.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect();
        for (sum, count) in self.sum.counts.iter_mut().zip(counts) {
            *sum += count;
        }
        self.ring.push_back(Slice { from, counts, times });
        if self.ring.len() > self.seconds {
            self.drop_first();
        }
        if let (true, Some(first)) = (self.ring.len() == self.seconds, self.ring.front()) {
            let [ended, done, limited, queued, errors] = self.sum.counts;
            let stretch =
                Stretch { seconds: to - first.from, ended, done, limited, queued, errors, times: &self.times.0 };
            let moment = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
            self.windowed.take(threshold, &stretch, moment(first.from), moment(to));
        }
    }

    fn drop_first(&mut self) {
        let Some(first) = self.ring.pop_front() else { return };
        for (sum, count) in self.sum.counts.iter_mut().zip(first.counts) {
            *sum -= count;
        }
        let mut gone = Times::default();
        for (value, count) in first.times {
            // It was recorded in a histogram that grows, as this one does.
            let _ = gone.0.record_n(value, count);
        }
        let gone: &Histogram<u64> = &gone.0;
        // What is taken away was put in before.
        let _ = self.times.0.subtract(gone);
    }
}
