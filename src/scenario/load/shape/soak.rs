use schemars::JsonSchema;
use serde::Deserialize;

use super::{Course, Form, Shape, flat, read, schema};
use crate::scenario::load::value::{Length, Share};

pub(super) const SHAPE: Shape = Shape {
    name: "soak",
    summary: "keeps one level for long, so that what leaks or slowly fills up shows",
    example: "{ soak: 10m }",
    is_hold: true,
    schema: schema::<Soak>,
    read: read::<Soak>,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Soak {
    /// How long.
    soak: Length,
    /// The level; without it the one before, 100% at first.
    at: Option<Share>,
}

impl Form for Soak {
    fn begin(&self) -> Option<f64> {
        self.at.map(|share| share.0)
    }

    fn course(&self, before: Option<f64>, _: Option<f64>) -> Course {
        flat(self.soak.0, self.begin().or(before).unwrap_or(1.0))
    }
}
