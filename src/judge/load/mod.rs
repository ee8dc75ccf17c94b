//! Judges the figures of a load: its thresholds, and whether the figures are the target's at all.

mod amount;
mod threshold;
mod validity;

pub use amount::{bound_shown, shown};
pub use threshold::{Kept, Stretch, Windowed, judge_threshold};
pub use validity::{Doubt, Unsent, Vitals, doubts, late_after};
