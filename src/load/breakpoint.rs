//! The search for the highest rate under which a target holds.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::engine::{Group, Next, Second, Watch};
use crate::{scenario::load::Breakpoint, schedule::Segment};

/// How far behind the schedule a step may be at its end. What has waited longer to be sent shows a target that does not keep
/// up, whatever the thresholds say: it is dropped, so that the next step begins with nothing left over.
const LAG: Duration = Duration::from_millis(250);
/// How long after a step its answers may take until it is judged.
const SETTLE: Duration = Duration::from_secs(1);
/// How long after a step it is judged, whatever is still awaited.
const SETTLE_AT_MOST: Duration = Duration::from_secs(10);
/// The rest after each step: long enough that it is judged, and the next step known, before the schedule ends.
const REST: Duration = Duration::from_secs(3);

/// A search: it tells which rate to try, and is told whether the target held.
///
/// It grows by the factor while the target holds, and then halves the distance, in proportion, until it is precise. A rate
/// that breaks is tried once more, and counts as broken when it breaks again: one bad moment ends no search.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    plan: Breakpoint,
    rate: f64,
    /// Whether this rate has broken once.
    broke: bool,
    holds: Option<f64>,
    breaks: Option<f64>,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// Try a rate, in arrivals per second; it may be the same once more.
    Try(f64),
    /// It is over.
    Found(Found),
}

/// What a search found, in arrivals per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    /// The highest rate that held; nothing where the first did not.
    pub(crate) holds: Option<f64>,
    /// The lowest that did not; nothing where the highest that was to be tried held.
    pub(crate) breaks: Option<f64>,
}

impl Search {
    /// A search that begins with its first rate.
    pub(crate) fn new(plan: &Breakpoint) -> Self {
        Self { plan: *plan, rate: plan.from, broke: false, holds: None, breaks: None }
    }

    /// The rate to try now.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// Takes whether the target held at [`Search::rate`].
    pub(crate) fn told(&mut self, held: bool) -> Step {
        if held {
            self.holds = Some(self.rate);
        } else if self.broke {
            self.breaks = Some(self.rate);
        } else {
            self.broke = true;
            return Step::Try(self.rate);
        }
        self.broke = false;
        match self.next() {
            Some(rate) => {
                self.rate = rate;
                Step::Try(rate)
            }
            None => Step::Found(Found { holds: self.holds, breaks: self.breaks }),
        }
    }

    /// The next rate, unless what is known is precise enough.
    fn next(&self) -> Option<f64> {
        match (self.holds?, self.breaks) {
            (holds, None) => (holds < self.plan.to).then(|| (holds * self.plan.factor).min(self.plan.to)),
            (holds, Some(breaks)) => {
                let middle = (holds * breaks).sqrt();
                // Between two numbers that touch there is none, however precise it is to be.
                let is_between = holds < middle && middle < breaks;
                (is_between && breaks - holds > self.plan.precision * breaks).then_some(middle)
            }
        }
    }
}

/// A step that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tried {
    /// The rate of all groups together, in arrivals per second.
    pub(crate) rate: f64,
    /// When it began, since the begin of the load.
    pub(crate) from: Duration,
    /// Whether the target held; nothing where the thresholds could not tell, which counts as if it had not.
    pub(crate) held: Option<bool>,
    /// Tickets that were not sent by the end of the step, or soon after it. The target did not hold if there are any.
    pub(crate) unsent: u64,
}

/// Sets the rates of a run by a search, and hands on what is measured.
///
/// It hands it on as of the search's own stage. By itself it numbers the steps, so that what comes late is not taken for the next
/// step's.
pub(crate) struct Seeker<W, J> {
    watch: W,
    judge: J,
    search: Search,
    /// Each group's share of the rate.
    shares: Vec<f64>,
    stage: usize,
    tried: Vec<Tried>,
    /// When the step at hand ends.
    ends: Duration,
    /// What was measured of it.
    seconds: Vec<Second>,
    /// The tickets that were dropped before it.
    dropped: u64,
    found: Option<Found>,
}

