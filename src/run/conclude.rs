use std::{path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    loads::Loads,
    removal,
    saved::{ConcludeError, Saved, SavedScenario},
};
use crate::{
    dialect::{Dialect, PARTS, Part},
    evidence::{Ending, Evidence},
    journal::{ReadBack, read_evidence},
    judge::{Case, SeenDialect, judge},
    profile::{Have, Target},
    report::{Asked, Input, Planned, Report, Skip, counted},
    requirement::{self, Requirement, Side},
    verdict::{Outcome, Verdict},
};

/// The file in a run folder that says what the search for secrets found.
const SEARCHED: &str = "searched.json";

/// What the search of a run's artefacts for its secrets found.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Searched {
    /// Where a secret stands: file, offset and encoding.
    pub leaks: Vec<String>,
    /// The fingerprints of secrets that are too short to be searched for.
    pub too_short: Vec<String>,
}

impl Searched {
    /// What an earlier search of a run folder found; nothing where it was never searched.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(SEARCHED)).ok()?).ok()
    }

    /// The file's name and bytes.
    pub(super) fn to_file(&self) -> (&'static str, Vec<u8>) {
        // Plain data with text keys always has a JSON form.
        (SEARCHED, serde_json::to_vec_pretty(self).unwrap_or_default())
    }
}

/// The report of a run folder, made from what stands in it alone.
///
/// # Errors
///
/// It is no run folder, or its plan or scenarios cannot be read.
pub fn conclude(folder: &Path) -> Result<Report, ConcludeError> {
    conclude_with(folder, Searched::read(folder).as_ref())
}

/// The same with what a search found that is not on disk yet.
pub(super) fn conclude_with(folder: &Path, searched: Option<&Searched>) -> Result<Report, ConcludeError> {
    let saved = Saved::read(folder)?;
    let cases = saved.cases()?;
    let read = read_evidence(folder).map_err(|error| ConcludeError::NoRun(error.to_string()))?;
    let loads = Loads::read(folder)?;
    let is_load = !loads.scenarios.is_empty();
    let mut judgements = judge(&cases, &read.evidence, &saved.terms);
    judgements.extend(loads.judgements);
    let mut gathered = Gathered::default();
    gathered.ending(&read.evidence);
    gathered.reading(&read);
    gathered.search(searched);
    gathered.notes.extend(read.evidence.removal.as_ref().and_then(removal::note));
    let seen = SeenDialect::of(&read.evidence);
    gathered.unseen(&saved.pinned, &seen);
    let duration = read.evidence.end.as_ref().map_or_else(|| last_ms(&read.evidence), |end| end.at_ms);
    Ok(Report::build(Input {
        tool_version: saved.tool.clone(),
        score: saved.score,
        run_id: folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        began: saved.began,
        duration: Duration::try_from_secs_f64(duration.max(0.0) / 1000.0).unwrap_or_default(),
        target: saved.terms.name.clone(),
        base_url: saved.terms.base_url.clone(),
        seed: saved.seed,
        strict: saved.strict,
        planned: planned(&saved, &cases, loads.scenarios),
        judgements,
        evidence: &read.evidence,
        requirements: asked(&saved, is_load),
        environment: gathered.environment,
        incomplete: gathered.incomplete,
        extra_outcomes: gathered.outcomes,
        drift: seen.drift_from(&saved.pinned),
        seen_dialect: seen.dialect,
        load: loads.results,
        notes: gathered.notes,
    }))
}

fn planned(saved: &Saved, cases: &[Case], loads: Vec<SavedScenario>) -> Vec<Planned> {
    let judged = saved.scenarios.iter().zip(cases).map(|(one, case)| Planned {
        path: one.path.clone(),
        title: one.title.clone(),
        checks: case.scenario.checks.len(),
    });
    let sent =
        loads.into_iter().map(|one| Planned { path: one.path, title: one.title, checks: one.requirements.len() });
    judged.chain(sent).collect()
}

