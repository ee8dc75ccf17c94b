//! What a load came to, beside the requirements' verdicts.

mod model;
mod pulse;
mod times;

pub use model::{
    Cause, Ending, Generator, GroupResult, LoadResult, Machine, Pace, StageResult, StepResult, Tally, ThresholdResult,
    Timing, Total, Totals, Validity,
};
pub use pulse::Pulse;
pub use times::Times;
