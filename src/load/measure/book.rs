use super::{
    outline::Outline,
    sums::{Sums, count, rounded, total},
    track::Track,
    vitals::Pace,
};
use crate::{
    judge::load::{Unsent, Vitals, doubts, late_after},
    load::engine::{Health, Lap},
    report::load::{
        Cause, Ending, Generator, GroupResult, LoadResult, Pulse, Search, StageResult, StepResult, ThresholdResult,
        Total, Totals, Validity,
    },
    scenario::load::{During, Quantity, Threshold},
    verdict::Held,
};

/// The figures of a load, from its first second to its result; without a file or a clock.
pub(super) struct Book {
    outline: Outline,
    judged: Vec<usize>,
    sums: Sums,
    tracks: Vec<Track>,
    pace: Pace,
    began: String,
    users: Vec<usize>,
    reached: f64,
}

/// How a load ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct End {
    pub(super) lasted: f64,
    /// For each group, where it is known.
    pub(super) unsent: Option<Vec<u64>>,
    pub(super) ending: Ending,
    pub(super) stopped: Option<String>,
    pub(super) precise: bool,
    /// What it found, if it was a search that was not killed.
    pub(super) search: Option<Search>,
}

impl Book {
    pub(super) fn new(outline: Outline) -> Self {
        let tracks = outline.rules().into_iter().filter_map(|rule| Track::new(rule, &outline)).collect();
        Self {
            judged: outline.during(During::Holds),
            tracks,
            outline,
            sums: Sums::default(),
            pace: Pace::default(),
            began: String::new(),
            users: Vec::new(),
            reached: 0.0,
        }
    }

    pub(super) fn begun(&mut self, at: String) {
        self.began = at;
    }

    /// How far the figures reach, in seconds since the begin.
    pub(super) fn reached(&self) -> f64 {
        self.reached
    }

    /// Takes a second, or the rest at the end; tells why the load is to end, where a threshold says so.
    pub(super) fn second(
        &mut self,
        from: f64,
        to: f64,
        laps: &[Lap],
        health: &Health,
        users: &[usize],
    ) -> Option<String> {
        // Seconds follow each other on whole ones; when exactly each was read does not matter.
        let whole = (to - from - 1.0).abs() < 0.5;
        let to = if whole { from + 1.0 } else { to };
        for lap in laps {
            self.sums.add(lap);
        }
        self.users = users.to_vec();
        self.reached = to;
        if whole && self.outline.covers(&self.judged, from, to) {
            self.pace.take(health);
        } else {
            self.pace.pause();
        }
        for track in &mut self.tracks {
            track.second(&self.outline, from, to, whole, laps);
        }
        if self.outline.is_search() {
            // A rate that breaks is what it looks for.
            return None;
        }
        self.tracks.iter().find_map(|track| track.abort(&self.outline, &self.sums, to))
    }

    /// A line about the second that was just taken.
    pub(super) fn pulse(&self, from: f64, laps: &[Lap]) -> Pulse {
        let mut pulse = Pulse { at: self.reached, seconds: self.reached - from, ..Pulse::default() };
        for lap in laps.iter().filter(|lap| lap.step.is_none()) {
            let counts = &lap.figures.counts;
            pulse.done += counts.done;
            pulse.limited += counts.limited;
            pulse.errors += counts.errors.values().sum::<u64>();
            pulse.response.add(&lap.figures.response);
        }
        pulse
    }

    /// What it all came to.
    pub(super) fn result(&self, end: &End) -> LoadResult {
        let mut thresholds = self.thresholds(end);
        let missed = thresholds.iter().any(|threshold| threshold.verdict == Held::Missed);
        let (generator, validity) = self.validity(end, missed);
        if !validity.valid {
            thresholds.iter_mut().for_each(doubt);
        }
        let groups: Vec<GroupResult> = (0..self.outline.groups.len()).map(|group| self.group(group, end)).collect();
        LoadResult {
            scenario: self.outline.scenario.clone(),
            title: self.outline.title.clone(),
            params: self.outline.params.clone(),
            began: self.began.clone(),
            seconds: rounded(end.lasted),
            ending: end.ending,
            stopped: end.stopped.clone(),
            validity,
            generator,
            machine: self.outline.machine.clone(),
            plan: self.outline.plan.clone(),
            stages: self.stages(end),
            notes: self.notes(&groups).collect(),
            groups,
            thresholds,
            search: end.search.clone(),
        }
    }

    /// What the thresholds came to. Those of a search hold or break at a rate: over all rates together they mean nothing.
    fn thresholds(&self, end: &End) -> Vec<ThresholdResult> {
        let over_all = || self.tracks.iter().map(|track| track.result(&self.outline, &self.sums, end.lasted));
        if !self.outline.is_search() {
            return over_all().collect();
        }
        let reason = || "the search had judged no rate when it ended".to_owned();
        let open = |row: ThresholdResult| ThresholdResult {
            measured: None,
            shown: None,
            verdict: Held::Inconclusive,
            reason: reason(),
            ..row
        };
        let found = end.search.as_ref().and_then(Search::thresholds);
        found.unwrap_or_else(|| over_all().map(open).collect())
    }

