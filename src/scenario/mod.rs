//! Scenario files: what they may say, and how they are read.
//!
//! A scenario is one YAML file. Steps do, checks judge. This module knows the file's syntax; what the arguments of a step
//! may be is the step's own business.

mod parse;
mod schema;
mod shipped;

use crate::{
    requirement::{Requirement, Side},
    syntax::{Node, Source, Span},
};

pub(crate) use parse::step;
pub use parse::{parse, parse_on};
pub use schema::schema;
pub use shipped::shipped;

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

/// One check: an expression over what the steps bound, led by the requirement that it proves.
#[derive(Clone, Debug)]
pub struct Check {
    /// The requirement.
    pub requirement: &'static Requirement,
    /// What must be true; absent where `any_of` stands instead.
    pub expression: Option<Text>,
    /// Every acceptable outcome, by a name for the report.
    pub any_of: Vec<(String, Text)>,
    /// What must hold for the evidence to tell anything; false makes the check inconclusive.
    pub given: Option<Text>,
    /// A negative over these deliveries: true only for a window that was watched to its end.
    pub window: Option<Text>,
    /// The same, where one delivery more than the step allows fails it at once.
    pub at_most: Option<Text>,
    /// A positive over these deliveries: false only when the profile's own deadline was watched whole.
    pub due: Option<Text>,
    /// What deviation is allowed, for the reader of the verdict.
    pub tolerance: Option<Text>,
    /// Where the check stands.
    pub span: Span,
}

impl Check {
    /// The check's expressions that decide it, with the outcome that each names.
    pub fn alternatives(&self) -> impl Iterator<Item = (Option<&str>, &Text)> {
        self.expression
            .iter()
            .map(|text| (None, text))
            .chain(self.any_of.iter().map(|(name, text)| (Some(name.as_str()), text)))
    }

    /// Every expression of the check, `given` included.
    pub fn expressions(&self) -> impl Iterator<Item = &Text> {
        self.given.iter().chain(self.alternatives().map(|(_, text)| text))
    }

    /// The deliveries that a window, a bound or a deadline of the check is about.
    pub fn watched(&self) -> impl Iterator<Item = &Text> {
        [&self.window, &self.at_most, &self.due].into_iter().flatten()
    }
}
