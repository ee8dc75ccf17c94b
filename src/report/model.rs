use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LoadResult;
use crate::{
    dialect::{Dialect, Drift},
    evidence::{Endpoint, Found},
    requirement::{Level, Side},
    verdict::{Judgement, Outcome, Verdict},
};

/// The version of `report.json`; it rises when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// What a run came to: the only source of every format.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Report {
    /// The version of this form: 1.
    pub version: u32,
    /// What made the report.
    pub tool: Tool,
    /// The run that it is about.
    pub run: Run,
    /// What the run came to.
    pub outcome: Outcome,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The whole answer in one sentence; also the last line of stdout.
    pub summary: String,
    /// Why nothing could be judged: target or receiver out of reach, TLS, or credentials that are of no use. Absent where
    /// it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// How many checks were planned and executed, and what they came to.
    pub headline: String,
    /// How many checks were planned and executed, in numbers.
    pub checks: Counts,
    /// Each requirement that the run was asked about, in the catalogue's order.
    pub requirements: Vec<RequirementResult>,
    /// How fast the target answered, by endpoint.
    pub latency: Vec<Latency>,
    /// Where the target puts what the guide does not place.
    pub dialect: Vec<Found>,
    /// How the target answers where the guide leaves the form open, as far as the run saw it.
    #[serde(default)]
    pub seen_dialect: Dialect,
    /// Where the target answered otherwise than the profile pins; absent where it did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// Webhook attempts that belong to no agency of this run.
    pub unclaimed_deliveries: Unclaimed,
    /// How the attempts came of deliveries on which a verdict worse than pass rests.
    pub timelines: Vec<Timeline>,
    /// What each load scenario came to; absent where no load was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub load: Vec<LoadResult>,
    /// What a reader should know beside the verdicts.
    pub notes: Vec<String>,
    /// Why the run is not whole; empty for one that is.
    pub incomplete: Vec<String>,
}

/// What made a report.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Tool {
    /// Its name: `matchproof`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How it does on itself, where the run was told; absent where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
}

/// What a selftest of the same version came to: how much its verdicts can be believed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Score {
    /// Servers that keep the guide.
    pub lawful: usize,
    /// Those of them that were accused, or of which something could not be told.
    pub accused: usize,
    /// Servers with a defect.
    pub defects: usize,
    /// Those that were found where the defect is declared, and nowhere else.
    pub killed: usize,
    /// Those that were not found.
    pub survived: usize,
    /// Those that were found, and accused of something else too.
    pub collateral: usize,
    /// Those that left more in the dark than they declare.
    pub shadowed: usize,
    /// Those that nothing in the suite can show.
    pub unproven: usize,
}

/// The run that a report is about.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// When it began (RFC 3339, UTC).
    pub began: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The target's name.
    pub target: String,
    /// The target's base URL.
    pub base_url: String,
    /// The seed from which the agencies' ids are drawn in it.
    pub seed: u64,
    /// Whether a broken `should` counts as a failure.
    pub strict: bool,
    /// The scenarios that were planned.
    pub scenarios: Vec<ScenarioRef>,
}

/// A scenario that was planned.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ScenarioRef {
    /// Its path, such as `platform/retry-until-200`.
    pub path: String,
    /// Its title.
    pub title: String,
}

/// How many checks were planned and executed, and what they came to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Counts {
    /// Checks in the scenarios that were planned.
    pub planned: usize,
    /// Those that were evaluated: what they rest on was seen.
    pub executed: usize,
    /// Observed true.
    pub pass: usize,
    /// A `should` observed broken.
    pub warn: usize,
    /// A `must` observed broken.
    pub fail: usize,
    /// The evidence does not tell.
    pub inconclusive: usize,
    /// Skipped for any reason, or never reached.
    pub skip: usize,
    /// Measured, never judged.
    pub info: usize,
    /// The harness's own faults.
    pub error: usize,
}

/// A requirement and what it came to.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct RequirementResult {
    /// Its id, such as `RETRY-6`.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// Who has to keep it.
    pub side: Side,
    /// What is required.
    pub text: String,
    /// Where the rule comes from.
    pub origin: String,
    /// The worst of its judgements, or the kind of skip.
    pub verdict: Verdict,
    /// The word that a reader sees: the three kinds of skip share one.
    pub word: String,
    /// Why: of the worst judgement, or why it was skipped.
    pub reason: String,
    /// All its judgements, the worst first.
    pub judgements: Vec<Judgement>,
}

/// How fast one endpoint answered: the times of whole answers, in milliseconds, percentiles by nearest rank.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Latency {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// How many answers came whole.
    pub n: usize,
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// Webhook attempts that belong to no agency of this run.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Unclaimed {
    /// How many came.
    pub count: usize,
    /// The first five.
    pub first: Vec<Stray>,
}

/// One webhook attempt that belongs to no agency of this run.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Stray {
    /// When it came, in milliseconds of the run's clock.
    pub at_ms: f64,
    /// Its method.
    pub method: String,
    /// Its path and query, secrets masked.
    pub target: String,
    /// The peer's address.
    pub peer: String,
}

/// How the attempts of one agency's deliveries came.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Timeline {
    /// The path of the scenario.
    pub scenario: String,
    /// The agency's name within the scenario.
    pub agency: String,
    /// How many attempts there were in all.
    pub count: usize,
    /// The first of them.
    pub attempts: Vec<Attempt>,
}

/// One attempt of a [`Timeline`].
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Attempt {
    /// Its number in the evidence.
    pub id: u64,
    /// When it came, in milliseconds from the first attempt.
    pub offset_ms: f64,
    /// What we answered: a status, a fault, or both.
    pub answer: String,
}
