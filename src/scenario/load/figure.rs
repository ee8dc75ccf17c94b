use std::fmt;

/// What a load run measures, as a path such as `push.push_listing.service.p99`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Figure {
    /// The group.
    pub group: String,
    /// The step of its flow; without one the figure is of whole passes.
    pub step: Option<String>,
    /// What of it.
    pub quantity: Quantity,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.group)?;
        if let Some(step) = &self.step {
            write!(f, ".{step}")?;
        }
        write!(f, ".{}", self.quantity)
    }
}

/// What of a step, or of a group's passes, is measured.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Quantity {
    /// A statistic of times.
    Time(Timing, Statistic),
    /// The share of those that ended in an error.
    ErrorRate,
    /// The share of those that were rate-limited.
    LimitedRate,
    /// How many were done in a second.
    Rate,
    /// How many were done.
    Count,
    /// How many ended in an error.
    Errors,
    /// How many were rate-limited.
    Limited,
    /// How many began late because every user of the pool was waiting for the target.
    Queued,
}

impl Quantity {
    /// All that are no times, with their words.
    pub const PLAIN: [(&'static str, Quantity); 7] = [
        ("error_rate", Quantity::ErrorRate),
        ("limited_rate", Quantity::LimitedRate),
        ("rate", Quantity::Rate),
        ("count", Quantity::Count),
        ("errors", Quantity::Errors),
        ("limited", Quantity::Limited),
        ("queued", Quantity::Queued),
    ];

    /// Its unit.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Quantity::Time(..) => Unit::Time,
            Quantity::ErrorRate | Quantity::LimitedRate => Unit::Fraction,
            Quantity::Rate => Unit::PerSecond,
            Quantity::Count | Quantity::Errors | Quantity::Limited | Quantity::Queued => Unit::Count,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Quantity::Time(timing, statistic) = self {
            // The response time is what a time is without another word.
            return match timing {
                Timing::Response => write!(f, "{statistic}"),
                other => write!(f, "{}.{statistic}", other.word()),
            };
        }
        let word = Quantity::PLAIN.iter().find(|(_, plain)| plain == self).map(|(word, _)| *word);
        f.write_str(word.unwrap_or_default())
    }
}

/// Which time of a request.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Timing {
    /// From when it was due to the end of its answer: what is passed or failed on.
    #[default]
    Response,
    /// From when it was sent to the end of its answer.
    Service,
    /// From when it was due to when it was sent.
    Lateness,
}

impl Timing {
    /// All of them.
    pub const ALL: [Timing; 3] = [Timing::Response, Timing::Service, Timing::Lateness];

    /// Its word in a figure.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Timing::Response => "response",
            Timing::Service => "service",
            Timing::Lateness => "lateness",
        }
    }
}

/// Which number stands for many times.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Statistic {
    /// The time that this share of them does not exceed.
    Percentile(Percentile),
    /// The mean.
    Mean,
    /// The greatest.
    Max,
    /// The least.
    Min,
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statistic::Percentile(percentile) => write!(f, "{percentile}"),
            Statistic::Mean => f.write_str("mean"),
            Statistic::Max => f.write_str("max"),
            Statistic::Min => f.write_str("min"),
        }
    }
}

/// A percentile above 0 and below 100, exact to a thousandth.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Percentile(u32);

impl Percentile {
    const WHOLE: u32 = 100_000;

    /// The percentile as a number, such as 99.9.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 1e3
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.percent())
    }
}

/// How many times must have been measured for a percentile to rest on ten that exceed it: `10 / (1 - p)`.
#[must_use]
pub fn samples_needed(percentile: Percentile) -> u64 {
    let above = u64::from(Percentile::WHOLE - percentile.0);
    (10 * u64::from(Percentile::WHOLE)).div_ceil(above)
}

/// In what a quantity is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// A length of time.
    Time,
    /// A part of the whole.
    Fraction,
    /// So many a second.
    PerSecond,
    /// A number of things.
    Count,
}
