use std::time::Duration;

use super::Defect;
use crate::simulator::behaviour::{Advice, LimitedLinks};

pub(super) const ROWS: &[Defect] = &[
    Defect {
        name: "limit-absent",
        breaks: &["RATE-1"],
        what: "Token calls are never limited.",
        alter: |b| b.rate.quota = None,
    },
    Defect {
        name: "links-count-as-token-calls",
        breaks: &["RATE-2", "RATE-5"],
        what: "Links use up the same limit as token calls.",
        alter: |b| b.rate.links = LimitedLinks::Counted,
    },
    Defect {
        name: "links-limited-too",
        breaks: &["RATE-2"],
        what: "Links have a limit of their own, of the same size.",
        alter: |b| b.rate.links = LimitedLinks::OwnBucket,
    },
    Defect {
        name: "links-refused-while-limited",
        breaks: &["RATE-5"],
        what: "While token calls are limited, links are refused as well.",
        alter: |b| b.rate.links = LimitedLinks::RefusedMeanwhile,
    },
    Defect {
        name: "limit-kills-cached-token",
        breaks: &["AUTH-7", "RATE-5"],
        what: "A limited token call kills the partner's tokens.",
        alter: |b| b.rate.kills_tokens = true,
    },
    Defect {
        name: "limit-never-lifts",
        breaks: &["RATE-4"],
        what: "A partner that was limited once stays so.",
        alter: |b| b.rate.lock = Duration::MAX,
    },
    Defect {
        name: "limit-lifts-later-than-told",
        breaks: &["RATE-4"],
        what: "A limited partner stays so for 10 minutes more than told.",
        alter: |b| b.rate.lock = Duration::from_mins(10),
    },
    Defect {
        name: "limit-answered-503",
        breaks: &["RATE-3"],
        what: "A limited call is answered 503.",
        alter: |b| b.rate.status = 503,
    },
    Defect {
        name: "limit-without-retry-after",
        breaks: &["RATE-3"],
        what: "A limited call is not told when to come back.",
        alter: |b| b.rate.advice = Advice::Silent,
    },
    Defect {
        name: "limit-with-unreadable-retry-after",
        breaks: &["RATE-3"],
        what: "A limited call is told in words when to come back.",
        alter: |b| b.rate.advice = Advice::Words,
    },
    Defect {
        name: "limit-shared-by-partners",
        breaks: &["RATE-6"],
        what: "All partners share one limit.",
        alter: |b| b.rate.shared = true,
    },
    Defect {
        name: "limit-prolonged-by-refused-calls",
        breaks: &["RATE-4"],
        what: "Each call that is refused puts off the end of the limit by a second, and nobody is told.",
        alter: |b| b.rate.prolonged = Duration::from_secs(1),
    },
];
