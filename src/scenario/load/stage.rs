use std::time::Duration;

use crate::{schedule::Segment, syntax::Span};

/// One part of a load scenario's time.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name: the file's, or its shape's, with `-2` for the second of its shape.
    pub name: String,
    /// The name of its shape, such as `ramp`.
    pub shape: &'static str,
    /// Whether it holds levels, so that thresholds are judged over it without being told to.
    pub is_hold: bool,
    /// How the load goes.
    pub course: Course,
    /// Where it stands.
    pub span: Span,
}

impl Stage {
    /// Its levels; none for a search.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        match &self.course {
            Course::Levels(levels) => levels,
            Course::Search(_) => &[],
        }
    }
}

/// How the load goes in a stage.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// Known from the begin.
    Levels(Vec<Level>),
    /// Found while it runs.
    Search(Breakpoint),
}

/// A stretch of time over which the load goes in a straight line, as a factor of what the groups' pace says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// How long.
    pub duration: Duration,
    /// The factor at its begin; not negative.
    pub from: f64,
    /// The factor at its end; not negative.
    pub to: f64,
}

impl Level {
    /// The same factor all along.
    #[must_use]
    pub fn flat(duration: Duration, factor: f64) -> Self {
        Self { duration, from: factor, to: factor }
    }

    /// The factor at a moment since its begin; that of its end for any later one.
    #[must_use]
    pub fn at(&self, moment: Duration) -> f64 {
        if moment >= self.duration {
            return self.to;
        }
        self.from + (self.to - self.from) * moment.div_duration_f64(self.duration)
    }

    /// What it is for a group of `rate` arrivals per second.
    #[must_use]
    pub fn segment(&self, rate: f64, stage: usize) -> Segment {
        Segment { duration: self.duration, from: self.from * rate, to: self.to * rate, stage }
    }
}

/// A search for the highest rate under which the thresholds hold.
///
/// Rates are those of all groups together: a group takes its share of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakpoint {
    /// The first rate, in arrivals per second; more than 0.
    pub from: f64,
    /// The highest rate that is tried; more than `from`.
    pub to: f64,
    /// How long each rate is held.
    pub each: Duration,
    /// What a rate that held is multiplied with; more than 1.
    pub factor: f64,
    /// How near the highest rate that held and the lowest that did not must come, as a fraction of the rate; more than 0 and
    /// less than 1.
    pub precision: f64,
}
