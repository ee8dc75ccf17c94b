//! Load scenarios: what their files may say, and how they are read.
//!
//! A file with `groups:` is one. Groups of users go through a flow of steps, stages say how hard, thresholds judge. What the
//! arguments of a step may be is the step's own business, here too.

mod draft;
mod figure;
mod group;
mod model;
mod reader;
mod schema;
mod shape;
mod stage;
mod threshold;
mod value;

pub use draft::Draft;
pub use figure::{Figure, FigureError, Percentile, Quantity, Statistic, Timing, Unit, samples_needed};
pub use model::{Expected, FlowStep, Group, LoadScenario, Pace};
pub use schema::schema;
pub use shape::{SHAPES, Shape};
pub use stage::{Breakpoint, Course, Level, Stage};
pub use threshold::{Amount, Bound, During, Relation, Threshold};
pub use value::Share;
