use std::{fmt, str::FromStr};

use crate::syntax::closest;

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

/// A text is no figure.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}; {cure}")]
pub struct FigureError {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub cure: String,
}

impl FigureError {
    fn new(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { what: what.into(), cure: cure.into() }
    }
}

impl FromStr for Figure {
    type Err = FigureError;

    /// Reads `GROUP[.STEP][.TIMING].QUANTITY`. Whether group and step exist is not asked.
    fn from_str(text: &str) -> Result<Self, FigureError> {
        let mut parts: Vec<&str> = text.split('.').collect();
        // The fraction of `p99.9` is no part of its own.
        let fraction = parts.pop().filter(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
        let written = match (fraction, parts.last()) {
            (Some(fraction), Some(_)) => {
                let whole = parts.pop().unwrap_or_default();
                &text[text.len() - whole.len() - 1 - fraction.len()..]
            }
            _ => text.rsplit('.').next().unwrap_or_default(),
        };
        let shape = || {
            let cure = "write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`";
            FigureError::new(format!("`{text}` is no path to a figure"), cure)
        };
        if parts.is_empty() || parts.contains(&"") || written.is_empty() {
            return Err(shape());
        }
        let quantity = Quantity::read(written)?;
        let timing = |word: &str| Timing::ALL.into_iter().find(|timing| timing.word() == word);
        let last = parts.last().copied().ok_or_else(shape)?;
        let quantity = match (quantity, timing(last).filter(|_| parts.len() > 1)) {
            (Quantity::Time(_, statistic), Some(timing)) => {
                parts.pop();
                Quantity::Time(timing, statistic)
            }
            (other, Some(_)) => {
                let cure = format!("`{last}` leads to times alone, such as `{last}.p99`");
                return Err(FigureError::new(format!("`{other}` is no time"), cure));
            }
            (quantity, None) => quantity,
        };
        match parts[..] {
            [group] => Ok(Self { group: group.to_owned(), step: None, quantity }),
            [group, step] => Ok(Self { group: group.to_owned(), step: Some(step.to_owned()), quantity }),
            [_, _, word] => {
                let words = Timing::ALL.map(Timing::word);
                let cure = match closest(word, words) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", words.join(", ")),
                };
                Err(FigureError::new(format!("unknown time `{word}`"), cure))
            }
            _ => Err(shape()),
        }
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

    /// Reads the last part of a figure; a time is a response time.
    fn read(word: &str) -> Result<Self, FigureError> {
        if let Some((_, plain)) = Self::PLAIN.iter().find(|(name, _)| *name == word) {
            return Ok(*plain);
        }
        let digits = word.strip_prefix('p').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let statistic = match (word, digits) {
            (_, Some(digits)) => Statistic::Percentile(Percentile::read(digits)?),
            ("mean", _) => Statistic::Mean,
            ("max", _) => Statistic::Max,
            ("min", _) => Statistic::Min,
            _ => {
                let words = ["p50", "p90", "p95", "p99", "p99.9", "mean", "max", "min"];
                let known: Vec<&str> = words.into_iter().chain(Self::PLAIN.map(|(name, _)| name)).collect();
                let cure = match closest(word, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", known.join(", ")),
                };
                return Err(FigureError::new(format!("unknown quantity `{word}`"), cure));
            }
        };
        Ok(Self::Time(Timing::default(), statistic))
    }

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

    /// Reads the digits behind the `p`, with at most three places.
    fn read(digits: &str) -> Result<Self, FigureError> {
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok())?;
        number(whole)
            .zip(number(places).filter(|_| places.len() <= 3))
            .and_then(|(whole, _)| whole.checked_mul(1000)?.checked_add(format!("{places:0<3}").parse().ok()?))
            .filter(|thousandths| (1..Self::WHOLE).contains(thousandths))
            .map(Self)
            .ok_or_else(|| {
                let cure = "take one above p0 and below p100, with at most three places, or `min` or `max`";
                FigureError::new(format!("`p{digits}` is no percentile"), cure)
            })
    }

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

impl Unit {
    /// What an amount of it looks like in a file.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Unit::Time => "250ms",
            Unit::Fraction => "0.1%",
            Unit::PerSecond => "500/s",
            Unit::Count => "10",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Time => "a length of time",
            Unit::Fraction => "a percentage",
            Unit::PerSecond => "a rate",
            Unit::Count => "a whole number",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_shown_as_it_is_read() {
        for text in [
            "push.p99",
            "push.push_listing.p99.9",
            "push.push_listing.service.p50",
            "push.lateness.max",
            "push.push_listing-2.error_rate",
            "push.queued",
            "p99.p99.9",
            "rate.rate.rate",
            "service.min",
        ] {
            assert_eq!(text.parse::<Figure>().unwrap().to_string(), text);
        }
        let figure: Figure = "push.push_listing.response.p99.90".parse().unwrap();
        assert_eq!(figure.to_string(), "push.push_listing.p99.9");
    }

    #[test]
    fn what_is_no_figure_says_what_to_write() {
        let wrong = [
            "",
            "p99",
            "push",
            "push.",
            ".p99",
            "push..p99",
            "push.p9x",
            "push.p100",
            "push.p0",
            "push.p99.9999",
            "push.eror_rate",
            "push.service.rate",
            "push.step.servise.p99",
            "a.b.c.service.p99",
            "push.p99.",
            "1",
            "9.9",
        ];
        let told: Vec<String> = wrong.map(|text| text.parse::<Figure>().unwrap_err().to_string()).to_vec();
        insta::assert_snapshot!(told.join("\n"), @"
        `` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        `p99` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        `push` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        `push.` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        `.p99` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        `push..p99` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        `p9x` is no percentile; take one above p0 and below p100, with at most three places, or `min` or `max`
        `p100` is no percentile; take one above p0 and below p100, with at most three places, or `min` or `max`
        `p0` is no percentile; take one above p0 and below p100, with at most three places, or `min` or `max`
        `p99.9999` is no percentile; take one above p0 and below p100, with at most three places, or `min` or `max`
        unknown quantity `eror_rate`; did you mean `error_rate`?
        `rate` is no time; `service` leads to times alone, such as `service.p99`
        unknown time `servise`; did you mean `service`?
        unknown time `c`; known here: response, service, lateness
        `push.p99.` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        `1` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        `9.9` is no path to a figure; write `GROUP.QUANTITY` or `GROUP.STEP.QUANTITY`, such as `push.push_listing.p99`
        ");
    }

    #[test]
    fn a_percentile_needs_ten_times_beyond_it() {
        let needed = |digits: &str| samples_needed(Percentile::read(digits).unwrap());
        assert_eq!(["50", "90", "95", "99", "99.9", "99.999"].map(needed), [20, 100, 200, 1000, 10_000, 1_000_000]);
    }
}
