use std::{collections::BTreeMap, path::Path};

use super::{Arguments, only::Only};
use crate::{
    cli::{
        aim::Aim,
        failure::{Failure, Problems},
    },
    judge::Terms,
    plan::{Plan, SelectError, Settings, plan, select},
    report::Score,
    requirement::Side,
    run::Options,
    selftest::Matrix,
    verdict::Outcome,
};

/// A run that nothing is wrong with, as far as can be told without sending anything.
pub(in crate::cli) struct Ready {
    pub(in crate::cli) aim: Aim,
    pub(in crate::cli) plan: Plan,
    pub(in crate::cli) options: Options,
}

/// Checks all that was typed and written, and tells all that is wrong with it at once.
pub(super) fn ready(arguments: &Arguments) -> Result<Ready, Failure> {
    let mut problems = Problems::default();
    let aim = Aim::choose(arguments.target.as_deref(), &arguments.profile);
    let aim = aim.map_err(|found| problems.extend(found)).ok();
    let only = Only::read(&arguments.only).map_err(|found| problems.extend(found)).ok();
    let settings = settings(aim.as_ref(), arguments, &mut problems);
    let score = arguments.score.as_deref().and_then(|file| score(file).map_err(|error| problems.push(error)).ok());
    let terms = aim.as_ref().map_or_else(Terms::bare, |aim| aim.terms(arguments.strict));
    let plan = match select(&arguments.patterns) {
        Ok(files) => {
            // A name that is unknown must not hide what is wrong with the scenarios.
            let accepts = |row: &_| only.as_ref().is_none_or(|only| only.accepts(row));
            plan(&files, Side::Platform, &settings, &terms, &accepts).map_err(|found| problems.mistakes(&found)).ok()
        }
        Err(nothing @ SelectError::Nothing { .. }) if problems.is_empty() => {
            return Err(Failure::new(Outcome::Incomplete, nothing));
        }
        Err(error) => {
            problems.push(error);
            None
        }
    };
    match (aim, only, plan) {
        (Some(aim), Some(only), Some(plan)) if problems.is_empty() => {
            if plan.scenarios.is_empty() {
                return Err(nothing_to_prove(&only));
            }
            Ok(Ready { aim, plan, options: arguments.options(score) })
        }
        _ => Err(Failure::all(problems)),
    }
}

/// The score of a selftest that a file holds.
fn score(file: &Path) -> Result<Score, String> {
    let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
    let score = read.and_then(|text| Matrix::score_in(&text));
    let cure = "`matchproof selftest --json > FILE` writes one";
    score.map_err(|error| format!("{} is no selftest of this version: {error}; {cure}", file.display()))
}

fn settings(aim: Option<&Aim>, arguments: &Arguments, problems: &mut Problems) -> Settings {
    let params: BTreeMap<_, _> = aim.and_then(Aim::target).map(|target| target.params.clone()).unwrap_or_default();
    Settings::new(params, &arguments.set).unwrap_or_else(|found| {
        problems.mistakes(&found);
        Settings::default()
    })
}

fn nothing_to_prove(only: &Only) -> Failure {
    let what = match only.typed() {
        none if none.is_empty() => "the selected scenarios have nothing to prove about a platform".to_owned(),
        typed => format!(
            "no selected scenario proves what `--only {typed}` asks for; \
             `matchproof explain` names the scenarios of a requirement"
        ),
    };
    Failure::new(Outcome::Incomplete, what)
}
