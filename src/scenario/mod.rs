//! Scenario files: what they may say, and how they are read.
//!
//! A scenario is one YAML file. Steps do, checks judge; in a [`load`] scenario groups of users do, and thresholds judge.
//! This module knows the file's syntax; what the arguments of a step may be is the step's own business.

mod check;
pub mod load;
mod parse;
mod schema;
mod shipped;

use crate::{
    requirement::Side,
    syntax::{Node, Source, Span},
};

pub use check::{Check, QUALIFIERS, Qualifier};
pub(crate) use parse::step;
pub use parse::{parse, parse_on};
pub use schema::schema;
pub use shipped::{shipped, shipped_for_discovery, shipped_loads};

/// One scenario as its file says it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its path without the ending, such as `platform/retry-until-200`: its name everywhere.
    pub path: String,
    /// The file's text.
    pub source: Source,
    /// What it is about, in one line.
    pub title: String,
    /// Whose promise it tries.
    pub side: Side,
    /// What it must not share with other scenarios.
    pub alone: Option<Alone>,
    /// The agencies that it connects, each with an id that is fresh for every run.
    pub agencies: Vec<AgencyText>,
    /// Values that a user may set.
    pub params: Vec<Param>,
    /// What it does, in order.
    pub steps: Vec<StepText>,
    /// What it proves.
    pub checks: Vec<Check>,
}

impl Scenario {
    fn empty(path: &str, source: &Source) -> Self {
        Self {
            path: path.to_owned(),
            source: source.clone(),
            title: String::new(),
            side: Side::default(),
            alone: None,
            agencies: Vec::new(),
            params: Vec::new(),
            steps: Vec::new(),
            checks: Vec::new(),
        }
    }
}

/// What a scenario must have to itself; decides the phase of the run in which it takes place.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Alone {
    /// The receiver, for faults that act before it is known whom a delivery is for.
    Receiver,
    /// The sender's workers, which its attempts hold while they hang.
    Hang,
    /// The rate limit of `/crm/oauth`.
    Limit,
    /// The shared token, which it may kill.
    Token,
    /// The target's clock.
    Clock,
}

impl Alone {
    /// All of them, with the words of the language.
    pub const ALL: [(&'static str, Alone); 5] = [
        ("receiver", Alone::Receiver),
        ("hang", Alone::Hang),
        ("limit", Alone::Limit),
        ("token", Alone::Token),
        ("clock", Alone::Clock),
    ];
}

/// A piece of text and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// An agency as a scenario names it.
#[derive(Clone, Debug)]
pub struct AgencyText {
    /// Its name within the scenario.
    pub name: String,
    /// How its agencyId is made: a template over `random` (letters and digits) or `digits`; a plain random id without.
    pub id: Option<Text>,
    /// The name of the agency whose account it shares; an account of its own without.
    pub account_of: Option<Text>,
    /// Where it stands.
    pub span: Span,
}

/// A value that a user may set with `--set` or in the profile.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// The value without a setting. Its shape is the parameter's type.
    pub default: Node,
}

/// One step: its kind, and arguments that only the kind can read.
#[derive(Clone, Debug)]
pub struct StepText {
    /// The kind, such as `connect`.
    pub kind: Text,
    /// The arguments.
    pub arguments: Node,
}
