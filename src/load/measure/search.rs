use std::sync::{Arc, Mutex, PoisonError};

use super::{
    outline::Outline,
    sums::{Sums, rounded},
    track::Track,
};
use crate::{
    load::{
        breakpoint::{Found, Tried},
        engine::{Lap, Second},
    },
    report::load::{Search, ThresholdResult, TriedRate},
    scenario::load::LoadScenario,
    verdict::Held,
};

/// Judges the rates of a search, one after another, by the thresholds of its scenario.
#[derive(Clone)]
pub(crate) struct Judge {
    outline: Arc<Outline>,
    /// How long each rate is held, in seconds.
    each: f64,
    judged: Arc<Mutex<Vec<Vec<ThresholdResult>>>>,
}

impl Judge {
    /// Nothing where the scenario is no search.
    pub(crate) fn new(scenario: &LoadScenario) -> Option<Self> {
        let each = scenario.breakpoint()?.each.as_secs_f64();
        Some(Self { outline: Arc::new(Outline::of(scenario)), each, judged: Arc::default() })
    }

    /// Whether all thresholds hold over the seconds of one rate; nothing where one of them cannot tell.
    pub(crate) fn judge(&self, seconds: &[Second]) -> Option<bool> {
        let mut tracks: Vec<Track> =
            self.outline.rules().into_iter().filter_map(|rule| Track::new(rule, &self.outline)).collect();
        let mut sums = Sums::default();
        for second in seconds.iter().filter(|second| !second.laps.is_empty()) {
            // A search is one stage, whatever its rates are numbered by.
            let laps: Vec<Lap> = second.laps.iter().map(|lap| Lap { stage: 0, ..lap.clone() }).collect();
            for lap in &laps {
                sums.add(lap);
            }
            let (from, to) = (second.from.as_secs_f64(), second.to.as_secs_f64());
            for track in &mut tracks {
                track.second(&self.outline, from, to, true, &laps);
            }
        }
        let rows: Vec<ThresholdResult> =
            tracks.iter().map(|track| track.result(&self.outline, &sums, self.each)).collect();
        let worst = rows.iter().map(|row| row.verdict).max().unwrap_or(Held::Pass);
        self.judged.lock().unwrap_or_else(PoisonError::into_inner).push(rows);
        match worst {
            Held::Pass => Some(true),
            Held::Missed => Some(false),
            Held::Inconclusive => None,
        }
    }

    /// What the search came to, as a report has it.
    pub(crate) fn close(&self, found: Option<Found>, tried: Vec<Tried>) -> Search {
        let judged = std::mem::take(&mut *self.judged.lock().unwrap_or_else(PoisonError::into_inner));
        let rows = judged.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        let tried: Vec<TriedRate> = tried
            .into_iter()
            .zip(rows)
            .map(|(tried, rows)| TriedRate {
                rate: rounded(tried.rate),
                from: rounded(tried.from.as_secs_f64()),
                held: tried.held,
                unsent: tried.unsent,
                thresholds: rows.unwrap_or_default(),
            })
            .collect();
        let so_far = || tried.iter().filter(|tried| tried.held == Some(true)).map(|tried| tried.rate).reduce(f64::max);
        let (holds, breaks) = match found {
            Some(found) => (found.holds.map(rounded), found.breaks.map(rounded)),
            None => (so_far(), None),
        };
        Search { ended: found.is_some(), holds, breaks, tried }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::{
        judge::Terms,
        load::engine::{Figures, Health},
        plan::{self, Settings},
        syntax::Source,
    };

    const TEXT: &str = "title: T\ngroups:\n - { name: links, flow: [ integrate ] }\n\
                        stages: [ { breakpoint: { from: 100/s, to: 400/s, each: 10s } } ]\n\
                        thresholds: [ { figure: links.p95, below: 250ms }, { figure: links.error_rate, below: 1% } ]\n";

    fn judge() -> Judge {
        let settings = Settings::new(BTreeMap::new(), &[]).unwrap();
        let read = plan::load("load/mine", &Source::new("mine.yaml", TEXT), &settings, &Terms::bare());
        Judge::new(&read.unwrap()).unwrap()
    }

    /// One second of the step of this number, in which each of `count` passes took so many milliseconds.
    fn second(step: usize, ms: u64, count: u64) -> Second {
        let mut figures = Figures::default();
        figures.response.record_n(ms * 1000, count).unwrap();
        (figures.counts.ended, figures.counts.done) = (count, count);
        let from = Duration::from_secs(13 * step as u64);
        Second {
            from,
            to: from + Duration::from_secs(1),
            laps: vec![Lap { group: 0, stage: step, step: None, figures }],
            health: Health::default(),
        }
    }

    #[test]
    fn a_scenario_that_is_no_search_has_no_judge() {
        let text = TEXT.replace("breakpoint: { from: 100/s, to: 400/s, each: 10s }", "hold: 10s");
        let text = text.replace("name: links,", "name: links, rate: 10/s,");
        let settings = Settings::new(BTreeMap::new(), &[]).unwrap();
        let read = plan::load("load/mine", &Source::new("mine.yaml", text), &settings, &Terms::bare());
        assert!(Judge::new(&read.unwrap()).is_none());
    }

    #[test]
    fn each_rate_is_judged_by_itself_and_told_with_its_thresholds() {
        let judge = judge();
        assert_eq!(judge.judge(&[second(0, 40, 1000)]), Some(true));
        assert_eq!(judge.judge(&[second(1, 600, 1000)]), Some(false), "whatever the rate before it came to");
        assert_eq!(judge.judge(&[second(2, 40, 100)]), None, "too few for a percentile");
        assert_eq!(judge.judge(&[]), None, "nothing was sent at all");
        let tried = [Some(true), Some(false), None, None, None].into_iter().zip([100.0, 200.0, 150.0, 125.0, 110.0]);
        let tried: Vec<Tried> =
            tried.map(|(held, rate)| Tried { rate, from: Duration::ZERO, held, unsent: 0 }).collect();
        let search = judge.close(None, tried);
        let rows: Vec<Vec<Held>> =
            search.tried.iter().map(|tried| tried.thresholds.iter().map(|row| row.verdict).collect()).collect();
        let (pass, missed, open) = (Held::Pass, Held::Missed, Held::Inconclusive);
        assert_eq!(rows, [vec![pass, pass], vec![missed, pass], vec![open, pass], vec![open, open], vec![]]);
        assert_eq!((search.ended, search.holds, search.breaks), (false, Some(100.0), None));
    }

    #[test]
    fn what_was_found_is_told_as_it_was_found() {
        let found = Found { holds: Some(150.0), breaks: Some(165.000_04) };
        let search = judge().close(Some(found), Vec::new());
        assert_eq!((search.ended, search.holds, search.breaks), (true, Some(150.0), Some(165.0)));
    }
}
