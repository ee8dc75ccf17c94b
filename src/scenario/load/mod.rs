//! Load scenarios: what their files may say, and how they are read.
//!
//! A file with `groups:` is one. Groups of users go through a flow of steps, stages say how hard, thresholds judge. What the
//! arguments of a step may be is the step's own business, here too.

mod figure;
mod model;
mod stage;
mod threshold;

pub use figure::{Figure, Percentile, Quantity, Statistic, Timing, Unit, samples_needed};
pub use model::{Expected, FlowStep, Group, LoadScenario, Pace};
pub use stage::{Breakpoint, Course, Level, Stage};
pub use threshold::{Amount, Bound, During, Relation, Threshold};
