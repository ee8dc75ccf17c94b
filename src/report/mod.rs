//! What a run came to, as one value, and the forms in which it is shown.
//!
//! [`Report::build`] makes a [`Report`] of judgements and evidence; every format is a pure function of that. To add a
//! format, write one file and one row of [`FORMATS`].

mod build;
mod dialect;
mod figures;
#[cfg(test)]
mod fixture;
mod json;
mod junit;
pub mod load;
mod model;
mod sentence;
mod terminal;
#[cfg(test)]
mod tests;
mod text;
mod timeline;

pub use build::{Asked, Input, Planned, Skip};
pub use load::LoadResult;
pub use model::{
    Attempt, Counts, Latency, Report, RequirementResult, Run, ScenarioRef, Score, Stray, Timeline, Tool, Unclaimed,
    VERSION,
};
pub use sentence::score;
pub use terminal::{Style, render as terminal};
pub use text::{clean, counted};

/// A form in which a report is written to a file.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name, as `--format` takes it.
    pub name: &'static str,
    /// The name of its file in the run folder.
    pub file: &'static str,
    /// What it is for, in one line.
    pub about: &'static str,
    /// Makes the file's bytes.
    pub render: fn(&Report) -> Result<Vec<u8>, RenderError>,
}

/// A report could not be put into a form: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the report as {format}: {reason}")]
pub struct RenderError {
    /// The format's name.
    pub format: &'static str,
    /// What its writer said.
    pub reason: String,
}

/// Every form in which a report is written to a file.
pub const FORMATS: &[Format] = &[json::FORMAT, junit::FORMAT, dialect::FORMAT, load::FORMAT];

/// What to do about drift.
const DRIFT_CURE: &str =
    "This breaks no requirement. Where the change is meant, `matchproof discover --force` pins it.";

/// The JSON Schema of `report.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}
