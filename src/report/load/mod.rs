//! What a load came to, beside the requirements' verdicts.

#[cfg(test)]
mod fixture;
mod junit;
mod model;
mod outcome;
mod prometheus;
mod pulse;
mod search;
mod terminal;
#[cfg(test)]
mod tests;
mod times;

pub use model::{
    Cause, Ending, Generator, GroupResult, LoadResult, Machine, Pace, StageResult, StepResult, Tally, ThresholdResult,
    Timing, Total, Totals, Validity,
};
pub use prometheus::metrics;
pub use pulse::Pulse;
pub use search::{Search, TriedRate};
pub use times::Times;

pub(super) use junit::suite;
pub(super) use outcome::parts;
pub(super) use prometheus::FORMAT;
pub(super) use terminal::show;
