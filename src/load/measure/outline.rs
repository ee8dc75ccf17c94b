use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    report::load::{Machine, Pace},
    scenario::load::{
        self as scenario, Amount, Bound, Course, During, Figure, Level, LoadScenario, Relation, Threshold, Unit,
    },
    schedule::Arrivals,
};

/// What of a load scenario its figures are made with. It stands in the run folder, so that they can be made again.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Outline {
    pub(super) scenario: String,
    pub(super) title: String,
    pub(super) params: BTreeMap<String, Value>,
    pub(super) plan: String,
    pub(super) machine: Machine,
    pub(super) stages: Vec<Stage>,
    pub(super) groups: Vec<Group>,
    pub(super) thresholds: Vec<Rule>,
}

/// A stage.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) shape: String,
    pub(super) hold: bool,
    /// Its levels: seconds, and the factors at begin and end. None for a search, whose end nobody knows.
    pub(super) levels: Option<Vec<(f64, f64, f64)>>,
}

/// A group.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) pace: Pace,
    /// Passes per second, or users, at level 1.
    pub(super) at_one: f64,
    pub(super) steps: Vec<String>,
}

/// A threshold.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Rule {
    figure: String,
    relation: String,
    /// In seconds, of the whole, per second, or a count: as the figure's unit is.
    limit: f64,
    during: String,
    window: Option<f64>,
    abort: bool,
    abort_after: f64,
}

pub(super) const HOLDS: &str = "holds";
pub(super) const ALL: &str = "all";

impl Outline {
    pub(super) fn of(scenario: &LoadScenario) -> Self {
        Self {
            scenario: scenario.path.clone(),
            title: scenario.title.clone(),
            params: scenario.params.clone(),
            plan: digest(scenario),
            machine: machine(),
            stages: scenario.stages.iter().map(Stage::of).collect(),
            groups: scenario.groups.iter().map(Group::of).collect(),
            thresholds: scenario.thresholds.iter().map(|one| Rule::of(one, &scenario.stages)).collect(),
        }
    }

    /// The thresholds as the judge takes them; those that this version cannot read are left out.
    pub(super) fn rules(&self) -> Vec<Threshold> {
        self.thresholds.iter().filter_map(|rule| rule.threshold(&self.stages)).collect()
    }

    /// Whether it searches for the breakpoint.
    pub(super) fn is_search(&self) -> bool {
        self.stages.iter().any(|stage| stage.levels.is_none())
    }

    /// The numbers of the stages over which something is judged.
    pub(super) fn during(&self, during: During) -> Vec<usize> {
        let all = 0..self.stages.len();
        let holds = || self.stages.iter().any(|stage| stage.hold);
        match during {
            During::Stage(stage) => vec![stage],
            During::Holds if holds() => all.filter(|stage| self.stages[*stage].hold).collect(),
            During::Holds | During::All => all.collect(),
        }
    }

    /// When a stage begins and ends; the end of a search is far away.
    pub(super) fn span(&self, stage: usize) -> (f64, f64) {
        let lengths = |stages: &[Stage]| stages.iter().map(Stage::seconds).sum::<f64>();
        let from = lengths(&self.stages[..stage.min(self.stages.len())]);
        (from, from + self.stages.get(stage).map_or(0.0, Stage::seconds))
    }

    /// How long some stages lasted in a load that ended after `lasted` seconds.
    pub(super) fn seconds(&self, stages: &[usize], lasted: f64) -> f64 {
        stages.iter().map(|stage| self.span(*stage)).map(|(from, to)| (to.min(lasted) - from).max(0.0)).sum()
    }

    /// Whether a stretch of time lies within these stages, to a millisecond.
    pub(super) fn covers(&self, stages: &[usize], from: f64, to: f64) -> bool {
        (to - from)
            - stages
                .iter()
                .map(|stage| self.span(*stage))
                .map(|(begin, end)| (to.min(end) - from.max(begin)).max(0.0))
                .sum::<f64>()
            < 1e-3
    }

    /// How many passes of a group were due in some stages of a load that ended after `lasted` seconds; nothing where no
    /// schedule says.
    pub(super) fn due(&self, group: usize, stages: &[usize], lasted: f64) -> Option<f64> {
        let group = self.groups.get(group).filter(|group| group.pace == Pace::Open)?;
        let mut due = 0.0;
        for stage in stages {
            let mut left = (lasted - self.span(*stage).0).max(0.0);
            for (seconds, from, to) in self.stages.get(*stage)?.levels.as_ref()? {
                let part = left.min(*seconds);
                left -= part;
                let reached = if *seconds > 0.0 { from + (to - from) * part / seconds } else { *to };
                due += part * from.midpoint(reached) * group.at_one;
            }
        }
        Some(due)
    }

