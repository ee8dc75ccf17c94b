use std::{fmt, time::Duration};

use super::{Figure, Unit};
use crate::syntax::Span;

/// A limit on one figure.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// What is measured.
    pub figure: Figure,
    /// What it must keep to.
    pub bound: Bound,
    /// When it is judged.
    pub during: During,
    /// Judged over every stretch of this length too, beside the whole.
    pub window: Option<Duration>,
    /// Whether the load ends as soon as it is missed.
    pub abort: bool,
    /// How long the load has run at least before it may be ended.
    pub abort_after: Duration,
    /// Where it stands.
    pub span: Span,
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.figure, self.bound)
    }
}

/// A relation and a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The relation.
    pub relation: Relation,
    /// The limit.
    pub limit: Amount,
}

impl Bound {
    /// Whether a measured amount, in the limit's unit, keeps to it.
    #[must_use]
    pub fn holds(&self, measured: Amount) -> bool {
        let (measured, limit) = (measured.value(), self.limit.value());
        match self.relation {
            Relation::Below => measured < limit,
            Relation::AtMost => measured <= limit,
            Relation::Above => measured > limit,
            Relation::AtLeast => measured >= limit,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.relation.word().replace('_', " "), self.limit)
    }
}

/// How a measured amount stands to its limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Relation {
    /// Less.
    Below,
    /// Less or equal.
    AtMost,
    /// More.
    Above,
    /// More or equal.
    AtLeast,
}

impl Relation {
    /// All of them.
    pub const ALL: [Relation; 4] = [Relation::Below, Relation::AtMost, Relation::Above, Relation::AtLeast];

    /// Its key in a file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Relation::Below => "below",
            Relation::AtMost => "at_most",
            Relation::Above => "above",
            Relation::AtLeast => "at_least",
        }
    }
}

/// When a threshold is judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum During {
    /// Over the stages that hold a level, together.
    Holds,
    /// Over the whole load.
    All,
    /// Over this stage, by its number.
    Stage(usize),
}

/// How much, in the unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// A length of time.
    Time(Duration),
    /// A part of the whole, from 0 to 1.
    Fraction(f64),
    /// How often in a second.
    PerSecond(f64),
    /// How many.
    Count(u64),
}

impl Amount {
    /// Its unit.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Amount::Time(_) => Unit::Time,
            Amount::Fraction(_) => Unit::Fraction,
            Amount::PerSecond(_) => Unit::PerSecond,
            Amount::Count(_) => Unit::Count,
        }
    }

    /// The bare number: of seconds, of the whole, per second, or a count.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Amount::Time(time) => time.as_secs_f64(),
            Amount::Fraction(value) | Amount::PerSecond(value) => value,
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            Amount::Count(count) => count as f64,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Time(time) => write!(f, "{time:?}"),
            Amount::Fraction(value) => write!(f, "{}%", round(value * 100.0)),
            Amount::PerSecond(value) => write!(f, "{}/s", round(*value)),
            Amount::Count(count) => write!(f, "{count}"),
        }
    }
}

/// To nine places: 0.1 % is no 0.10000000000000001 %.
fn round(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}
