use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ThresholdResult;
use crate::verdict::Held;

/// What a search for the breakpoint found. Rates are in passes per second, of all groups together.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Search {
    /// Whether it came to its end.
    pub ended: bool,
    /// The highest rate that held; absent where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<f64>,
    /// The lowest rate that did not; absent where all that were tried held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaks: Option<f64>,
    /// The rates that were tried, in order. One that does not hold is tried once more.
    pub tried: Vec<TriedRate>,
}

/// A rate that was tried.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct TriedRate {
    /// The rate.
    pub rate: f64,
    /// When it began, in seconds since the load did.
    pub from: f64,
    /// Whether the target held; absent where the thresholds could not tell, which counts as if it had not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<bool>,
    /// Passes that were due and not begun by the end, or soon after it. The target did not hold if there are any.
    pub unsent: u64,
    /// What the thresholds came to at this rate; empty where the load ended before it was judged.
    pub thresholds: Vec<ThresholdResult>,
}

impl Search {
    /// What it makes of the run: one that holds no rate because the first breaks is missed.
    #[must_use]
    pub fn verdict(&self) -> Held {
        match (self.holds, self.ended) {
            (Some(_), _) => Held::Pass,
            (None, true) if self.tried.iter().any(|tried| tried.held == Some(false)) => Held::Missed,
            (None, _) => Held::Inconclusive,
        }
    }

    /// What it found, such as `holds 1250/s, breaks at 1400/s`.
    #[must_use]
    pub fn words(&self) -> String {
        let breaks = self.breaks.map(|rate| {
            let broke = self.tried.iter().any(|tried| is(tried.rate, rate) && tried.held == Some(false));
            let words = if broke { "breaks at" } else { "is inconclusive at" };
            format!("{words} {}", per_second(rate))
        });
        let holds = self.holds.map(|rate| format!("holds {}", per_second(rate)));
        let more = match (&breaks, self.ended) {
            (_, false) => Some("the search had not ended".to_owned()),
            (None, true) => Some("the highest that was to be tried".to_owned()),
            (Some(_), true) => self.holds.is_none().then(|| "the first that was tried".to_owned()),
        };
        let parts: Vec<String> = [holds, breaks, more].into_iter().flatten().collect();
        parts.join(", ")
    }

    /// The rate that speaks for the whole: the highest that held, or else the first as it came to last.
    fn telling(&self) -> Option<&TriedRate> {
        let judged = || self.tried.iter().filter(|tried| tried.held.is_some() || !tried.thresholds.is_empty());
        match self.holds {
            Some(holds) => judged().rfind(|tried| is(tried.rate, holds) && tried.held == Some(true)),
            None => judged().next_back(),
        }
    }

    /// What the thresholds of the whole load come to; nothing where no rate was judged.
    #[must_use]
    pub fn thresholds(&self) -> Option<Vec<ThresholdResult>> {
        let telling = self.telling()?;
        let rate = per_second(telling.rate);
        let of_whole = |threshold: &ThresholdResult| {
            let (verdict, reason) = match (self.holds, threshold.verdict) {
                (Some(_), verdict) => (verdict, format!("held at {rate}: {}", threshold.reason)),
                (None, Held::Pass) => (
                    Held::Inconclusive,
                    format!("{} at {rate}, the first rate, at which the target did not hold", threshold.reason),
                ),
                (None, verdict) => (verdict, format!("at {rate}, the first rate: {}", threshold.reason)),
            };
            ThresholdResult { verdict, reason, ..threshold.clone() }
        };
        Some(telling.thresholds.iter().map(of_whole).collect())
    }
}

/// Whether two rates are the same: they are copies of one number, which a file may have rounded.
fn is(one: f64, other: f64) -> bool {
    (one - other).abs() <= one.abs() * 1e-9
}

/// A rate as people write it.
pub(super) fn per_second(rate: f64) -> String {
    if rate < 100.0 && rate.fract() > 0.05 { format!("{rate:.1}/s") } else { format!("{rate:.0}/s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(rate: f64, held: Option<bool>) -> TriedRate {
        let verdict = held.map_or(Held::Inconclusive, |held| if held { Held::Pass } else { Held::Missed });
        let threshold = ThresholdResult {
            figure: "push.p95".into(),
            limit: "below 250 ms".into(),
            during: "holds".into(),
            window: None,
            measured: None,
            shown: None,
            samples: 0,
            verdict,
            reason: format!("measured at {rate}"),
        };
        TriedRate { rate, from: 0.0, held, unsent: 0, thresholds: vec![threshold] }
    }

    fn search(holds: Option<f64>, breaks: Option<f64>, tried: Vec<TriedRate>) -> Search {
        Search { ended: true, holds, breaks, tried }
    }

    fn told(search: &Search) -> String {
        let rows = search.thresholds().unwrap_or_default();
        let rows: Vec<String> = rows.iter().map(|row| format!("{}: {}", row.verdict.word(), row.reason)).collect();
        format!("{} | {} | {}", search.words(), search.verdict().word(), rows.join("; ")).trim_end().to_owned()
    }

    #[test]
    fn it_tells_what_held_and_what_broke() {
        let (yes, no) = (Some(true), Some(false));
        let both = search(Some(1250.0), Some(1400.0), vec![tried(1250.0, yes), tried(1400.0, no), tried(1400.0, no)]);
        let all = search(Some(2000.0), None, vec![tried(1000.0, yes), tried(2000.0, yes)]);
        let none = search(None, Some(62.5), vec![tried(62.5, no), tried(62.5, no)]);
        let thin = search(None, Some(10.0), vec![tried(10.0, None), tried(10.0, None)]);
        let thin_later = search(Some(10.0), Some(20.0), vec![tried(10.0, yes), tried(20.0, None), tried(20.0, None)]);
        let cut = Search { ended: false, ..search(Some(10.0), None, vec![tried(10.0, yes)]) };
        let texts = [both, all, none, thin, thin_later, cut, Search::default()].map(|search| told(&search));
        insta::assert_snapshot!(texts.join("\n"), @r"
        holds 1250/s, breaks at 1400/s | pass | pass: held at 1250/s: measured at 1250
        holds 2000/s, the highest that was to be tried | pass | pass: held at 2000/s: measured at 2000
        breaks at 62.5/s, the first that was tried | missed | missed: at 62.5/s, the first rate: measured at 62.5
        is inconclusive at 10/s, the first that was tried | inconclusive | inconclusive: at 10/s, the first rate: measured at 10
        holds 10/s, is inconclusive at 20/s | pass | pass: held at 10/s: measured at 10
        holds 10/s, the search had not ended | pass | pass: held at 10/s: measured at 10
        the search had not ended | inconclusive |
        ");
    }
}
