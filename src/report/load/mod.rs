//! What a load came to, beside the requirements' verdicts.

mod model;
mod times;

pub use model::{
    Cause, Generator, GroupResult, LoadResult, Machine, Pace, StageResult, StepResult, Tally, ThresholdResult, Timing,
    Total, Totals, Validity,
};
pub use times::Times;
