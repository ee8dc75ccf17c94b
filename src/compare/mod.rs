//! Is a set of load runs slower than another? Told by the spread between runs, never by one percentile of one run.
//!
//! Each run gives one value for each figure. What two sets of runs differ by is estimated robustly on the figure's own scale,
//! with an interval that holds for all figures at once; the answer follows from the interval. Pure: values in, values out.

mod answer;
mod estimate;
mod figure;
mod run;
mod student;
mod take;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Compared, Comparison, compare};
pub use figure::{Better, Figure, Scale};
pub use run::{Mismatch, RunFigures, mismatches};

/// How many runs each side should have. As this module's tests hold, of 100 pairs of sets of 10 runs, which vary by 1 to 5 %
/// and of which 1 in 20 is disturbed by something else, 95 with 10 % more service time are found, and of 100 pairs of equal
/// sets at most 1 raises an alarm. Where runs vary by no more than 2 %, 5 are enough for the same.
pub const RECOMMENDED_RUNS: usize = 10;

/// Below this many runs on a side their spread is not known, and nothing is told.
pub const LEAST_RUNS: usize = 3;
