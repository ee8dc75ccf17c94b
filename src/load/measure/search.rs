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