impl<W: Watch, J: FnMut(&[Second]) -> Option<bool> + Send> Seeker<W, J> {
    /// Puts the first step to the groups, whose pools are open and empty. `judge` says of a step's figures whether the
    /// thresholds hold, or nothing where it cannot tell; `shares` are the groups' parts of the rate and add up to 1.
    pub(crate) fn new(
        plan: &Breakpoint,
        stage: usize,
        groups: &[Arc<Group>],
        shares: Vec<f64>,
        watch: W,
        judge: J,
    ) -> Self {
        let mut seeker = Self {
            watch,
            judge,
            search: Search::new(plan),
            shares,
            stage,
            tried: Vec::new(),
            ends: Duration::ZERO,
            seconds: Vec::new(),
            dropped: 0,
            found: None,
        };
        seeker.begin_step(groups);
        seeker
    }

    /// What it found; nothing where the run ended before. The steps, in order; the last one may not have ended.
    pub(crate) fn close(self) -> (W, Option<Found>, Vec<Tried>) {
        (self.watch, self.found, self.tried)
    }

    fn begin_step(&mut self, groups: &[Arc<Group>]) {
        let (rate, duration) = (self.search.rate(), self.search.plan.each);
        let from = groups.iter().map(|group| group.pool.end()).max().unwrap_or_default();
        let stage = self.tried.len();
        for (group, share) in groups.iter().zip(&self.shares) {
            let rate = rate * share;
            group.pool.extend(Segment { duration, from: rate, to: rate, stage });
        }
        self.rest(groups, REST);
        self.ends = from + duration;
        self.tried.push(Tried { rate, from, held: None, unsent: 0 });
    }

    fn rest(&self, groups: &[Arc<Group>], duration: Duration) {
        let stage = self.tried.len();
        for group in groups {
            group.pool.extend(Segment { duration, from: 0.0, to: 0.0, stage });
        }
    }

    /// Judges the step at hand, once all that will come of it is there.
    fn look(&mut self, now: Duration, groups: &[Arc<Group>]) {
        if self.found.is_some() || now < self.ends {
            return;
        }
        let is_settled = now >= self.ends + SETTLE;
        let by = if is_settled { self.ends } else { self.ends.saturating_sub(LAG) };
        let dropped: u64 = groups.iter().map(|group| group.pool.drop_due(by)).sum();
        if !is_settled {
            return;
        }
        let is_awaited = groups.iter().any(|group| group.pool.out() > 0);
        if is_awaited && now < self.ends + SETTLE_AT_MOST {
            self.rest(groups, Duration::from_secs(1));
            return;
        }
        let unsent = dropped - self.dropped;
        self.dropped = dropped;
        let judged = (self.judge)(&std::mem::take(&mut self.seconds));
        let held = if unsent > 0 || is_awaited { Some(false) } else { judged };
        if let Some(tried) = self.tried.last_mut() {
            (tried.held, tried.unsent) = (held, unsent);
        }
        match self.search.told(held == Some(true)) {
            Step::Try(_) => self.begin_step(groups),
            Step::Found(found) => self.found = Some(found),
        }
    }
}

impl<W: Watch, J: FnMut(&[Second]) -> Option<bool> + Send> Watch for Seeker<W, J> {
    fn begun(&mut self, at: Timestamp) {
        self.watch.begun(at);
    }

    fn second(&mut self, mut second: Second, groups: &[Arc<Group>]) -> Next {
        let (to, step) = (second.to, self.tried.len() - 1);
        let mut of_step = second.clone();
        of_step.laps.retain(|lap| lap.stage == step);
        self.seconds.push(of_step);
        second.laps.iter_mut().for_each(|lap| lap.stage = self.stage);
        let next = self.watch.second(second, groups);
        if let Next::Go = next {
            self.look(to, groups);
        }
        next
    }
}

#[cfg(test)]
mod tests;
