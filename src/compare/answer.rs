//! The answers: same, slower, faster, or that it cannot be told.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    LEAST_RUNS, RECOMMENDED_RUNS,
    estimate::{Estimate, estimate, reach},
    figure::{Better, Expected, Figure, Scale},
    run::RunFigures,
};

/// The probability with which two equal sets of runs may be told apart for the worse, over all figures together.
const FALSE_ALARMS: f64 = 0.005;
/// How much of the difference that is sought the interval may take to either side for sets that are to be told the same.
const ROOM: f64 = 0.6;
/// Beyond this many runs more of them are no remedy.
const MOST_RUNS: usize = 60;

/// What a figure's two sets of values come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Answer {
    /// They differ by less than what is sought.
    Same(Interval),
    /// The new ones are worse.
    Worse(Interval),
    /// The new ones are better.
    Better(Interval),
    /// The runs vary too much, or are too few.
    CannotTell {
        /// How many runs on each side would probably do; nothing where no reasonable number would.
        runs_needed: Option<usize>,
        /// By how much runs vary, in per cent; nothing where that is not known either.
        spread: Option<f64>,
    },
}

/// A difference and where it lies, in per cent of the base or in percentage points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The estimate.
    pub by: f64,
    /// The lower end.
    pub from: f64,
    /// The upper end.
    pub to: f64,
}

/// A figure and its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The figure's path.
    pub figure: String,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
    /// The answer in words, such as `slower by 12 % (8 to 16)`.
    pub words: String,
}

impl Compared {
    /// Whether it cannot be told.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        matches!(self.answer, Answer::CannotTell { .. })
    }
}

/// Two sets of runs, figure by figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// How many runs the base has.
    pub base: usize,
    /// How many are new.
    pub new: usize,
    /// Each figure that all runs have, in the order of their names.
    pub figures: Vec<Compared>,
}

