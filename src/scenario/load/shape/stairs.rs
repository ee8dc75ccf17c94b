use schemars::JsonSchema;
use serde::Deserialize;

use super::{Course, Form, Shape, read, schema};
use crate::{
    profile::Bounded,
    scenario::load::{
        Level,
        value::{Length, Share},
    },
};

pub(super) const SHAPE: Shape = Shape {
    name: "stairs",
    summary: "holds one level after another, in equal steps",
    example: "{ stairs: { steps: 5, each: 10s, from: 20%, to: 100% } }",
    is_hold: true,
    schema: schema::<Stairs>,
    read: read::<Stairs>,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stairs {
    stairs: Flight,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Flight {
    /// How many levels.
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    steps: Bounded<1, 1000>,
    /// How long each is held.
    each: Length,
    /// The first level; without it one equal part of the last.
    from: Option<Share>,
    /// The last level; 100% without it.
    to: Option<Share>,
}

impl Flight {
    /// The level of a step, which is counted from 0.
    fn level(&self, step: u32) -> f64 {
        let steps = self.steps.get();
        let to = self.to.unwrap_or(Share::WHOLE).0;
        let from = self.from.map_or(to / f64::from(steps), |share| share.0);
        if step + 1 == steps { to } else { from + (to - from) * f64::from(step) / f64::from(steps - 1) }
    }
}

impl Form for Stairs {
    fn begin(&self) -> Option<f64> {
        Some(self.stairs.level(0))
    }

    fn course(&self, _: Option<f64>, _: Option<f64>) -> Course {
        let steps = 0..self.stairs.steps.get();
        Course::Levels(steps.map(|step| Level::flat(self.stairs.each.0, self.stairs.level(step))).collect())
    }

    fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        (self.stairs.steps.get() == 1 && self.stairs.from.is_some()).then_some((
            "from",
            "a single step has no level from which it could begin",
            "take `from` away, or write more `steps`",
        ))
    }
}
