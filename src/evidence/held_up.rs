use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Evidence;

/// A stretch of time in which the machine did not let the harness itself run when it was its turn.
///
/// Nothing is lost in it, but everything is seen, and answered, late.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HeldUp {
    /// Its begin, in milliseconds of the run's clock.
    pub from_ms: f64,
    /// Its end.
    pub to_ms: f64,
    /// For how much of it some part of the harness was kept from running, in milliseconds.
    pub lost_ms: f64,
    /// For how much of it the run, or its receiver, stood still as a whole, so that it could take note of nothing, in milliseconds.
    pub stopped_ms: f64,
}

impl HeldUp {
    /// At most so many milliseconds between two moments were lost to some part of the harness.
    #[must_use]
    pub fn lost_between(&self, from_ms: f64, to_ms: f64) -> f64 {
        self.shared_with(from_ms, to_ms).min(self.lost_ms)
    }

    /// At most so many milliseconds between two moments the harness stood still as a whole.
    #[must_use]
    pub fn stopped_between(&self, from_ms: f64, to_ms: f64) -> f64 {
        self.shared_with(from_ms, to_ms).min(self.stopped_ms)
    }

    fn shared_with(&self, from_ms: f64, to_ms: f64) -> f64 {
        (self.to_ms.min(to_ms) - self.from_ms.max(from_ms)).max(0.0)
    }
}

impl Evidence {
    /// For how long the harness stood still as a whole between two moments at most, in milliseconds.
    #[must_use]
    pub fn stopped_between(&self, from_ms: f64, to_ms: f64) -> f64 {
        self.held_up.iter().map(|held_up| held_up.stopped_between(from_ms, to_ms)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_between_two_moments_is_no_more_than_lies_between_them() {
        let held_up = HeldUp { from_ms: 100.0, to_ms: 300.0, lost_ms: 150.0, stopped_ms: 20.0 };
        for (from, to, lost) in [(0.0, 1000.0, 150.0), (250.0, 1000.0, 50.0), (0.0, 90.0, 0.0), (150.0, 160.0, 10.0)] {
            assert!((held_up.lost_between(from, to) - lost).abs() < f64::EPSILON, "{from} to {to}");
            let stopped = held_up.stopped_between(from, to);
            assert!((stopped - f64::min(lost, 20.0)).abs() < f64::EPSILON, "{from} to {to}");
        }
    }
}
