use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Trial;
use crate::{report::Report, verdict::Verdict};

/// Requirements that a run can only miss, never see broken: their defects are killed by an inconclusive row.
const ONLY_MISSED: &[(&str, &str)] =
    &[("RATE-1", "a limit that was not met within `probe_limit` calls may be further off")];

/// Defects that need a means that the harness does not have yet.
const NOT_YET: &[(&str, &str)] =
    &[("refused-connection-not-retried", "the receiver answers every connection: it cannot refuse one yet")];

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
        let declared = trial.breaks.unwrap_or_default();
        let is_declared = |id: &str| declared.contains(&id);
        let rows = |wanted: &dyn Fn(&str, Verdict) -> bool| -> Vec<String> {
            let rows = report.requirements.iter().filter(|row| wanted(&row.id, row.verdict));
            rows.map(|row| row.id.clone()).collect()
        };
        let broken = |verdict| matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Error);
        let found = |id: &str, verdict| {
            broken(verdict) || verdict == Verdict::Inconclusive && ONLY_MISSED.iter().any(|(missed, _)| *missed == id)
        };
        let killed = rows(&|id, verdict| is_declared(id) && found(id, verdict));
        let missed = rows(&|id, verdict| is_declared(id) && !found(id, verdict));
        let accused = rows(&|id, verdict| !is_declared(id) && broken(verdict));
        let unsure = rows(&|_, verdict| verdict == Verdict::Inconclusive);
        let proven = rows(&|id, verdict| is_declared(id) && verdict != Verdict::NotSelected);
        let shown = match trial.breaks {
            None if accused.is_empty() && unsure.is_empty() => Shown::Clean,
            None => Shown::Accused,
            Some(_) if proven.is_empty() || NOT_YET.iter().any(|(name, _)| *name == trial.name) => Shown::Unproven,
            Some(_) if killed.is_empty() => Shown::Survived,
            Some(_) if !accused.is_empty() => Shown::Collateral,
            Some(_) => Shown::Killed,
        };
        let explained = |row: &&crate::report::RequirementResult| accused.contains(&row.id) || missed.contains(&row.id);
        Self {
            name: trial.name.to_owned(),
            about: trial.about.to_owned(),
            shown,
            breaks: declared.iter().map(|id| (*id).to_owned()).collect(),
            shadowed: rows(&|id, verdict| !is_declared(id) && verdict == Verdict::Inconclusive),
            checks: report
                .requirements
                .iter()
                .flat_map(|row| &row.judgements)
                .filter(|judgement| {
                    broken(judgement.verdict)
                        || judgement.verdict == Verdict::Inconclusive && is_declared(&judgement.requirement)
                })
                .map(|judgement| format!("{}#{}", judgement.scenario, judgement.check))
                .collect(),
            reasons: report
                .requirements
                .iter()
                .filter(explained)
                .map(|row| (row.id.clone(), row.reason.clone()))
                .collect(),
            killed,
            missed,
            accused,
        }
    }
}
