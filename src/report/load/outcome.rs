use super::{Ending, LoadResult, ThresholdResult};
use crate::verdict::{Held, Outcome};

/// More thresholds than these make the last sentence unreadable.
const MOST_NAMED: usize = 3;

impl ThresholdResult {
    /// Figure, limit and when it is judged, such as `push.p99 below 250 ms`.
    #[must_use]
    pub fn title(&self) -> String {
        let during = if self.during == "holds" { String::new() } else { format!(" during {}", self.during) };
        let window = self.window.as_ref().map(|window| format!(" in every {window}")).unwrap_or_default();
        format!("{} {}{during}{window}", self.figure, self.limit)
    }
}

impl LoadResult {
    /// The worst of its thresholds and of its search; held where there is none.
    #[must_use]
    pub fn held(&self) -> Held {
        let thresholds = self.thresholds.iter().map(|threshold| threshold.verdict);
        // What broke in an invalid run may have been the generator.
        let search = self.search.as_ref().map(|search| match search.verdict() {
            Held::Missed if !self.validity.valid => Held::Inconclusive,
            verdict => verdict,
        });
        thresholds.chain(search).max().unwrap_or(Held::Pass)
    }

    /// What it makes of a run: nothing where all is well. A threshold that is missed stays missed however the load ended,
    /// but not where the generator is to blame.
    pub fn outcomes(&self) -> impl Iterator<Item = Outcome> {
        let held = self.held();
        let cut = matches!(self.ending, Ending::CutShort) && held != Held::Missed || self.ending == Ending::Killed;
        let judged = match held {
            Held::Pass => None,
            Held::Inconclusive => Some(Outcome::Incomplete),
            Held::Missed => Some(Outcome::ThresholdMissed),
        };
        let interrupted = (self.ending == Ending::Interrupted).then_some(Outcome::Interrupted);
        let invalid = (cut || !self.validity.valid).then_some(Outcome::Incomplete);
        [judged, interrupted, invalid].into_iter().flatten()
    }
}

/// What loads came to, in parts of a sentence: why not all thresholds hold, and how many do.
pub(in crate::report) fn parts(loads: &[LoadResult]) -> Vec<String> {
    let all: Vec<&ThresholdResult> = loads.iter().flat_map(|load| &load.thresholds).collect();
    let of = |verdict: Held| all.iter().filter(move |threshold| threshold.verdict == verdict);
    let mut parts = Vec::new();
    for load in loads.iter().filter(|load| !load.validity.valid) {
        let cause = load.validity.causes.first().map(|cause| format!("{}; {}", cause.what, cause.cure));
        parts.push(format!("{} is invalid: {}", load.scenario, cause.unwrap_or_default()));
    }
    for load in loads.iter().filter(|load| !matches!(load.ending, Ending::Complete | Ending::Threshold)) {
        parts.push(format!("{}: {}", load.scenario, load.stopped.as_deref().unwrap_or("it did not end")));
    }
    let searched =
        |load: &LoadResult| load.search.as_ref().map(|search| format!("{} {}", load.scenario, search.words()));
    parts.extend(loads.iter().filter_map(searched));
    // In an invalid run all of them are open, for the one reason that is told already.
    let told = [Held::Missed, Held::Inconclusive];
    let valid = loads.iter().all(|load| load.validity.valid);
    let named: Vec<String> = told
        .into_iter()
        .filter(|verdict| valid || *verdict == Held::Missed)
        .flat_map(of)
        .map(|threshold| format!("{} {}", threshold.figure, threshold.reason))
        .collect();
    let more = named.len().saturating_sub(MOST_NAMED);
    parts.extend(named.into_iter().take(MOST_NAMED));
    parts.extend((more > 0).then(|| format!("{more} more do not hold")));
    let held = of(Held::Pass).count();
    parts.extend(match (loads.len(), all.len()) {
        (0, _) => None,
        (_, 0) => Some("no threshold to hold".to_owned()),
        (_, 1) => Some(format!("{held} of 1 threshold holds")),
        (_, count) => Some(format!("{held} of {count} thresholds hold")),
    });
    parts
}
