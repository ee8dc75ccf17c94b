use std::time::Duration;

use super::Defect;
use crate::simulator::behaviour::{AgencyField, ContentType, KeyForm, Target};

pub(super) const ROWS: &[Defect] = &[
    Defect {
        name: "webhook-query-dropped",
        breaks: &["HOOK-1"],
        what: "The query of the registered URL is dropped.",
        alter: |b| b.delivery.target = Target::WithoutQuery,
    },
    Defect {
        name: "webhook-slash-added",
        breaks: &["HOOK-1"],
        what: "A slash is added to the registered path.",
        alter: |b| b.delivery.target = Target::Slashed,
    },
    Defect {
        name: "webhook-path-cut",
        breaks: &["HOOK-1"],
        what: "The last part of the registered path is dropped.",
        alter: |b| b.delivery.target = Target::Cut,
    },
    Defect {
        name: "webhook-by-get",
        breaks: &["HOOK-1"],
        what: "Keys are delivered by GET.",
        alter: |b| b.delivery.method = "GET",
    },
    Defect {
        name: "webhook-by-put",
        breaks: &["HOOK-1"],
        what: "Keys are delivered by PUT.",
        alter: |b| b.delivery.method = "PUT",
    },
    Defect {
        name: "key-in-the-url",
        breaks: &["HOOK-1"],
        what: "The key is added to the webhook's query.",
        alter: |b| b.delivery.target = Target::WithKey,
    },
    Defect {
        name: "webhook-as-form",
        breaks: &["HOOK-2", "HOOK-3"],
        what: "Keys are delivered as a form.",
        alter: |b| b.delivery.content_type = ContentType::Form,
    },
    Defect {
        name: "key-empty",
        breaks: &["HOOK-2"],
        what: "The delivered key is an empty string.",
        alter: |b| b.delivery.key_empty = true,
    },
    Defect {
        name: "key-missing",
        breaks: &["HOOK-2"],
        what: "The delivery lacks the key.",
        alter: |b| b.delivery.key_name = None,
    },
    Defect {
        name: "key-under-another-name",
        breaks: &["HOOK-2"],
        what: "The delivery names the key `apiKey`.",
        alter: |b| b.delivery.key_name = Some("apiKey"),
    },
    Defect {
        name: "agency-id-missing-in-delivery",
        breaks: &["CONN-2", "HOOK-2"],
        what: "The delivery lacks the agencyId.",
        alter: |b| b.delivery.agency = AgencyField::Absent,
    },
    Defect {
        name: "webhook-as-text",
        breaks: &["HOOK-3"],
        what: "Deliveries are called plain text.",
        alter: |b| b.delivery.content_type = ContentType::Text,
    },
    Defect {
        name: "webhook-without-content-type",
        breaks: &["HOOK-3"],
        what: "Deliveries lack a content type.",
        alter: |b| b.delivery.content_type = ContentType::Unsaid,
    },
    Defect {
        name: "delivered-twice",
        breaks: &["HOOK-4", "HOOK-4b", "RETRY-7"],
        what: "A delivery that succeeded is sent once more at once.",
        alter: |b| b.delivery.repeats = vec![Duration::ZERO],
    },
    Defect {
        name: "delivered-again-later",
        breaks: &["HOOK-4", "HOOK-4b", "RETRY-7"],
        what: "A delivery that succeeded is sent once more after all the retries' time.",
        alter: |b| b.delivery.repeats = vec![b.retry.gaps.iter().sum()],
    },
    Defect {
        name: "key-short",
        breaks: &["HOOK-5"],
        what: "Keys have 8 characters.",
        alter: |b| b.keys.form = KeyForm::Short,
    },
    Defect {
        name: "keys-sequential",
        breaks: &["HOOK-5"],
        what: "Keys are running numbers.",
        alter: |b| b.keys.form = KeyForm::Sequential,
    },
    Defect {
        name: "keys-mostly-shared",
        breaks: &["HOOK-5"],
        what: "Keys differ in their last 6 of 42 characters alone.",
        alter: |b| b.keys.form = KeyForm::MostlyShared,
    },
    Defect {
        name: "key-from-agency-id",
        breaks: &["HOOK-5"],
        what: "A key is the agencyId in base64 and 6 random characters.",
        alter: |b| b.keys.form = KeyForm::FromAgency,
    },
    Defect {
        name: "key-the-same-for-all",
        breaks: &["HOOK-5", "HOOK-6", "PUSH-4"],
        what: "All accounts have one key.",
        alter: |b| b.keys.form = KeyForm::Same,
    },
    Defect {
        name: "keys-crossed-under-load",
        breaks: &["HOOK-6"],
        what: "Two accounts that connect within 50 ms get each other's key.",
        alter: |b| b.keys.crossed_within = Some(Duration::from_millis(50)),
    },
    Defect {
        name: "delivery-dies-of-a-quote",
        breaks: &["LINK-6"],
        what: "An agencyId with an apostrophe kills the worker that is to deliver its key.",
        alter: |b| b.delivery.dies_of = Some('\''),
    },
];
