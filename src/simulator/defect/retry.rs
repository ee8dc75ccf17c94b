use std::time::Duration;

use super::Defect;
use crate::simulator::behaviour::{Change, Held, Loss, Redirects};

pub(super) const ROWS: &[Defect] = &[
    Defect {
        name: "server-errors-not-retried",
        breaks: &["RETRY-1", "RETRY-6"],
        what: "A 5xx answer ends a delivery.",
        alter: |b| b.retry.gives_up_on = vec![500..=599],
    },
    Defect {
        name: "only-500-retried",
        breaks: &["RETRY-1", "RETRY-6"],
        what: "Of the 5xx answers 500 alone is retried.",
        alter: |b| b.retry.gives_up_on = vec![501..=599],
    },
    Defect {
        name: "status-502-not-retried",
        breaks: &["RETRY-1"],
        what: "A 502 ends a delivery.",
        alter: |b| b.retry.gives_up_on = vec![502..=502],
    },
    Defect {
        name: "status-504-not-retried",
        breaks: &["RETRY-1"],
        what: "A 504 ends a delivery.",
        alter: |b| b.retry.gives_up_on = vec![504..=504],
    },
    Defect {
        name: "any-2xx-is-success",
        breaks: &["RETRY-2"],
        what: "Every 2xx is taken for a success.",
        alter: |b| b.retry.success = vec![200..=299],
    },
    Defect {
        name: "status-201-is-success",
        breaks: &["RETRY-2"],
        what: "A 201 is taken for a success.",
        alter: |b| b.retry.success = vec![200..=201],
    },
    Defect {
        name: "status-202-is-success",
        breaks: &["RETRY-2"],
        what: "A 202 is taken for a success.",
        alter: |b| b.retry.success = vec![200..=200, 202..=202],
    },
    Defect {
        name: "status-204-is-success",
        breaks: &["RETRY-2"],
        what: "A 204 is taken for a success.",
        alter: |b| b.retry.success = vec![200..=200, 204..=204],
    },
    Defect {
        name: "redirect-is-success",
        breaks: &["RETRY-2"],
        what: "A 3xx is taken for a success.",
        alter: |b| b.retry.success = vec![200..=200, 300..=399],
    },
    Defect {
        name: "redirect-is-final",
        breaks: &["RETRY-2"],
        what: "A 3xx ends a delivery.",
        alter: |b| b.retry.gives_up_on = vec![300..=399],
    },
    Defect {
        name: "client-error-is-final",
        breaks: &["RETRY-2"],
        what: "A 4xx ends a delivery.",
        alter: |b| b.retry.gives_up_on = vec![400..=499],
    },
    Defect {
        name: "status-404-is-final",
        breaks: &["RETRY-2"],
        what: "A 404 ends a delivery.",
        alter: |b| b.retry.gives_up_on = vec![404..=404],
    },
    Defect {
        name: "status-429-is-final",
        breaks: &["RETRY-2"],
        what: "A 429 ends a delivery.",
        alter: |b| b.retry.gives_up_on = vec![429..=429],
    },
    Defect {
        name: "timeout-not-retried",
        breaks: &["RETRY-3"],
        what: "A time-out ends a delivery.",
        alter: |b| b.retry.gives_up_after = vec![Loss::TimedOut],
    },
    Defect {
        name: "refused-connection-not-retried",
        breaks: &["RETRY-4"],
        what: "A connection that cannot be made ends a delivery.",
        alter: |b| b.retry.gives_up_after = vec![Loss::Refused],
    },
    Defect {
        name: "reset-not-retried",
        breaks: &["RETRY-4"],
        what: "A reset connection ends a delivery.",
        alter: |b| b.retry.gives_up_after = vec![Loss::Reset],
    },
    Defect {
        name: "closed-connection-not-retried",
        breaks: &["RETRY-4"],
        what: "A connection closed without an answer ends a delivery.",
        alter: |b| b.retry.gives_up_after = vec![Loss::Closed],
    },
    Defect {
        name: "no-retries",
        breaks: &["RETRY-1", "RETRY-2", "RETRY-3", "RETRY-4", "RETRY-6"],
        what: "Nothing is retried.",
        alter: |b| b.retry.gaps.clear(),
    },
    Defect {
        name: "one-retry",
        breaks: &["RETRY-6"],
        what: "There is one retry.",
        alter: |b| b.retry.gaps.truncate(1),
    },
    Defect {
        name: "four-retries",
        breaks: &["RETRY-5"],
        what: "There are four retries.",
        alter: |b| b.retry.gaps.extend(b.retry.gaps.last().copied()),
    },
    Defect {
        name: "late-fifth-attempt",
        breaks: &["RETRY-5"],
        what: "Long after the third retry comes a fourth.",
        alter: |b| b.retry.gaps.push(2 * b.retry.gaps.iter().sum::<Duration>()),
    },
    Defect {
        name: "endless-retries",
        breaks: &["RETRY-5"],
        what: "Retries go on and on, up to 12.",
        alter: |b| b.retry.gaps.resize(12, b.retry.gaps.last().copied().unwrap_or_default()),
    },
    Defect {
        name: "success-on-a-retry-ignored",
        breaks: &["RETRY-7"],
        what: "A 200 ends a delivery on its first attempt alone.",
        alter: |b| b.retry.deaf_attempts = vec![2, 3, 4],
    },
    Defect {
        name: "success-on-the-third-attempt-ignored",
        breaks: &["RETRY-7"],
        what: "A 200 on the third attempt does not end a delivery.",
        alter: |b| b.retry.deaf_attempts = vec![3],
    },
    Defect {
        name: "key-changes-between-attempts",
        breaks: &["RETRY-8"],
        what: "Each attempt brings a new key.",
        alter: |b| b.retry.new_key_each = true,
    },
    Defect {
        name: "agency-id-changes-on-retry",
        breaks: &["RETRY-8"],
        what: "On a retry the agencyId's letters change their case.",
        alter: |b| b.retry.agency = Change::SwappedCase,
    },
    Defect {
        name: "redirects-followed",
        breaks: &["RETRY-2", "RETRY-9"],
        what: "A redirect is followed with the key, and the answer there counts.",
        alter: |b| b.retry.redirects = Redirects::Follow,
    },
    Defect {
        name: "redirects-followed-and-retried",
        breaks: &["RETRY-9"],
        what: "A redirect is followed with the key, and retried all the same.",
        alter: |b| b.retry.redirects = Redirects::FollowAndFail,
    },
    Defect {
        name: "failing-agency-holds-up-others",
        breaks: &["CONN-2", "RETRY-10"],
        what: "A partner's deliveries go one after another, retries and all.",
        alter: |b| b.delivery.held = Held::ByDeliveries,
    },
    Defect {
        name: "hanging-agency-holds-up-others",
        breaks: &["CONN-2", "RETRY-10"],
        what: "A partner's attempts go one after another.",
        alter: |b| b.delivery.held = Held::ByWorkers(1),
    },
    Defect {
        name: "attempts-overlap",
        breaks: &["HOOK-4", "RETRY-12"],
        what: "The next attempt begins after its gap while the last one is still open.",
        alter: |b| b.retry.overlapping = true,
    },
];