    /// What a reader should know beside the figures.
    fn notes<'a>(&self, groups: &'a [GroupResult]) -> impl Iterator<Item = String> + use<'a> {
        let rules = self.outline.rules();
        let minds_errors = |group: &GroupResult| {
            let about_errors =
                |rule: &&Threshold| matches!(rule.figure.quantity, Quantity::ErrorRate | Quantity::Errors);
            rules.iter().filter(about_errors).any(|rule| rule.figure.group == group.name)
        };
        let ignored: Vec<String> =
            groups.iter().filter(|group| !minds_errors(group)).filter_map(errors_ignored).collect();
        groups.iter().filter_map(short_of_users).chain(ignored).chain(self.mixed())
    }

    fn mixed(&self) -> Option<String> {
        let note = "the figures of the groups are over all rates of the search together, those that broke among them";
        self.outline.is_search().then(|| note.to_owned())
    }

    fn validity(&self, end: &End, missed: bool) -> (Generator, Validity) {
        let limit = late_after(&self.outline.rules());
        let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        let all: Vec<usize> = (0..self.outline.stages.len()).collect();
        let mut vitals = Vitals { busiest: self.pace.busiest(), starved: self.pace.starved(), ..Vitals::default() };
        for group in 0..self.outline.groups.len() {
            let lateness = self.sums.over(group, None, &self.judged).lateness;
            vitals.free += lateness.len();
            vitals.late += lateness.len() - lateness.count_between(0, micros);
            // A search drops what a rate that broke has left over: this is found, and no fault of the figures.
            let known = end.unsent.as_ref().filter(|_| !self.outline.is_search());
            let unsent = known.and_then(|unsent| unsent.get(group)).copied().unwrap_or_default();
            let ended = self.sums.over(group, None, &all).counts.ended;
            vitals.unsent = Unsent { count: vitals.unsent.count + unsent, due: vitals.unsent.due + unsent + ended };
        }
        let causes: Vec<Cause> = doubts(&vitals, limit, missed)
            .into_iter()
            .map(|doubt| Cause { what: doubt.what, cure: doubt.cure })
            .collect();
        let generator = Generator {
            free: vitals.free,
            late: vitals.late,
            late_after_ms: crate::clock::milliseconds(limit),
            cpu: self.pace.cpu().map(rounded),
            starved: self.pace.starved().map(rounded),
            busiest: self.pace.busiest().map(rounded),
            precise: end.precise,
        };
        (generator, Validity { valid: causes.is_empty(), causes })
    }

    fn stages(&self, end: &End) -> Vec<StageResult> {
        let stage = |(at, stage): (usize, &super::outline::Stage)| StageResult {
            name: stage.name.clone(),
            shape: stage.shape.clone(),
            hold: stage.hold,
            seconds: rounded(self.outline.seconds(&[at], end.lasted)),
        };
        self.outline.stages.iter().enumerate().map(stage).collect()
    }

    fn group(&self, group: usize, end: &End) -> GroupResult {
        let outline = &self.outline.groups[group];
        let passes = self.totals(group, None, end);
        let queued = passes.all.counts.queued > 0;
        let steps = outline.steps.iter().enumerate();
        GroupResult {
            name: outline.name.clone(),
            pace: outline.pace,
            users: self.users.get(group).copied().unwrap_or_default(),
            users_enough: self.outline.peak(group).filter(|_| queued).map(|peak| enough(peak, &passes.all)),
            unsent: end.unsent.as_ref().and_then(|unsent| unsent.get(group)).copied(),
            passes,
            steps: steps
                .map(|(step, name)| StepResult { name: name.clone(), totals: self.totals(group, Some(step), end) })
                .collect(),
        }
    }

    fn totals(&self, group: usize, step: Option<usize>, end: &End) -> Totals {
        let over = |stages: &[usize]| {
            let seconds = self.outline.seconds(stages, end.lasted);
            let due = self.outline.due(group, stages, end.lasted).filter(|_| step.is_none());
            total(&self.sums.over(group, step, stages), seconds, due)
        };
        let all: Vec<usize> = (0..self.outline.stages.len()).collect();
        Totals { holds: over(&self.judged), all: over(&all), stages: all.iter().map(|stage| over(&[*stage])).collect() }
    }
}

/// How many users would have been enough: as many passes as are due at the highest rate in the time that all but one in a
/// thousand took from when they were due, and no more than all of them. That time has the wait for a user in it, so it is no
/// less than is needed.
fn enough(peak: f64, passes: &Total) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate times some seconds")]
    let users = (peak * passes.response.p99_9 / 1e3).ceil() as u64;
    users.clamp(1, passes.counts.ended.max(1))
}

/// A target that answers nothing but errors keeps every limit on times, so it is said where no threshold minds them.
fn errors_ignored(group: &GroupResult) -> Option<String> {
    let GroupResult { name, passes, .. } = group;
    let (errors, ended) = (passes.all.counts.errors, passes.all.counts.ended);
    (errors > 0).then(|| {
        format!(
            "{name}: {errors} of {ended} passes ended in errors, and no threshold minds: one on {name}.error_rate would"
        )
    })
}

fn short_of_users(group: &GroupResult) -> Option<String> {
    let enough = group.users_enough?;
    let GroupResult { name, users, passes, .. } = group;
    let queued = passes.all.counts.queued;
    let share = count(queued) * 100.0 / count(passes.all.counts.ended.max(1));
    let so = format!("{name}: {queued} passes ({share:.1} %) fell due while all {users} users waited for the target");
    if usize::try_from(enough).is_ok_and(|enough| enough <= *users) {
        return Some(format!("{so}; their response times have that wait in them"));
    }
    Some(format!("{so}; {enough} users would have been enough to send them in time"))
}

/// What a generator measured that could not keep up says nothing of the target, for good or ill.
fn doubt(threshold: &mut ThresholdResult) {
    threshold.verdict = Held::Inconclusive;
    threshold.reason = format!("the run is invalid; measured all the same: {}", threshold.reason);
}
