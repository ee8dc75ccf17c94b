use std::collections::BTreeMap;

use super::{Arguments, safety};
use crate::{
    cli::{
        aim::Aim,
        failure::{Failure, Problems},
    },
    judge::Terms,
    load::{self, LoadPlan, Options},
    plan::{SelectError, Settings, select_loads},
    profile::Bounded,
    verdict::Outcome,
};

/// A load that nothing is wrong with, as far as can be told without sending anything.
pub(super) struct Ready {
    pub(super) aim: Aim,
    pub(super) plan: LoadPlan,
    pub(super) options: Options,
}

/// Checks all that was typed and written, and tells all that is wrong with it at once.
pub(super) fn ready(arguments: &Arguments) -> Result<Ready, Failure> {
    let mut problems = Problems::default();
    let aim = Aim::choose(arguments.target.as_deref(), &arguments.profile);
    let aim = aim.map_err(|found| problems.extend(found)).ok();
    let target = aim.as_ref().and_then(Aim::target);
    let params: BTreeMap<_, _> = target.map(|target| target.params.clone()).unwrap_or_default();
    let settings = Settings::new(params, &arguments.set).unwrap_or_else(|found| {
        problems.mistakes(&found);
        Settings::default()
    });
    let terms = aim.as_ref().map_or_else(Terms::bare, |aim| aim.terms(arguments.strict));
    let plan = match select_loads(&arguments.patterns) {
        Ok(files) => load::plan(&files, &settings, &terms).map_err(|found| problems.mistakes(&found)).ok(),
        Err(nothing @ SelectError::Nothing { .. }) if problems.is_empty() => {
            return Err(Failure::new(Outcome::Incomplete, nothing));
        }
        Err(error) => {
            problems.push(error);
            None
        }
    };
    let options = options(arguments, aim.as_ref());
    if let Some(target) = target {
        problems.extend(safety::allowed(target));
    }
    if let Some(plan) = &plan {
        problems.extend(safety::within(plan, &options));
        plan.scenarios.iter().flat_map(load::PlannedLoad::missing).for_each(|what| problems.push(what));
    }
    match (aim, plan) {
        (Some(aim), Some(plan)) if problems.is_empty() => Ok(Ready { aim, plan, options }),
        _ => Err(Failure::all(problems)),
    }
}

fn options(arguments: &Arguments, aim: Option<&Aim>) -> Options {
    let of_profile = aim.and_then(Aim::target).and_then(|target| target.load.max_rate.map(Bounded::get));
    Options {
        seed: arguments.seed.unwrap_or_else(rand::random),
        max_requests: arguments.max_requests,
        max_rate: [of_profile, arguments.max_rate].into_iter().flatten().min().map(f64::from),
        dashboard: arguments.dashboard,
        retry_invalid: arguments.retry_invalid,
        metrics: arguments.metrics_listen,
        strict: arguments.strict,
    }
}