    /// The highest rate of an open group.
    pub(super) fn peak(&self, group: usize) -> Option<f64> {
        let group = self.groups.get(group).filter(|group| group.pace == Pace::Open)?;
        let levels = self.stages.iter().filter_map(|stage| stage.levels.as_ref()).flatten();
        levels.map(|(_, from, to)| from.max(*to) * group.at_one).reduce(f64::max)
    }
}

impl Stage {
    fn of(stage: &scenario::Stage) -> Self {
        let level = |level: &Level| (level.duration.as_secs_f64(), level.from, level.to);
        let levels = match &stage.course {
            Course::Levels(levels) => Some(levels.iter().map(level).collect()),
            Course::Search(_) => None,
        };
        Self { name: stage.name.clone(), shape: stage.shape.to_owned(), hold: stage.is_hold, levels }
    }

    /// How long it is planned to last.
    fn seconds(&self) -> f64 {
        self.levels.as_ref().map_or(f64::MAX, |levels| levels.iter().map(|level| level.0).sum())
    }
}

impl Group {
    fn of(group: &scenario::Group) -> Self {
        let (pace, at_one) = match group.pace {
            scenario::Pace::Open { rate, .. } => (Pace::Open, rate),
            scenario::Pace::Closed { users } => (Pace::Closed, f64::from(users)),
        };
        let steps = group.flow.iter().map(|step| step.name.clone()).collect();
        Self { name: group.name.clone(), pace, at_one, steps }
    }
}

impl Rule {
    fn of(threshold: &Threshold, stages: &[scenario::Stage]) -> Self {
        let during = match threshold.during {
            During::Holds => HOLDS.to_owned(),
            During::All => ALL.to_owned(),
            During::Stage(stage) => stages.get(stage).map(|stage| stage.name.clone()).unwrap_or_default(),
        };
        Self {
            figure: threshold.figure.to_string(),
            relation: threshold.bound.relation.word().to_owned(),
            limit: threshold.bound.limit.value(),
            during,
            window: threshold.window.map(|window| window.as_secs_f64()),
            abort: threshold.abort,
            abort_after: threshold.abort_after.as_secs_f64(),
        }
    }

    fn threshold(&self, stages: &[Stage]) -> Option<Threshold> {
        let figure: Figure = self.figure.parse().ok()?;
        let limit = match figure.quantity.unit() {
            Unit::Time => Amount::Time(Duration::try_from_secs_f64(self.limit).ok()?),
            Unit::Fraction => Amount::Fraction(self.limit),
            Unit::PerSecond => Amount::PerSecond(self.limit),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a count")]
            Unit::Count => Amount::Count(self.limit as u64),
        };
        let relation = Relation::ALL.into_iter().find(|relation| relation.word() == self.relation)?;
        let during = match self.during.as_str() {
            ALL => During::All,
            name => stages.iter().position(|stage| stage.name == name).map_or(During::Holds, During::Stage),
        };
        Some(Threshold {
            figure,
            bound: Bound { relation, limit },
            during,
            window: self.window.map(Duration::try_from_secs_f64).transpose().ok()?,
            abort: self.abort,
            abort_after: Duration::try_from_secs_f64(self.abort_after).ok()?,
            span: 0..0,
        })
    }
}

/// A digest of what decides what is sent and when: 128 bits in hexadecimal.
fn digest(scenario: &LoadScenario) -> String {
    let group = |group: &scenario::Group| {
        let step = |kind: &str, arguments: Value| json!([kind, arguments]);
        let setup: Vec<Value> = group.setup.iter().map(|one| step(&one.kind.text, one.arguments.to_json())).collect();
        let flow: Vec<Value> =
            group.flow.iter().map(|one| step(&one.step.kind.text, one.step.arguments.to_json())).collect();
        json!([group.name, setup, flow, format!("{:?} {:?}", group.pace, group.expect), group.polite])
    };
    let stage = |stage: &scenario::Stage| json!([stage.shape, format!("{:?}", stage.course)]);
    // The seed of a Poisson sequence is drawn anew for each run: it is the same plan.
    let arrivals = if scenario.arrivals == Arrivals::Even { "even" } else { "poisson" };
    let plan = json!([
        scenario.groups.iter().map(group).collect::<Vec<_>>(),
        scenario.stages.iter().map(stage).collect::<Vec<_>>(),
        arrivals,
        scenario.max_response.as_secs_f64(),
    ]);
    let bytes = Sha256::digest(plan.to_string());
    let first = bytes.iter().take(16).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    format!("{first:032x}")
}

fn machine() -> Machine {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    Machine {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        cpu: model.map(|(_, model)| model.trim().to_owned()).unwrap_or_default(),
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}
