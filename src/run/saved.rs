use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Options;
use crate::{
    dialect::Dialect,
    judge::{Case, Terms},
    plan::Plan,
    profile::Target,
    report::Score,
    scenario::parse,
    syntax::{Source, render_all},
};

/// The file in a run folder that says what was planned.
pub(super) const PLAN: &str = "plan.json";

/// What a run folder has to say beside its evidence, so that it can be judged again.
#[derive(Debug, Deserialize, Serialize)]
pub struct Saved {
    /// The version of this file's form.
    pub version: u32,
    /// The version of matchproof that ran.
    pub tool: String,
    /// What its selftest came to, where the run was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// When the run began.
    pub began: Timestamp,
    /// Whether a broken `should` fails.
    pub strict: bool,
    /// The target as its profile has it, without secrets.
    pub target: Value,
    /// The seed from which the agencies' ids are drawn.
    pub seed: u64,
    /// What the profile pins.
    pub terms: Terms,
    /// The dialect that it pins.
    #[serde(default)]
    pub pinned: Dialect,
    /// The requirements that are judged.
    pub requirements: Vec<String>,
    /// The requirements that were asked for.
    pub asked: Vec<String>,
    /// The scenarios.
    pub scenarios: Vec<SavedScenario>,
}

/// A scenario of a saved run.
#[derive(Debug, Deserialize, Serialize)]
pub struct SavedScenario {
    /// Its path.
    pub path: String,
    /// Its title.
    pub title: String,
    /// The name under which its text was read.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The values of its parameters.
    pub params: BTreeMap<String, Value>,
    /// The requirements whose checks were selected, or that a load judges.
    pub requirements: Vec<String>,
}

/// A run folder that cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum ConcludeError {
    /// It is no run folder, or one of another version.
    #[error("{0}")]
    NoRun(String),
    /// Its scenarios cannot be read any more.
    #[error("the saved scenarios cannot be read by this version:\n{0}")]
    Scenarios(String),
}

impl Saved {
    /// What a plan against a target is saved as.
    pub(super) fn of(plan: &Plan, target: &Target, pinned: &Dialect, options: Options, began: Timestamp) -> Self {
        let scenarios = plan.scenarios.iter().map(|planned| {
            let scenario = &planned.case.scenario;
            SavedScenario {
                path: scenario.path.clone(),
                title: scenario.title.clone(),
                name: scenario.source.name().to_owned(),
                text: scenario.source.text().to_owned(),
                params: planned.case.params.clone(),
                requirements: scenario.checks.iter().map(|check| check.requirement.id.to_owned()).collect(),
            }
        });
        Self {
            version: 1,
            tool: env!("CARGO_PKG_VERSION").into(),
            score: options.score,
            began,
            strict: options.strict,
            target: target.public(),
            seed: rand::random(),
            terms: super::terms_of(target, options.strict),
            pinned: pinned.clone(),
            requirements: plan.requirements.iter().map(|id| (*id).to_owned()).collect(),
            asked: plan.asked.iter().map(|id| (*id).to_owned()).collect(),
            scenarios: scenarios.collect(),
        }
    }

    /// The file's bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Plain data with text keys always has a JSON form.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Reads the plan of a run folder.
    ///
    /// # Errors
    ///
    /// There is none, or it is of another version.
    pub fn read(folder: &Path) -> Result<Self, ConcludeError> {
        let file = folder.join(PLAN);
        let bytes = std::fs::read(&file).map_err(|error| {
            ConcludeError::NoRun(format!(
                "{} is no run folder: {}: {error}; `run` and `load` leave one, and what `receive` leaves is judged by nothing",
                folder.display(),
                file.display()
            ))
        })?;
        let saved: Self = serde_json::from_slice(&bytes)
            .map_err(|error| ConcludeError::NoRun(format!("{} cannot be read: {error}", file.display())))?;
        if saved.version != 1 {
            return Err(ConcludeError::NoRun(format!(
                "{} is of version {}, this matchproof reads 1",
                file.display(),
                saved.version
            )));
        }
        Ok(saved)
    }

    /// The saved scenarios, ready to be judged.
    ///
    /// # Errors
    ///
    /// The mistakes that this version finds in them.
    pub fn cases(&self) -> Result<Vec<Case>, ConcludeError> {
        self.scenarios
            .iter()
            .map(|saved| {
                let source = Source::new(saved.name.clone(), saved.text.clone());
                let mut scenario =
                    parse(&saved.path, &source).map_err(|mistakes| ConcludeError::Scenarios(render_all(&mistakes)))?;
                scenario.checks.retain(|check| saved.requirements.iter().any(|id| id == check.requirement.id));
                Ok(Case { scenario: Arc::new(scenario), params: saved.params.clone() })
            })
            .collect()
    }
}
