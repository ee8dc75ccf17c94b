use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{Breakpoint, Course, Level, Stage, Threshold};
use crate::{
    requirement::Requirement,
    scenario::StepText,
    schedule::{Arrivals, Segment},
    syntax::{Source, Span},
};

/// One load scenario as its file says it, after the parameters were put in.
#[derive(Clone, Debug)]
pub struct LoadScenario {
    /// Its path without the ending, such as `load/property-push`: its name everywhere.
    pub path: String,
    /// The file's text.
    pub source: Source,
    /// What it is about, in one line.
    pub title: String,
    /// The values that its parameters had.
    pub params: BTreeMap<String, Value>,
    /// Who does what, and how often; at least one.
    pub groups: Vec<Group>,
    /// How the arrivals of open groups are spread.
    pub arrivals: Arrivals,
    /// How hard, over time; at least one.
    pub stages: Vec<Stage>,
    /// What must hold.
    pub thresholds: Vec<Threshold>,
    /// What of the guide is judged while the load runs.
    pub requirements: Vec<&'static Requirement>,
    /// The time-out of one request.
    pub max_response: Duration,
}

impl LoadScenario {
    /// The search for the rate that still holds, where the file has one; it is then the only stage.
    #[must_use]
    pub fn breakpoint(&self) -> Option<&Breakpoint> {
        self.stages.iter().find_map(|stage| match &stage.course {
            Course::Search(breakpoint) => Some(breakpoint),
            Course::Levels(_) => None,
        })
    }

    /// The levels of all stages, one after another, each with the number of its stage. None of a search.
    pub fn levels(&self) -> impl Iterator<Item = (usize, &Level)> {
        self.stages.iter().enumerate().flat_map(|(at, stage)| stage.levels().iter().map(move |level| (at, level)))
    }

    /// What [`LoadScenario::levels`] come to for an open group: the rate of each moment is the level times `rate`, in arrivals
    /// per second.
    #[must_use]
    pub fn segments(&self, rate: f64) -> Vec<Segment> {
        self.levels().map(|(stage, level)| level.segment(rate, stage)).collect()
    }

    /// How long all stages last; 0 for a search, whose end nobody knows.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.levels().map(|(_, level)| level.duration).sum()
    }

    /// The level at a moment since the begin, which a closed group's users are multiplied with. Nothing after the end.
    #[must_use]
    pub fn level_at(&self, mut moment: Duration) -> Option<f64> {
        for (_, level) in self.levels() {
            match moment.checked_sub(level.duration) {
                Some(rest) => moment = rest,
                None => return Some(level.at(moment)),
            }
        }
        None
    }
}

/// Users that do the same.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name: small letters, digits, `_` and `-`.
    pub name: String,
    /// What is done once, before the load.
    pub setup: Vec<StepText>,
    /// What one pass does, in order; at least one step.
    pub flow: Vec<FlowStep>,
    /// How often it is done.
    pub pace: Pace,
    /// Outcomes that are no error.
    pub expect: Vec<Expected>,
    /// Whether it waits as long as `Retry-After` asks.
    pub polite: bool,
    /// Where its name stands.
    pub span: Span,
}

/// One step of a flow.
#[derive(Clone, Debug)]
pub struct FlowStep {
    /// What figures call it: its `as`, or its kind, with `-2` for the second of its kind.
    pub name: String,
    /// Its kind and arguments.
    pub step: StepText,
}

/// What decides when a group begins its next pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// A schedule that waits for nobody.
    Open {
        /// Passes per second at level 1. Under a search, whose levels are rates, the group's share of them: shares add up
        /// to 1.
        rate: f64,
        /// How many users wait for tickets, where the file says so.
        pool: Option<u32>,
    },
    /// Users who each begin anew when they are done.
    Closed {
        /// How many, at level 1.
        users: u32,
    },
}

/// An outcome that is no error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// 429.
    Limited,
    /// Any other 4xx.
    Refused,
    /// This status.
    Status(u16),
}

impl Expected {
    /// Whether it names this status.
    #[must_use]
    pub fn is(self, status: u16) -> bool {
        match self {
            Expected::Limited => status == 429,
            Expected::Refused => status != 429 && (400..500).contains(&status),
            Expected::Status(expected) => status == expected,
        }
    }
}
