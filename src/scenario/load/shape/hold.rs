use schemars::JsonSchema;
use serde::Deserialize;

use super::{Course, Form, Shape, flat, read, schema};
use crate::scenario::load::value::{Length, Share};

pub(super) const SHAPE: Shape = Shape {
    name: "hold",
    summary: "keeps one level; thresholds are judged over it",
    example: "{ hold: 30s, at: 50% }",
    is_hold: true,
    schema: schema::<Hold>,
    read: read::<Hold>,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Hold {
    /// How long.
    hold: Length,
    /// The level; without it the one before, 100% at first.
    at: Option<Share>,
}

impl Form for Hold {
    fn begin(&self) -> Option<f64> {
        self.at.map(|share| share.0)
    }

    fn course(&self, before: Option<f64>, _: Option<f64>) -> Course {
        flat(self.hold.0, self.begin().or(before).unwrap_or(1.0))
    }
}
