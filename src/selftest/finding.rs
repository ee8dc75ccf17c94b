use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Trial;
use crate::{
    report::{Report, RequirementResult},
    verdict::{Judgement, Outcome, Verdict},
};

/// Stands among the rows that are accused where the run ended in a fault of the harness, such as a secret in an artefact.
const OUR_FAULT: &str = "the harness's own fault";

/// Requirements that a run can only miss, never see broken: their defects are killed by an inconclusive row.
const ONLY_MISSED: &[(&str, &str)] =
    &[("RATE-1", "a limit that was not met within `probe_limit` calls may be further off")];

/// So many rows a defect may leave in the dark that it does not declare.
const MOST_SHADOWED: usize = 5;

/// Defects that leave more in the dark, and why that cannot be otherwise.
const DARK: &[(&str, &str)] = &[
    ("token-empty", NO_TOKEN),
    ("oauth-wants-a-body", NO_TOKEN),
    ("token-opens-late", "a scenario whose token does not open yet has nothing to go on with"),
    ("limit-never-lifts", SPENT),
    ("limit-lifts-later-than-told", SPENT),
    ("limit-prolonged-by-refused-calls", SPENT),
    ("links-limited-too", SPENT),
    ("links-count-as-token-calls", SPENT),
    ("link-relative", NO_LINK),
    ("link-empty", NO_LINK),
    ("links-equal-under-load", NO_DELIVERY),
    ("agreement-delivers-nothing", NO_DELIVERY),
    ("one-agreement-in-three-forgotten", NO_DELIVERY),
    ("delivered-hours-later", NO_DELIVERY),
    ("registering-agency-forgotten", NO_DELIVERY),
    ("delivered-on-the-second-agreement-only", NO_DELIVERY),
    ("failing-agency-holds-up-others", NO_DELIVERY),
    ("agency-id-missing-in-delivery", "a delivery that names no agency belongs to no scenario"),
    ("webhook-as-form", NO_KEY),
    ("key-empty", NO_KEY),
    ("key-missing", NO_KEY),
    ("key-under-another-name", NO_KEY),
    ("key-changes-between-attempts", "attempts with different keys may be different deliveries"),
    ("key-works-late", "what does not take the key yet tells nothing of listings"),
];

/// Whether a defect may leave more than a few rows in the dark.
fn is_dark(name: &str) -> bool {
    DARK.iter().any(|(dark, _)| *dark == name)
}

const NO_TOKEN: &str = "without a token no scenario comes to a link";
const NO_LINK: &str = "without a link no agency comes to the page";
const NO_KEY: &str = "without a key nothing can be told of keys, nor of the Listing API";
const NO_DELIVERY: &str = "of an agency whose agreement delivers nothing no attempt can be told";
const SPENT: &str = "what needs a token or a link of its own comes after the limit was spent";

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
    /// Why rows are as they are that were accused or missed, or of a lawful server could not be told.
    pub reasons: BTreeMap<String, String>,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// How often it was tried: more than once where too little could be told.
    pub tries: usize,
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
    /// A defect that was found, and left more rows in the dark than it declares.
    Shadow,
    /// A defect that was not found.
    Survived,
    /// A defect that nothing in the suite could show yet.
    Unproven,
}

impl Shown {
    /// Whether the harness, or the declaration, is wrong.
    #[must_use]
    pub fn is_wrong(self) -> bool {
        matches!(self, Shown::Accused | Shown::Collateral | Shown::Shadow | Shown::Survived)
    }

