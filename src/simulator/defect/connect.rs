use std::time::Duration;

use super::Defect;
use crate::simulator::behaviour::{Moment, Registration};

pub(super) const ROWS: &[Defect] = &[
    Defect {
        name: "delivered-on-opening",
        breaks: &["CONN-1", "CONN-4"],
        what: "The key is delivered as soon as the link is opened.",
        alter: |b| b.page.delivers_on = &[Moment::Opened],
    },
    Defect {
        name: "delivered-on-login",
        breaks: &["CONN-1", "CONN-4"],
        what: "The key is delivered when the agency has logged in.",
        alter: |b| b.page.delivers_on = &[Moment::Asked],
    },
    Defect {
        name: "delivered-a-while-after-login",
        breaks: &["CONN-1", "CONN-4"],
        what: "Some time after the login the key is delivered, whatever the agency decides.",
        alter: |b| {
            b.page.delivers_on = &[Moment::Asked];
            b.page.delay = b.retry.gaps.iter().take(2).sum();
        },
    },
    Defect {
        name: "delivered-after-decline",
        breaks: &["CONN-4"],
        what: "Declining delivers the key like agreeing.",
        alter: |b| b.page.delivers_on = &[Moment::Agreed, Moment::Declined],
    },
    Defect {
        name: "agreement-delivers-nothing",
        breaks: &["CONN-2", "CONN-3"],
        what: "No key is ever delivered.",
        alter: |b| b.page.delivers_on = &[],
    },
    Defect {
        name: "one-agreement-in-three-forgotten",
        breaks: &["CONN-2", "CONN-2b", "CONN-3", "LINK-6", "RETRY-4"],
        what: "Every third agreement delivers nothing.",
        alter: |b| b.page.forgets_one_in = Some(3),
    },
    Defect {
        name: "second-agreement-delivers-nothing",
        breaks: &["CONN-2b"],
        what: "An agency that is connected and agrees again is not delivered again.",
        alter: |b| b.page.delivers_again = false,
    },
    Defect {
        name: "delivered-hours-later",
        breaks: &["CONN-2", "CONN-3"],
        what: "A key is delivered 3 hours after the agreement.",
        alter: |b| b.page.delay = Duration::from_hours(3),
    },
    Defect {
        name: "registering-agency-forgotten",
        breaks: &["CONN-2", "CONN-3"],
        what: "An agency that registers is never delivered.",
        alter: |b| b.page.registration = Registration::Forgotten,
    },
    Defect {
        name: "delivered-on-the-second-agreement-only",
        breaks: &["CONN-2", "CONN-3"],
        what: "The first agreement of an account with an agency delivers nothing; the second does.",
        alter: |b| b.page.second_time_only = true,
    },
];
