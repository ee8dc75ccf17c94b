use schemars::JsonSchema;
use serde::Deserialize;

use super::{Course, Form, Shape, read, schema};
use crate::scenario::load::{
    Breakpoint,
    value::{Length, Rate, Share},
};

pub(super) const SHAPE: Shape = Shape {
    name: "breakpoint",
    summary: "searches the highest rate under which the thresholds hold; the only stage of its file",
    example: "{ breakpoint: { from: 100/s, to: 20000/s, each: 10s } }",
    is_hold: true,
    schema: schema::<Wanted>,
    read: read::<Wanted>,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    breakpoint: Search,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Search {
    /// The first rate, of all groups together.
    from: Rate,
    /// The highest rate that is tried.
    to: Rate,
    /// How long each rate is held.
    each: Length,
    /// What a rate that held is multiplied with; 1.5 without it.
    #[serde(default = "factor")]
    factor: f64,
    /// How near the highest rate that held and the lowest that did not must come; 5% without it.
    #[serde(default = "precision")]
    precision: Share,
}

fn factor() -> f64 {
    1.5
}

fn precision() -> Share {
    Share(0.05)
}

impl Form for Wanted {
    fn course(&self, _: Option<f64>, _: Option<f64>) -> Course {
        let Search { from, to, each, factor, precision } = &self.breakpoint;
        Course::Search(Breakpoint { from: from.0, to: to.0, each: each.0, factor: *factor, precision: precision.0 })
    }

    fn fault(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let Search { from, to, factor, precision, .. } = &self.breakpoint;
        if to.0 <= from.0 {
            return Some(("to", "the search ends where it begins", "write a `to` above `from`"));
        }
        if !(*factor >= 1.01 && *factor <= 10.0) {
            return Some(("factor", "the rate would not rise in fit steps", "from 1.01 to 10, such as 1.5"));
        }
        if !(0.001..1.0).contains(&precision.0) {
            return Some(("precision", "no search can end with this", "from 0.1% to below 100%, such as 5%"));
        }
        None
    }
}
