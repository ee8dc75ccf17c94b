use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Search, Times};
use crate::verdict::Held;

/// What one load scenario came to.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct LoadResult {
    /// The scenario's path, such as `load/property-push`.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The values that its parameters had.
    pub params: BTreeMap<String, Value>,
    /// When its first ticket was due (RFC 3339, UTC); empty where it never came to that.
    pub began: String,
    /// How long it took from then, in seconds.
    pub seconds: f64,
    /// How it ended.
    pub ending: Ending,
    /// Why it ended before its schedule did; absent where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Whether its figures can be trusted to be the target's.
    pub validity: Validity,
    /// How the generator did.
    pub generator: Generator,
    /// What it ran on: figures of other machines are not comparable.
    pub machine: Machine,
    /// A digest of all that decides what was sent and when, in hexadecimal: the same for two runs of one plan. Thresholds
    /// and names of files are not in it.
    pub plan: String,
    /// Its stages.
    pub stages: Vec<StageResult>,
    /// Its groups.
    pub groups: Vec<GroupResult>,
    /// Its thresholds, in the file's order.
    pub thresholds: Vec<ThresholdResult>,
    /// What a search for the breakpoint found; absent where it was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// What a reader should know beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How a load ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// At the end of its schedule, with all that was due answered.
    Complete,
    /// A threshold that was missed ended it.
    Threshold,
    /// Something else ended it before its time.
    CutShort,
    /// Interrupted from outside.
    Interrupted,
    /// It has no end: it was killed, and its figures are those of all whole seconds.
    Killed,
}

/// Whether figures can be trusted to be the target's, and not the generator's own.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Validity {
    /// Whether they can.
    pub valid: bool,
    /// Why not; empty where they can.
    pub causes: Vec<Cause>,
}

/// Something that makes a run invalid.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Cause {
    /// What was seen.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

/// How the generator itself did: on this rests whether a run is valid.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Generator {
    /// The tickets that fell due while a user was free for them, over the stages that are judged.
    pub free: u64,
    /// Those of them that were sent later than `late_after_ms`.
    pub late: u64,
    /// How late a ticket is that counts as late, in milliseconds.
    pub late_after_ms: f64,
    /// The part of the time for which the generator's thread ran on a core, from 0 to 1, over the stages that are judged.
    /// Absent where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// The part of the time for which it could have run and got no core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starved: Option<f64>,
    /// The greatest part of any five seconds in a row in which it ran, or could have and got no core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest: Option<f64>,
    /// Whether it could wait to some tens of microseconds; else to a millisecond or two.
    pub precise: bool,
}

/// What a load ran on. Two runs whose machines are equal are of one machine class.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Machine {
    /// How many cores the process may use.
    pub cores: usize,
    /// What the processor calls itself; empty where the system does not tell.
    pub cpu: String,
    /// The operating system and the architecture, such as `linux x86_64`.
    pub os: String,
}

/// One stage.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct StageResult {
    /// Its name.
    pub name: String,
    /// Its shape, such as `ramp`.
    pub shape: String,
    /// Whether it holds levels, so that thresholds are judged over it.
    pub hold: bool,
    /// How long it was, in seconds: less than planned where the load ended in it, 0 where it was not reached.
    pub seconds: f64,
}

/// What decides when a group begins its next pass.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// A schedule that waits for nobody.
    Open,
    /// Users who each begin anew when they are done.
    Closed,
}

/// One group of users.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct GroupResult {
    /// Its name.
    pub name: String,
    /// What decided when its passes began.
    pub pace: Pace,
    /// How many users it had.
    pub users: usize,
    /// For an open group in which tickets fell due while every user was waiting for the target: how many users would have
    /// been enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_enough: Option<u64>,
    /// Tickets that were due and never sent. Absent where it is not known, as of a run that was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent: Option<u64>,
    /// Its whole passes.
    pub passes: Totals,
    /// Its steps, in the flow's order.
    pub steps: Vec<StepResult>,
}

/// One step of a group's flow.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct StepResult {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub totals: Totals,
}

/// Figures over the parts of a load. What was due in a stage counts there, however late it ended.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Totals {
    /// Over all stages that hold a level, which thresholds are judged on; as over all where none does.
    pub holds: Total,
    /// Over the whole load.
    pub all: Total,
    /// Over each stage, in their order.
    pub stages: Vec<Total>,
}

/// Figures over one part of a load.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Total {
    /// How long it was, in seconds.
    pub seconds: f64,
    /// How often what happened.
    pub counts: Tally,
    /// From when it was due until its whole answer was there: of what was done, and of what got no answer in time, with
    /// the time that was waited. This one is judged.
    pub response: Timing,
    /// From when it was sent, of the same.
    pub service: Timing,
    /// From when it was due until it was sent, of all that fell due while a user was free.
    pub lateness: Timing,
}

/// How often what happened.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Tally {
    /// How many a second were due, on average: of passes of an open group whose schedule was known from the begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_rate: Option<f64>,
    /// How many a second were done, on average.
    pub rate: f64,
    /// All that ended.
    pub ended: u64,
    /// Those that were done.
    pub done: u64,
    /// Rate-limited answers (429), whether expected or not.
    pub limited: u64,
    /// Those that fell due while every user was waiting for the target.
    pub queued: u64,
    /// All that ended otherwise than was expected.
    pub errors: u64,
    /// The same by what they were, such as `500` or `timeout`.
    pub errors_by_word: BTreeMap<String, u64>,
}

/// Statistics of times, in milliseconds, and the histogram that they come from. All are 0 where there are none.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Timing {
    /// How many were measured.
    pub n: u64,
    /// The mean.
    pub mean: f64,
    /// The least.
    pub min: f64,
    /// The median.
    pub p50: f64,
    /// The 90th percentile. As all percentiles it is off by 0.1 % at most.
    pub p90: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The 99.9th percentile.
    #[serde(rename = "p99.9")]
    pub p99_9: f64,
    /// The greatest.
    pub max: f64,
    /// All of them, in microseconds.
    pub histogram: Times,
}

/// What a threshold came to.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ThresholdResult {
    /// The figure, such as `push.push_listing.p99`.
    pub figure: String,
    /// What it must keep to, such as `below 250ms`.
    pub limit: String,
    /// Over what it was judged: `holds`, `all` or the name of a stage.
    pub during: String,
    /// The length of the sliding window over which it was judged too, such as `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// What was measured: in seconds for a time, from 0 to 1 for a rate of errors or limits, per second, or a count. Of a
    /// window where one missed. Absent where nothing was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
    /// The same, as people write it, such as `612 ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// On how many it rests.
    pub samples: u64,
    /// What it came to.
    pub verdict: Held,
    /// Why, in a sentence.
    pub reason: String,
}
