use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Trial;
use crate::{
    report::{Report, RequirementResult},
    verdict::Verdict,
};

/// Requirements that a run can only miss, never see broken: their defects are killed by an inconclusive row.
const ONLY_MISSED: &[(&str, &str)] =
    &[("RATE-1", "a limit that was not met within `probe_limit` calls may be further off")];

/// Defects that need a means that the harness does not have yet.
const NOT_YET: &[(&str, &str)] = &[];

/// What a trial came to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Finding {
    /// The trial's name.
    pub name: String,
    /// What its server does.
    pub about: String,
    /// What was made of it.
    pub shown: Shown,
    /// The requirements that it declares broken; none of a server that keeps the guide.
    pub breaks: Vec<String>,
    /// Declared rows that failed or warned.
    pub killed: Vec<String>,
    /// Declared rows that did not.
    pub missed: Vec<String>,
    /// Rows that failed, warned or ended in an error though nothing declares them broken.
    pub accused: Vec<String>,
    /// Rows that turned inconclusive though nothing declares them broken.
    pub shadowed: Vec<String>,
    /// The checks that failed or warned, as `scenario#number`.
    pub checks: BTreeSet<String>,
    /// Why the accused and the missed rows are as they are.
    pub reasons: BTreeMap<String, String>,
}

/// What was made of a trial.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// A server that keeps the guide, and nothing else is said of it.
    Clean,
    /// A server that keeps the guide, and is accused, or of which something could not be told.
    Accused,
    /// A defect that was found where it is declared.
    Killed,
    /// A defect that was found, and rows that it does not declare failed too.
    Collateral,
    /// A defect that was not found.
    Survived,
    /// A defect that nothing in the suite could show yet.
    Unproven,
}

impl Shown {
    /// Whether the harness, or the declaration, is wrong.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        matches!(self, Shown::Accused | Shown::Collateral | Shown::Survived)
    }

    /// The word in the matrix.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Shown::Clean => "clean",
            Shown::Accused => "ACCUSED",
            Shown::Killed => "killed",
            Shown::Collateral => "COLLATERAL",
            Shown::Survived => "SURVIVED",
            Shown::Unproven => "unproven",
        }
    }
}

impl Finding {
    /// What a report says of a trial.
    #[must_use]
    pub fn of(trial: &Trial, report: &Report) -> Self {
        let rows = Rows::of(trial, report);
        let told = |row: &&RequirementResult| rows.accused.contains(&row.id) || rows.missed.contains(&row.id);
        Self {
            name: trial.name.to_owned(),
            about: trial.about.to_owned(),
            shown: rows.shown(trial),
            breaks: trial.breaks.unwrap_or_default().iter().map(|id| (*id).to_owned()).collect(),
            checks: telling_checks(trial, report),
            reasons: report.requirements.iter().filter(told).map(|row| (row.id.clone(), row.reason.clone())).collect(),
            killed: rows.killed,
            missed: rows.missed,
            accused: rows.accused,
            shadowed: rows.shadowed,
        }
    }
}

/// The rows of a report, sorted by what they say of a trial.
struct Rows {
    killed: Vec<String>,
    missed: Vec<String>,
    accused: Vec<String>,
    shadowed: Vec<String>,
    /// Whether any declared row could be judged at all: there was a scenario, and what it takes.
    tried: bool,
}

impl Rows {
    fn of(trial: &Trial, report: &Report) -> Self {
        let ids = |wanted: &dyn Fn(&RequirementResult) -> bool| -> Vec<String> {
            report.requirements.iter().filter(|row| wanted(row)).map(|row| row.id.clone()).collect()
        };
        let declared = |row: &RequirementResult| trial.declares(&row.id);
        Self {
            killed: ids(&|row| declared(row) && is_found(row)),
            missed: ids(&|row| declared(row) && !is_found(row)),
            accused: ids(&|row| !declared(row) && is_broken(row.verdict)),
            shadowed: ids(&|row| !declared(row) && row.verdict == Verdict::Inconclusive && !trial.leaves_open(&row.id)),
            tried: report.requirements.iter().any(|row| declared(row) && !is_left_out(row.verdict)),
        }
    }

    fn shown(&self, trial: &Trial) -> Shown {
        match trial.breaks {
            None if self.accused.is_empty() && self.shadowed.is_empty() => Shown::Clean,
            None => Shown::Accused,
            Some(_) if !self.tried || NOT_YET.iter().any(|(name, _)| *name == trial.name) => Shown::Unproven,
            Some(_) if self.killed.is_empty() => Shown::Survived,
            Some(_) if !self.accused.is_empty() => Shown::Collateral,
            Some(_) => Shown::Killed,
        }
    }
}

fn is_broken(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Error)
}

fn is_left_out(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::NotSelected | Verdict::NotApplicable)
}

fn is_found(row: &RequirementResult) -> bool {
    let only_missed = || ONLY_MISSED.iter().any(|(id, _)| *id == row.id);
    is_broken(row.verdict) || row.verdict == Verdict::Inconclusive && only_missed()
}

/// The checks that say something of a trial, as `scenario#number`.
fn telling_checks(trial: &Trial, report: &Report) -> BTreeSet<String> {
    let judgements = report.requirements.iter().flat_map(|row| &row.judgements);
    let telling = judgements.filter(|one| {
        is_broken(one.verdict) || one.verdict == Verdict::Inconclusive && trial.declares(&one.requirement)
    });
    telling.map(|one| format!("{}#{}", one.scenario, one.check)).collect()
}
