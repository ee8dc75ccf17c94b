use std::{fmt, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    Figure, Group, Pace, Quantity, Stage, Timing, Unit,
    reader::{Reader, entry, place},
    stage::ALL,
    value::{Length, Rate, Share},
};
use crate::{
    clock::Period,
    syntax::{Entry, Kind, Node, Span},
};

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
    /// All of them, in the order in which they are told.
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

/// What a file says of a threshold; its limit aside, whose type the figure decides.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ThresholdText {
    /// What is measured: `GROUP[.STEP][.response|.service|.lateness].(p99|mean|max|min)`, or
    /// `GROUP[.STEP].(error_rate|limited_rate|rate|count|errors|limited|queued)`.
    figure: String,
    /// It must be less.
    #[serde(rename = "below")]
    #[schemars(with = "Option<serde_json::Value>")]
    _below: Option<IgnoredAny>,
    /// It must not be more.
    #[serde(rename = "at_most")]
    #[schemars(with = "Option<serde_json::Value>")]
    _at_most: Option<IgnoredAny>,
    /// It must be more.
    #[serde(rename = "above")]
    #[schemars(with = "Option<serde_json::Value>")]
    _above: Option<IgnoredAny>,
    /// It must not be less.
    #[serde(rename = "at_least")]
    #[schemars(with = "Option<serde_json::Value>")]
    _at_least: Option<IgnoredAny>,
    /// The name of a stage, or `all`; the stages that hold a level without it.
    during: Option<String>,
    /// Judged over every stretch of this length too.
    window: Option<Length>,
    /// Whether the load ends as soon as it is missed.
    #[serde(default)]
    abort: bool,
    /// How long the load has run at least before it may be ended; 10s without it.
    #[schemars(with = "Option<Period>")]
    abort_after: Option<Length>,
}

/// How long a load runs at least before a threshold may end it, where the file does not say.
const ABORT_AFTER: Duration = Duration::from_secs(10);

/// What thresholds speak of; nothing where it could not be read whole.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) groups: Option<&'a [Group]>,
    pub(super) stages: Option<&'a [Stage]>,
}

impl Reader<'_> {
    pub(super) fn thresholds(&mut self, node: &Node, known: Known<'_>) -> Vec<Threshold> {
        if node.kind == Kind::List(Vec::new()) {
            return Vec::new();
        }
        let items = self.list(node, "thresholds", "thresholds: [ { figure: push.p99, below: 250ms } ]");
        items.iter().filter_map(|item| self.threshold(item, known)).collect()
    }

    fn threshold(&mut self, item: &Node, known: Known<'_>) -> Option<Threshold> {
        let before = self.mistakes.len();
        let text: ThresholdText = self.read(item)?;
        let whole = self.mistakes.len() == before;
        let span = item.get("figure").map_or_else(|| item.span.clone(), |figure| figure.span.clone());
        let during = self.during(item, text.during.as_deref(), known.stages);
        if text.abort_after.is_some() && !text.abort {
            let cure = "write `abort: true`, or take it away";
            self.told(&place(item, "abort_after"), "this threshold never ends the load", cure);
        }
        let figure = match text.figure.parse::<Figure>() {
            Ok(figure) => figure,
            Err(error) => {
                self.told(&span, error.what, error.cure);
                return None;
            }
        };
        if let Some(groups) = known.groups {
            self.exists(&span, &figure, groups);
        }
        let bound = self.bound(item, figure.quantity, whole)?;
        let abort_after = text.abort_after.map_or(ABORT_AFTER, |length| length.0);
        let window = text.window.map(|length| length.0);
        Some(Threshold { figure, bound, during: during?, window, abort: text.abort, abort_after, span })
    }

    fn during(&mut self, item: &Node, written: Option<&str>, stages: Option<&[Stage]>) -> Option<During> {
        let stages = stages?;
        let Some(written) = written else {
            if !stages.iter().any(|stage| stage.is_hold) {
                let cure = format!("write `during: {ALL}`, or add a stage such as `{{ hold: 30s }}`");
                self.told(&place(item, "figure"), "no stage holds a level, over which this would be judged", cure);
            }
            return Some(During::Holds);
        };
        if written == ALL {
            return Some(During::All);
        }
        let found = stages.iter().position(|stage| stage.name == written);
        if found.is_none() {
            let span = item.get("during").map_or_else(|| item.span.clone(), |during| during.span.clone());
            let names = stages.iter().map(|stage| stage.name.as_str());
            self.unknown(&span, "stage", written, names.chain([ALL]));
        }
        found.map(During::Stage)
    }

    /// Tells of a figure that nothing would be measured for.
    fn exists(&mut self, span: &Span, figure: &Figure, groups: &[Group]) {
        let Some(group) = groups.iter().find(|group| group.name == figure.group) else {
            self.unknown(span, "group", &figure.group, groups.iter().map(|group| group.name.as_str()));
            return;
        };
        let steps = group.flow.iter().map(|step| step.name.as_str());
        if let Some(step) = &figure.step
            && !steps.clone().any(|name| name == step)
        {
            self.unknown(span, "step", step, steps);
        }
        let of_arrivals = matches!(figure.quantity, Quantity::Queued | Quantity::Time(Timing::Lateness, _));
        if of_arrivals && matches!(group.pace, Pace::Closed { .. }) {
            let what = format!("`{}` has `users`, and nothing in it is due that could be late", group.name);
            self.told(span, what, "give it a `rate`, or take another figure");
        }
    }

    /// The limit. That there is none is told of a `whole` threshold alone: else it may be what was misspelt.
    fn bound(&mut self, item: &Node, quantity: Quantity, whole: bool) -> Option<Bound> {
        let written: Vec<(Relation, &Entry)> =
            Relation::ALL.into_iter().filter_map(|relation| Some((relation, entry(item, relation.word())?))).collect();
        let [(relation, limit)] = written[..] else {
            if written.is_empty() && !whole {
                return None;
            }
            let example = format!("write one of {}", Relation::ALL.map(|one| format!("`{}`", one.word())).join(", "));
            let span = written.get(1).map_or_else(|| place(item, "figure"), |(_, second)| second.key_span.clone());
            self.told(&span, "a threshold has one limit", example);
            return None;
        };
        let limit = self.limit(&limit.value, quantity, relation)?;
        Some(Bound { relation, limit })
    }

    /// A limit in the unit of what it limits.
    fn limit(&mut self, node: &Node, quantity: Quantity, relation: Relation) -> Option<Amount> {
        let text = node.text().unwrap_or_default();
        let unit = quantity.unit();
        let amount = match unit {
            Unit::Time => text.parse::<Length>().ok().map(|length| Amount::Time(length.0)),
            Unit::Fraction => {
                text.parse::<Share>().ok().filter(|share| share.0 <= 1.0).map(|share| Amount::Fraction(share.0))
            }
            Unit::PerSecond => text.parse::<Rate>().ok().map(|rate| Amount::PerSecond(rate.0)),
            Unit::Count => match node.kind {
                Kind::Int(count) => u64::try_from(count).ok().map(Amount::Count),
                _ => None,
            },
        };
        if amount.is_none() {
            let what = format!("`{quantity}` is {unit}, found {}", node.describe());
            self.told(&node.span, what, format!("write it as `{}: {}`", relation.word(), unit.example()));
        }
        amount
    }
}