    /// The word in the matrix.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Shown::Clean => "clean",
            Shown::Accused => "ACCUSED",
            Shown::Killed => "killed",
            Shown::Collateral => "COLLATERAL",
            Shown::Shadow => "SHADOW",
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
        let told = |row: &&RequirementResult| {
            rows.accused.contains(&row.id)
                || rows.missed.contains(&row.id)
                || trial.breaks.is_none() && rows.shadowed.contains(&row.id)
        };
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
            seconds: report.run.seconds,
            tries: 1,
        }
    }

    /// Whether another try may tell more than this report does: of what was not told because the machine held the harness up, or of
    /// a trial in which nobody was accused, and yet too little was told. A defect that was missed is one of these: some show only
    /// where calls meet, and a starved machine lets few be under way at a time.
    pub(super) fn may_be_told(&self, trial: &Trial, report: &Report) -> bool {
        let judgements: Vec<_> = report.requirements.iter().flat_map(|row| &row.judgements).collect();
        self.is_untold(trial, &judgements)
    }

    fn is_untold(&self, trial: &Trial, judgements: &[&Judgement]) -> bool {
        // Who accuses is believed: an accusation that comes and goes is one.
        if !self.accused.is_empty() {
            return false;
        }
        if self.shown == Shown::Survived {
            return true;
        }
        let missed = |id: &String| self.missed.contains(id);
        let judgements = || judgements.iter();
        // Of what leaves much in the dark, rows beside those on which it was found are not waited for again.
        let held_up = judgements().filter(|judgement| judgement.held_up);
        let untold = judgements().filter(|judgement| judgement.verdict == Verdict::Inconclusive);
        let in_the_dark = self.shown.is_wrong();
        let concerns = |id| in_the_dark || missed(id) && !is_dark(trial.name);
        held_up.map(|judgement| &judgement.requirement).any(concerns)
            || in_the_dark && (trial.breaks.is_none() || untold.map(|judgement| &judgement.requirement).any(missed))
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
            accused: ids(&|row| !declared(row) && is_broken(row.verdict))
                .into_iter()
                .chain((report.outcome == Outcome::Harness).then(|| OUR_FAULT.to_owned()))
                .collect(),
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
            Some(_) if self.shadowed.len() > MOST_SHADOWED && !is_dark(trial.name) => Shown::Shadow,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn shown(killed: &[&str], accused: &[&str], shadowed: usize) -> Shown {
        let rows = Rows {
            killed: owned(killed),
            missed: Vec::new(),
            accused: owned(accused),
            shadowed: vec!["HOOK-4".to_owned(); shadowed],
            tried: true,
        };
        rows.shown(&Trial { breaks: Some(&["AUTH-1"]), ..Trial::of_brisk("a-defect", "") })
    }

    #[test]
    fn what_is_said_of_trials_by_name_is_said_of_trials_that_there_are() {
        let trials = super::super::trials();
        let named = DARK.iter().map(|(name, _)| *name).chain(super::super::LONG.iter().copied());
        for name in named {
            assert!(trials.iter().any(|trial| trial.name == name), "{name}");
        }
    }

    #[test]
    fn what_was_not_told_or_missed_is_tried_again_and_an_accusation_never() {
        let untold: Judgement = serde_json::from_value(serde_json::json!({
            "requirement": "AUTH-2", "scenario": "a", "check": 1, "verdict": "inconclusive", "reason": "", "held_up": true,
            "expression": "",
        }))
        .unwrap();
        let trial = Trial { breaks: Some(&["AUTH-1", "AUTH-2"]), ..Trial::of_brisk("a-defect", "") };
        let tried_again = |killed: &[&str], accused: &[&str], judgements: &[&Judgement]| {
            let shown = shown(killed, accused, 0);
            let finding = Finding {
                name: "a-defect".into(),
                about: String::new(),
                shown,
                breaks: owned(&["AUTH-1", "AUTH-2"]),
                killed: owned(killed),
                missed: owned(&["AUTH-2"]),
                accused: owned(accused),
                shadowed: Vec::new(),
                checks: BTreeSet::new(),
                reasons: BTreeMap::new(),
                seconds: 0.0,
                tries: 1,
            };
            finding.is_untold(&trial, judgements)
        };
        assert!(tried_again(&["AUTH-1"], &[], &[&untold]));
        assert!(tried_again(&[], &[], &[]), "a defect that was missed");
        assert!(!tried_again(&["AUTH-1"], &[], &[]));
        assert!(!tried_again(&["AUTH-1"], &["HOOK-1"], &[&untold]));
        assert!(!tried_again(&[], &["HOOK-1"], &[&untold]));
    }

    #[test]
    fn a_defect_is_killed_where_it_is_declared_and_nowhere_else() {
        assert_eq!(shown(&["AUTH-1"], &[], MOST_SHADOWED), Shown::Killed);
        assert_eq!(shown(&[], &[], 0), Shown::Survived);
        assert_eq!(shown(&["AUTH-1"], &["AUTH-2"], 0), Shown::Collateral);
        assert_eq!(shown(&["AUTH-1"], &[], MOST_SHADOWED + 1), Shown::Shadow);
    }
}
