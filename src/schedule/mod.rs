//! When arrivals are due: plain arithmetic, no timer.
//!
//! An arrival's time depends on its number alone, never on when the ones before it were served. So a slow server cannot
//! thin out the load that it is measured under, nothing drifts, and a shard computes its own arrivals without asking.

mod exponential;
mod walk;

use std::time::Duration;

pub use walk::Walk;

/// A stretch of time over which the arrival rate goes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// How long it lasts.
    pub duration: Duration,
    /// Arrivals per second at its begin. Not negative and at most [`MAX_RATE`]; a [`Walk`] takes anything else for the
    /// nearest rate that is, and a NaN for 0.
    pub from: f64,
    /// Arrivals per second at its end, with the same range.
    pub to: f64,
    /// The stage that it belongs to, handed on in its tickets.
    pub stage: usize,
}

/// The highest rate of a [`Segment`], in arrivals per second: one for each nanosecond.
pub const MAX_RATE: f64 = 1e9;

impl Segment {
    /// How many arrivals are due in it: the integral of its rate.
    #[must_use]
    pub fn arrivals(&self) -> f64 {
        self.duration.as_secs_f64() * self.from.midpoint(self.to)
    }
}

/// How arrivals are spread around the rate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Arrivals {
    /// One whenever the rate has added up to one more.
    #[default]
    Even,
    /// At random, independent of each other: gaps are exponential around the rate.
    Poisson {
        /// Makes the sequence; the same seed gives the same arrivals.
        seed: u64,
    },
}

/// One arrival.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ticket {
    /// Its number, from 0, counted over all shards.
    pub number: u64,
    /// When it is due, since the begin of the schedule.
    pub due: Duration,
    /// The stage in which it falls.
    pub stage: usize,
}

/// Which tickets one process of several takes: `index`, `index + of`, `index + 2 of`, ….
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shard {
    /// This one's number, from 0 and below `of`.
    pub index: u32,
    /// How many shards there are; 0 is taken for 1.
    pub of: u32,
}

impl Shard {
    /// All tickets.
    pub const WHOLE: Self = Self { index: 0, of: 1 };
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

#[cfg(test)]
mod tests;
