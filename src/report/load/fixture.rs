//! One load with every verdict of a threshold in it, over which each format is shown.

use std::collections::BTreeMap;

use super::{
    Ending, Generator, GroupResult, LoadResult, Machine, Pace, StageResult, StepResult, Tally, ThresholdResult, Times,
    Timing, Total, Totals, Validity,
};
use crate::verdict::Held;

fn timing(p50: f64) -> Timing {
    let mut histogram = Times::default();
    histogram.0.record(12_345).unwrap();
    Timing {
        n: 14_990,
        mean: p50 * 1.1,
        min: p50 / 2.0,
        p50,
        p90: p50 * 2.0,
        p95: p50 * 4.0,
        p99: p50 * 8.0,
        p99_9: p50 * 16.0,
        max: p50 * 20.0,
        histogram,
    }
}

fn total(due_rate: Option<f64>) -> Total {
    Total {
        seconds: 30.0,
        counts: Tally {
            due_rate,
            rate: 499.667,
            ended: 15_000,
            done: 14_990,
            limited: 3,
            queued: 120,
            errors: 7,
            errors_by_word: BTreeMap::from([("500".into(), 5), ("timeout".into(), 2)]),
        },
        response: timing(76.5),
        service: timing(4.25),
        lateness: timing(0.06),
    }
}

fn totals(due_rate: Option<f64>) -> Totals {
    Totals { holds: total(due_rate), all: total(due_rate), stages: vec![total(due_rate)] }
}

fn threshold(figure: &str, limit: &str, verdict: Held, shown: &str, reason: &str) -> ThresholdResult {
    ThresholdResult {
        figure: figure.into(),
        limit: limit.into(),
        during: "holds".into(),
        window: None,
        measured: Some(0.612),
        shown: Some(shown.into()),
        samples: 14_990,
        verdict,
        reason: reason.into(),
    }
}

pub(super) fn load() -> LoadResult {
    let missed = "from 12 s to 22 s: 612 ms, must be below 250 ms";
    let open = "500 samples, and 10000 are needed for ten beyond it; at this rate a stage of 600 s would do";
    LoadResult {
        scenario: "load/property-push".into(),
        title: "Property push at a portal's \"pace\"".into(),
        params: BTreeMap::from([("rate".into(), "500/s".into())]),
        began: "2026-11-23T18:00:01Z".into(),
        seconds: 35.2,
        ending: Ending::Complete,
        stopped: None,
        validity: Validity { valid: true, causes: Vec::new() },
        generator: Generator {
            free: 14_880,
            late: 3,
            late_after_ms: 25.0,
            cpu: Some(0.31),
            starved: Some(0.02),
            busiest: Some(0.35),
            precise: true,
        },
        machine: Machine { cores: 2, cpu: "Some CPU".into(), os: "linux x86_64".into() },
        plan: "00112233445566778899aabbccddeeff".into(),
        stages: vec![
            StageResult { name: "ramp".into(), shape: "ramp".into(), hold: false, seconds: 5.0 },
            StageResult { name: "hold".into(), shape: "hold".into(), hold: true, seconds: 30.0 },
        ],
        groups: vec![GroupResult {
            name: "push".into(),
            pace: Pace::Open,
            users: 64,
            users_enough: Some(612),
            unsent: Some(0),
            passes: totals(Some(500.0)),
            steps: vec![StepResult { name: "push_listing".into(), totals: totals(None) }],
        }],
        thresholds: vec![
            threshold("push.push_listing.p95", "below 400 ms", Held::Pass, "306 ms", "306 ms keeps to below 400 ms"),
            ThresholdResult {
                window: Some("10s".into()),
                ..threshold("push.push_listing.p99", "below 250 ms", Held::Missed, "612 ms", missed)
            },
            threshold("push.push_listing.p99.9", "below 2000 ms", Held::Inconclusive, "1224 ms", open),
        ],
        search: None,
        notes: vec!["push: 120 passes (0.8 %) fell due while all 64 users waited for the target".into()],
    }
}
