//! The shapes that a stage may have. To add one, write its file and its row in [`SHAPES`].

mod breakpoint;
mod hold;
mod ramp;
mod soak;
mod spike;
mod stairs;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Course, Level, schema::of as schema};
use crate::syntax::{Mistake, Node, Source, decode};

/// One shape: what the language calls it, and how it becomes levels.
pub struct Shape {
    /// Its key in a stage.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// A stage that has it.
    pub example: &'static str,
    /// Whether it holds levels, so that thresholds are judged over it.
    pub is_hold: bool,
    /// The schema of a stage that has it, its name aside.
    pub(super) schema: fn() -> Value,
    /// Reads a stage that has it, its name aside.
    pub(super) read: fn(&Source, &Node) -> ReadForm,
}

/// What was read of a stage, or all that is wrong in it.
type ReadForm = Result<Box<dyn Form>, Vec<Mistake>>;

/// What a stage of one shape says.
pub(super) trait Form {
    /// The level at its begin, where the stage itself says it.
    fn begin(&self) -> Option<f64> {
        None
    }

    /// How the load goes. `before` is the level that the stage before left, and `next` the one that the stage after it
    /// begins with, where they say so.
    fn course(&self, before: Option<f64>, next: Option<f64>) -> Course;

    /// The level that it leaves.
    fn leaves(&self, _before: Option<f64>, course: &Course) -> Option<f64> {
        match course {
            Course::Levels(levels) => levels.last().map(|level| level.to),
            Course::Search(_) => None,
        }
    }

    /// What is wrong between its values: the key whose value it is, what, and what to do.
    fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        None
    }
}

/// All shapes.
pub const SHAPES: &[Shape] = &[ramp::SHAPE, hold::SHAPE, stairs::SHAPE, spike::SHAPE, soak::SHAPE, breakpoint::SHAPE];

fn read<F: Form + DeserializeOwned + 'static>(source: &Source, node: &Node) -> ReadForm {
    let form: F = decode(source, node)?;
    match form.fault() {
        None => Ok(Box::new(form)),
        Some((key, what, cure)) => {
            let nested = node.entries().iter().find_map(|entry| entry.value.get(key));
            let place = nested.or_else(|| node.get(key)).unwrap_or(node);
            Err(vec![Mistake::new(source, place.span.clone(), what).cure(cure)])
        }
    }
}

/// One level all along.
fn flat(duration: Duration, factor: f64) -> Course {
    Course::Levels(vec![Level::flat(duration, factor)])
}