/// Every requirement of the side, with the reason why one that no scenario of the run is about was not judged; of a load
/// those alone that its scenarios name, since it certifies nobody.
fn asked(saved: &Saved, is_load: bool) -> Vec<Asked> {
    let target: Option<Target> = serde_json::from_value(saved.target.clone()).ok();
    let unproven = |row: &Requirement| {
        if !saved.asked.iter().any(|asked| asked == row.id) {
            return Skip { verdict: Verdict::NotSelected, reason: "not asked for".into() };
        }
        if let (Some(target), Some(capability)) = (&target, row.about)
            && let Have::Absent(reason) = target.have(capability)
        {
            return Skip { verdict: Verdict::NotApplicable, reason: reason.to_owned() };
        }
        Skip { verdict: Verdict::NotSelected, reason: "no scenario of this run proves it".into() }
    };
    requirement::all()
        .filter(|row| row.side == Side::Platform)
        .filter(|row| !is_load || saved.asked.iter().any(|asked| asked == row.id))
        .map(|row| Asked {
            id: row.id.into(),
            otherwise: (!saved.requirements.iter().any(|id| id == row.id)).then(|| unproven(row)),
        })
        .collect()
}

/// The last moment of which the evidence tells.
fn last_ms(evidence: &Evidence) -> f64 {
    let exchanges = evidence.exchanges.values().map(|exchange| exchange.at_ms + exchange.ms);
    let deliveries =
        evidence.deliveries.values().map(|delivery| delivery.arrived.at_ms.max(delivery.answered.ended_ms));
    exchanges.chain(deliveries).fold(0.0, f64::max)
}

#[derive(Default)]
struct Gathered {
    environment: Option<String>,
    incomplete: Vec<String>,
    outcomes: Vec<Outcome>,
    notes: Vec<String>,
}

impl Gathered {
    fn ending(&mut self, evidence: &Evidence) {
        let Some(end) = &evidence.end else {
            self.incomplete.push("the run has no end: it was killed".into());
            return;
        };
        let detail = end.detail.clone().unwrap_or_default();
        match end.how {
            Ending::Complete => {}
            Ending::CutShort => self.incomplete.push(detail),
            Ending::Interrupted => self.outcomes.push(Outcome::Interrupted),
            Ending::EvidenceLost => self.incomplete.push(format!("evidence was lost {detail}")),
            Ending::Environment => self.environment = Some(detail),
        }
    }

    fn reading(&mut self, read: &ReadBack) {
        if read.torn {
            self.incomplete.push("the last line of the evidence is cut off".into());
        }
        if let Some((line, why)) = read.bad_lines.first() {
            let lines = counted(read.bad_lines.len(), "line");
            self.incomplete.push(format!("{lines} of the evidence cannot be read, the first is line {line}: {why}"));
        }
    }

    /// Parts that the profile pins and this run had no look at.
    fn unseen(&mut self, pinned: &Dialect, seen: &SeenDialect) {
        let unseen = |part: &&Part| (part.shown)(pinned).is_some() && (part.shown)(&seen.dialect).is_none();
        let unseen: Vec<&str> = PARTS.iter().filter(unseen).map(|part| part.name).collect();
        if !unseen.is_empty() {
            self.notes.push(format!("pinned in the dialect, and not seen by this run: {}", unseen.join(", ")));
        }
    }

    fn search(&mut self, searched: Option<&Searched>) {
        let Some(searched) = searched else {
            self.notes.push("the artefacts of this run were not searched for its secrets".into());
            return;
        };
        if !searched.leaks.is_empty() {
            self.outcomes.push(Outcome::Harness);
        }
        self.notes.extend(searched.leaks.iter().map(|leak| format!("a secret stands in an artefact: {leak}")));
        if !searched.too_short.is_empty() {
            let secrets = counted(searched.too_short.len(), "secret");
            self.notes.push(format!("not searched for in the artefacts: {secrets} of fewer than 8 characters"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Capability;

    #[test]
    fn what_requirements_are_about_is_what_a_profile_can_declare_absent() {
        let about: Vec<(&str, &str)> = requirement::all().filter_map(|row| Some((row.id, row.about?))).collect();
        assert!(about.contains(&("NOTICE-1", "mailbox")), "{about:?}");
        for (id, capability) in about {
            assert!(Capability::find(capability).is_some(), "{id} is about `{capability}`");
        }
    }
}
