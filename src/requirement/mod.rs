//! The catalogue: what the guide requires of both sides, as data.
//!
//! A row is added in [`platform`] or [`partner`]; lists, help and reports follow from it.

mod partner;
mod platform;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that the guide, or a standard, asks of one side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Requirement {
    /// Written by hand, and permanent.
    pub id: &'static str,
    /// Who has to keep it.
    pub side: Side,
    /// How binding it is.
    pub level: Level,
    /// What is required, in one line of ours.
    pub text: &'static str,
    /// Where the rule comes from: the guide's step, or a standard's section.
    pub origin: &'static str,
    /// How a run proves it, and what leaves it open.
    pub proof: &'static str,
}

/// Who has to keep a requirement.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Matchouse, or whatever answers in its place.
    #[default]
    Platform,
    /// The CRM.
    Partner,
}

/// How binding a requirement is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The guide says it, or its flow cannot work without it.
    Must,
    /// The guide is silent; a standard or plain safety says it.
    Should,
    /// Measured, never judged.
    Info,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Must => "must",
            Level::Should => "should",
            Level::Info => "info",
        })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Platform => "platform",
            Side::Partner => "partner",
        })
    }
}

/// Every requirement, the platform's first, in the order of the guide's steps.
pub fn all() -> impl Iterator<Item = &'static Requirement> {
    platform::ROWS.iter().chain(partner::ROWS)
}

/// The requirement with this id, letter case aside.
#[must_use]
pub fn find(id: &str) -> Option<&'static Requirement> {
    all().find(|row| row.id.eq_ignore_ascii_case(id))
}
