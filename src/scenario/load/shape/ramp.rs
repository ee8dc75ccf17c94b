use schemars::JsonSchema;
use serde::Deserialize;

use super::{Course, Form, Shape, read, schema};
use crate::scenario::load::{
    Level,
    value::{Length, Share},
};

pub(super) const SHAPE: Shape = Shape {
    name: "ramp",
    summary: "goes in a straight line from the level before (0% at first) to the next stage's",
    example: "{ ramp: 5s }",
    is_hold: false,
    schema: schema::<Ramp>,
    read: read::<Ramp>,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ramp {
    /// How long it takes.
    ramp: Length,
    /// The level at its end; without it the one with which the next stage begins, or 100%.
    to: Option<Share>,
}

impl Form for Ramp {
    fn course(&self, before: Option<f64>, next: Option<f64>) -> Course {
        let to = self.to.map(|share| share.0).or(next).unwrap_or(1.0);
        Course::Levels(vec![Level { duration: self.ramp.0, from: before.unwrap_or(0.0), to }])
    }
}
