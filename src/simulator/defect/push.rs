use std::time::Duration;

use super::Defect;
use crate::simulator::behaviour::{Change, KeyCheck, Reaction, Updates};

pub(super) const ROWS: &[Defect] = &[
    Defect {
        name: "key-works-late",
        breaks: &["PUSH-1"],
        what: "A key works an hour after its agreement.",
        alter: |b| b.listing.key_opens_after = Duration::from_hours(1),
    },
    Defect {
        name: "good-key-refused-now-and-then",
        breaks: &["PUSH-1", "PUSH-2"],
        what: "Every seventh call with a good key is refused.",
        alter: |b| b.listing.refuses_one_in = Some(7),
    },
    Defect {
        name: "update-adds-a-listing",
        breaks: &["PUSH-2"],
        what: "An update makes a second listing.",
        alter: |b| b.listing.updates = Updates::Add,
    },
    Defect {
        name: "update-ignored",
        breaks: &["PUSH-2"],
        what: "An update is answered well and changes nothing.",
        alter: |b| b.listing.updates = Updates::Ignore,
    },
    Defect {
        name: "key-optional",
        breaks: &["PUSH-3"],
        what: "A listing without a key is taken.",
        alter: |b| b.listing.key = KeyCheck::Optional,
    },
    Defect {
        name: "garbage-key-accepted",
        breaks: &["PUSH-3"],
        what: "A listing with any key is taken.",
        alter: |b| b.listing.key = KeyCheck::Anything,
    },
    Defect {
        name: "bearer-token-opens-listings",
        breaks: &["PUSH-3"],
        what: "A token opens the Listing API like a key.",
        alter: |b| b.listing.key = KeyCheck::OrToken,
    },
    Defect {
        name: "another-key-updates",
        breaks: &["PUSH-4"],
        what: "One agency's key updates another's listing of the same reference.",
        alter: |b| b.listing.shared_references = true,
    },
    Defect {
        name: "listing-broken-json-accepted",
        breaks: &["PUSH-5b"],
        what: "A listing that is not JSON is answered 201.",
        alter: |b| b.listing.broken_json = Reaction::Accept,
    },
    Defect {
        name: "listing-broken-json-crashes",
        breaks: &["PUSH-5"],
        what: "A listing that is not JSON is answered 500.",
        alter: |b| b.listing.broken_json = Reaction::Crash,
    },
    Defect {
        name: "listing-wrong-types-accepted",
        breaks: &["PUSH-5"],
        what: "A listing with fields of wrong types is taken.",
        alter: |b| b.listing.wrong_types = Reaction::Accept,
    },
    Defect {
        name: "listing-wrong-types-crash",
        breaks: &["PUSH-5"],
        what: "A listing with fields of wrong types is answered 500.",
        alter: |b| b.listing.wrong_types = Reaction::Crash,
    },
    Defect {
        name: "listing-empty-accepted",
        breaks: &["PUSH-5"],
        what: "An empty listing is answered 201.",
        alter: |b| b.listing.empty = Reaction::Accept,
    },
    Defect {
        name: "listing-empty-crashes",
        breaks: &["PUSH-5"],
        what: "An empty listing is answered 500.",
        alter: |b| b.listing.empty = Reaction::Crash,
    },
    Defect {
        name: "listing-oversized-accepted",
        breaks: &["PUSH-5"],
        what: "A listing over 1 MiB is answered 201 and not kept.",
        alter: |b| b.listing.oversized = Reaction::Accept,
    },
    Defect {
        name: "listing-oversized-crashes",
        breaks: &["PUSH-5"],
        what: "A listing over 1 MiB is answered 500.",
        alter: |b| b.listing.oversized = Reaction::Crash,
    },
    Defect {
        name: "one-listing-in-ten-lost",
        breaks: &["PUSH-2", "PUSH-6"],
        what: "Every tenth accepted listing is lost.",
        alter: |b| b.listing.loses_one_in = Some(10),
    },
    Defect {
        name: "one-listing-in-a-hundred-lost",
        breaks: &["PUSH-2", "PUSH-6"],
        what: "Every hundredth accepted listing is lost.",
        alter: |b| b.listing.loses_one_in = Some(100),
    },
    Defect {
        name: "listing-text-ascii-only",
        breaks: &["PUSH-7"],
        what: "What is not ASCII in a listing becomes a question mark.",
        alter: |b| b.listing.text = Change::AsciiOnly,
    },
    Defect {
        name: "listing-text-in-latin-1",
        breaks: &["PUSH-7"],
        what: "A listing's UTF-8 is read as Latin-1.",
        alter: |b| b.listing.text = Change::Mojibake,
    },
    Defect {
        name: "listing-quotes-lost",
        breaks: &["PUSH-7"],
        what: "Double quotes in a listing are lost.",
        alter: |b| b.listing.text = Change::WithoutQuotes,
    },
    Defect {
        name: "listing-lines-joined",
        breaks: &["PUSH-7"],
        what: "Line ends in a listing become spaces.",
        alter: |b| b.listing.text = Change::OneLine,
    },
    Defect {
        name: "listing-text-html-escaped",
        breaks: &["PUSH-7"],
        what: "A listing's text comes back escaped for HTML.",
        alter: |b| b.listing.text = Change::HtmlEscaped,
    },
    Defect {
        name: "listing-text-composed",
        breaks: &["PUSH-7"],
        what: "A listing's text is brought into Unicode's composed form.",
        alter: |b| b.listing.text = Change::Composed,
    },
];
