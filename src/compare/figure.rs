//! What is compared, and on what scale.

/// One figure of load runs.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Figure {
    /// Its path, such as `push.push_listing.service.p50`; led by the scenario's.
    pub name: String,
    /// The scale on which differences are told.
    pub scale: Scale,
    /// Which way is the better one.
    pub better: Better,
}

/// How two values of a figure differ.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Scale {
    /// By a factor: times and rates, which are above 0.
    Ratio,
    /// By percentage points: shares, from 0 to 1.
    Points,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Better {
    /// Less is better, as of times.
    Less,
    /// More is better, as of rates.
    More,
}

/// What is known of a scale beforehand.
pub(super) struct Expected {
    /// By how much runs of one plan vary, as a rule: a standard deviation on the scale.
    pub(super) spread: f64,
    /// The least difference that is worth telling.
    pub(super) least: f64,
    /// The difference that is not to be missed: values that differ by less are the same.
    pub(super) sought: f64,
}

impl Scale {
    /// A value on the scale, where it can stand there.
    pub(super) fn place(self, value: f64) -> Option<f64> {
        match self {
            Scale::Ratio => (value.is_finite() && value > 0.0).then(|| value.ln()),
            Scale::Points => (0.0..=1.0).contains(&value).then_some(value),
        }
    }

    pub(super) fn expected(self) -> Expected {
        match self {
            Scale::Ratio => Expected { spread: 0.03, least: 1.03_f64.ln(), sought: 1.1_f64.ln() },
            Scale::Points => Expected { spread: 0.001, least: 0.001, sought: 0.01 },
        }
    }

    /// A difference on the scale in per cent: of the base, or points.
    pub(super) fn percent(self, difference: f64) -> f64 {
        match self {
            Scale::Ratio => difference.exp_m1() * 100.0,
            Scale::Points => difference * 100.0,
        }
    }
}