/// Compares runs that may be compared: see [`super::mismatches`].
#[must_use]
pub fn compare(base: &[RunFigures], new: &[RunFigures]) -> Comparison {
    let values = |runs: &[RunFigures], figure: &Figure| -> Option<Vec<f64>> {
        runs.iter().map(|run| run.figures.get(figure).copied()).collect()
    };
    let names = base.first().map(|run| run.figures.keys()).into_iter().flatten();
    let pairs: BTreeMap<&Figure, (Vec<f64>, Vec<f64>)> =
        names.filter_map(|figure| Some((figure, (values(base, figure)?, values(new, figure)?)))).collect();
    let chance = FALSE_ALARMS / count(pairs.len());
    let reaches = Reaches { these: reach(base.len(), new.len(), chance), chance };
    let figures = pairs
        .into_iter()
        .map(|(figure, (base, new))| {
            let answer = answer(figure, &base, &new, &reaches);
            Compared { figure: figure.name.clone(), words: words(figure, &answer), answer }
        })
        .collect();
    Comparison { base: base.len(), new: new.len(), figures }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 figures")]
fn count(figures: usize) -> f64 {
    figures.max(1) as f64
}

/// How far intervals reach for a spread of 1: it is the same for all figures.
struct Reaches {
    /// With the runs that there are.
    these: f64,
    /// From what that of other numbers of runs follows.
    chance: f64,
}

fn answer(figure: &Figure, base: &[f64], new: &[f64], reaches: &Reaches) -> Answer {
    let scale = figure.scale;
    let place = |values: &[f64]| values.iter().map(|value| scale.place(*value)).collect::<Option<Vec<f64>>>();
    let enough = base.len().min(new.len()) >= LEAST_RUNS;
    let (Some(base), Some(new), true) = (place(base), place(new), enough) else {
        return Answer::CannotTell { runs_needed: (!enough).then_some(RECOMMENDED_RUNS), spread: None };
    };
    let expected = scale.expected();
    let Estimate { shift, half, spread } = estimate(&base, &new, &expected, reaches.these);
    let interval =
        Interval { by: scale.percent(shift), from: scale.percent(shift - half), to: scale.percent(shift + half) };
    if shift.abs() >= expected.least && shift.abs() > half {
        return if (shift > 0.0) == (figure.better == Better::Less) {
            Answer::Worse(interval)
        } else {
            Answer::Better(interval)
        };
    }
    if shift.abs() + half <= expected.sought {
        return Answer::Same(interval);
    }
    Answer::CannotTell { runs_needed: needed(spread, &expected, reaches.chance), spread: Some(scale.percent(spread)) }
}

/// How many runs on each side make the interval narrow enough.
fn needed(spread: f64, expected: &Expected, chance: f64) -> Option<usize> {
    let enough = |runs| reach(runs, runs, chance) * spread <= ROOM * expected.sought;
    // More runs reach less far, so that the least number is found by halving.
    let (mut least, mut most) = (LEAST_RUNS, MOST_RUNS);
    while least < most {
        let middle = usize::midpoint(least, most);
        if enough(middle) { most = middle } else { least = middle + 1 }
    }
    enough(least).then_some(least)
}

impl Comparison {
    /// The figures that are worse.
    pub fn worse(&self) -> impl Iterator<Item = &Compared> {
        self.figures.iter().filter(|one| matches!(one.answer, Answer::Worse(_)))
    }

    /// Whether anything could be told at all.
    #[must_use]
    pub fn tells_something(&self) -> bool {
        !self.figures.iter().all(Compared::is_untold)
    }

    /// How many runs on each side would tell of every figure of which more runs can tell; nothing where all are told.
    #[must_use]
    pub fn runs_needed(&self) -> Option<usize> {
        let needed = self.figures.iter().filter_map(|one| match one.answer {
            Answer::CannotTell { runs_needed, .. } => runs_needed,
            _ => None,
        });
        needed.max()
    }
}

fn words(figure: &Figure, answer: &Answer) -> String {
    let unit = match figure.scale {
        Scale::Ratio => "%",
        Scale::Points => "points",
    };
    // Of the difference as the word says it, so that less of what is better is "by 12 %" too.
    let by = |interval: &Interval| {
        let (by, ends) = (interval.by.abs(), [interval.from.abs(), interval.to.abs()]);
        let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        format!("by {} {unit} ({} to {})", short(by), short(from), short(to))
    };
    match (answer, figure.scale, figure.better) {
        (Answer::Same(Interval { from, to, .. }), ..) => format!("same ({} to {} {unit})", short(*from), short(*to)),
        (Answer::Worse(interval), Scale::Points, _) => format!("more {}", by(interval)),
        (Answer::Better(interval), Scale::Points, _) => format!("less {}", by(interval)),
        (Answer::Worse(interval), Scale::Ratio, Better::Less) => format!("slower {}", by(interval)),
        (Answer::Better(interval), Scale::Ratio, Better::Less) => format!("faster {}", by(interval)),
        (Answer::Worse(interval), Scale::Ratio, Better::More) => format!("lower {}", by(interval)),
        (Answer::Better(interval), Scale::Ratio, Better::More) => format!("higher {}", by(interval)),
        (Answer::CannotTell { runs_needed, spread }, ..) => cannot_tell(*runs_needed, *spread, unit),
    }
}

fn cannot_tell(runs_needed: Option<usize>, spread: Option<f64>, unit: &str) -> String {
    match (runs_needed, spread) {
        (Some(runs), Some(spread)) => {
            format!("cannot tell: runs vary by {} {unit}; {runs} on each side would do", short(spread))
        }
        (None, Some(spread)) => {
            format!("cannot tell: runs vary by {} {unit}; more than {MOST_RUNS} would be needed", short(spread))
        }
        (Some(runs), None) => format!("cannot tell: at least {LEAST_RUNS} runs on each side, better {runs}"),
        (None, None) => "cannot tell: a run has no such value".to_owned(),
    }
}

/// A number as people write it: two digits, and no fraction from 10 on.
fn short(number: f64) -> String {
    let digits = if number.abs() >= 10.0 { 0 } else { usize::from(number.abs() < 9.95) };
    let text = format!("{number:.digits$}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
