//! Is a set of load runs slower than another? Told by the spread between runs, never by one percentile of one run.
//!
//! Each run gives one value for each figure. What two sets of runs differ by is estimated robustly on the figure's own scale,
//! with an interval that holds for all figures at once; the answer follows from the interval. Pure: values in, values out.

mod answer;
mod estimate;
mod figure;
mod run;
mod student;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Compared, Comparison, compare};
pub use figure::{Better, Figure, Scale};
pub use run::{Mismatch, RunFigures, mismatches};

/// How many runs each side should have. By the simulation in this module's tests, 8 runs that vary by up to 5 % between each
/// other, 1 in 20 of them disturbed, show 10 % more service time in 95 of 100 cases, and cry wolf in less than 1 of 100;
/// where runs vary by no more than 3 %, 5 are enough.
pub const RECOMMENDED_RUNS: usize = 8;

/// Below this many runs on a side their spread is not known, and nothing is told.
pub const LEAST_RUNS: usize = 3;
