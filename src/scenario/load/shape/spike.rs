use schemars::JsonSchema;
use serde::Deserialize;

use super::{Course, Form, Shape, flat, read, schema};
use crate::scenario::load::value::{Length, Share};

pub(super) const SHAPE: Shape = Shape {
    name: "spike",
    summary: "jumps to a level, and back to the one before",
    example: "{ spike: { for: 2s, to: 300% } }",
    is_hold: false,
    schema: schema::<Spike>,
    read: read::<Spike>,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Spike {
    spike: Jump,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Jump {
    /// How long it lasts.
    #[serde(rename = "for")]
    lasts: Length,
    /// The level.
    to: Share,
}

impl Form for Spike {
    fn course(&self, _: Option<f64>, _: Option<f64>) -> Course {
        flat(self.spike.lasts.0, self.spike.to.0)
    }

    fn leaves(&self, before: Option<f64>, _: &Course) -> Option<f64> {
        before
    }
}
