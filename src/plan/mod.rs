//! From scenario files to a plan: every mistake of every file found, steps compiled, phases and costs known.
//!
//! Nothing is sent here.

mod lint;
mod load;
mod params;
mod phase;
mod select;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use crate::{
    judge::{AGENCIES, Case, Scope, TARGET, Templates, Terms, Type, common_scope, facts},
    requirement::{Requirement, Side},
    scenario::{Scenario, parse_on},
    step::{Compiler, Cost, Need, Steps},
    syntax::{Mistake, Source},
};

pub use load::{LoadRead, load, loads};
pub use params::Settings;
pub use phase::Phase;
pub use select::{SelectError, select, select_loads};

/// What a run is to do.
pub struct Plan {
    /// The scenarios, in the order of their paths.
    pub scenarios: Vec<PlannedScenario>,
    /// The ids of the requirements that are judged, in the catalogue's order.
    pub requirements: Vec<&'static str>,
    /// The ids of all requirements that were asked for, those that no scenario proves included.
    pub asked: Vec<&'static str>,
}

/// One scenario of a plan.
pub struct PlannedScenario {
    /// The scenario and the values of its parameters.
    pub case: Case,
    /// Its steps.
    pub steps: Steps,
    /// When in the run it takes place.
    pub phase: Phase,
}

impl PlannedScenario {
    /// What it costs the target at most.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.steps.cost()
    }

    /// What of the target it cannot do without.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        self.steps.needs()
    }
}

impl Plan {
    /// The scenarios with their parameters, for judging.
    #[must_use]
    pub fn cases(&self) -> Vec<Case> {
        self.scenarios.iter().map(|planned| planned.case.clone()).collect()
    }
}

/// Reads scenario files into a plan.
///
/// `only` keeps the checks of requirements whose id it accepts, and the scenarios that have any left.
///
/// # Errors
///
/// Every mistake of every file, and every `--set` that no scenario has a parameter for.
pub fn plan(
    files: &[(String, Source)],
    side: Side,
    settings: &Settings,
    terms: &Terms,
    only: &dyn Fn(&Requirement) -> bool,
) -> Result<Plan, Vec<Mistake>> {
    let templates = Templates::new(terms);
    let mut mistakes = Vec::new();
    let mut scenarios = Vec::new();
    // Those of scenarios that `only` leaves nothing of count too: what was typed is no mistake for that.
    let mut params = BTreeSet::new();
    for (path, source) in files {
        let (scenario, mut found) = parse_on(path, source);
        params.extend(scenario.iter().flat_map(|scenario| &scenario.params).map(|param| param.name.clone()));
        match scenario {
            Some(scenario) if scenario.side == side => match ready(scenario, settings, &templates, terms, only) {
                Ok(planned) => scenarios.extend(planned),
                Err(further) => found.extend(told_anew(&found, further)),
            },
            Some(scenario) => {
                let what = format!("a scenario of the {}'s side cannot be run here", scenario.side);
                let cure = format!("this command runs those of the {side}'s side");
                found.push(Mistake::new(source, 0..0, what).cure(cure));
            }
            None => {}
        }
        found.sort_by_key(|mistake| mistake.span.start);
        mistakes.extend(found);
    }
    if mistakes.is_empty() {
        mistakes.extend(settings.unused(&params));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    scenarios.sort_by(|one, other| one.case.scenario.path.cmp(&other.case.scenario.path));
    let judged: BTreeSet<&str> =
        scenarios.iter().flat_map(|one| &one.case.scenario.checks).map(|check| check.requirement.id).collect();
    let requirements = crate::requirement::all().map(|row| row.id).filter(|id| judged.contains(id)).collect();
    let asked = crate::requirement::all().filter(|row| row.side == side && only(row)).map(|row| row.id).collect();
    Ok(Plan { scenarios, requirements, asked })
}

/// A scenario with its steps compiled; nothing where no check is left.
fn ready(
    mut scenario: Scenario,
    settings: &Settings,
    templates: &Templates,
    terms: &Terms,
    only: &dyn Fn(&Requirement) -> bool,
) -> Result<Option<PlannedScenario>, Vec<Mistake>> {
    let (params, mut mistakes) = settings.params_of(&scenario.path, &scenario.source, &scenario.params);
    let names: BTreeSet<String> = scenario.agencies.iter().map(|agency| agency.name.clone()).collect();
    mistakes.extend(lint::agencies(&scenario));
    let mut known = params.clone();
    known.insert(TARGET.into(), serde_json::to_value(terms).unwrap_or_default());
    let mut compiler =
        Compiler::new(&scenario.source, &names, scenario.alone, &known, scope(&params, &names), templates);
    let steps = compiler.steps(&scenario.steps);
    let bound = std::mem::take(&mut compiler.scope);
    mistakes.append(&mut compiler.mistakes);
    mistakes.extend(lint::quiet_comes_last(&scenario));
    mistakes.extend(lint::checks(&scenario, &bound));
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    scenario.checks.retain(|check| only(check.requirement));
    if scenario.checks.is_empty() {
        return Ok(None);
    }
    let phase = Phase::of(scenario.alone);
    Ok(Some(PlannedScenario { case: Case { scenario: Arc::new(scenario), params }, steps, phase }))
}

/// Of further mistakes those at places of which nothing was said before: what could not be read looks empty.
fn told_anew(before: &[Mistake], mut further: Vec<Mistake>) -> Vec<Mistake> {
    further.retain(|mistake| !before.iter().any(|told| told.span == mistake.span));
    further
}

/// The names that are in scope before the first step.
pub(crate) fn scope(params: &BTreeMap<String, Value>, agencies: &BTreeSet<String>) -> Scope {
    let agency = || Type::record([("id", Type::Text), ("account", Type::Number), ("name", Type::Text)]);
    let mut scope = common_scope();
    scope.insert(AGENCIES.into(), Type::record(agencies.iter().map(|name| (name.clone(), agency()))));
    for (name, value) in params {
        let kind = match value {
            Value::Bool(_) => Type::Bool,
            Value::Number(_) => Type::Number,
            Value::String(_) => Type::Text,
            _ => Type::Any,
        };
        scope.insert(name.clone(), kind);
    }
    scope
}

/// Whether a type is that of a list of deliveries or of mails, which can be watched for.
fn is_watched(kind: &Type) -> bool {
    [facts::<crate::evidence::Delivery>(), facts::<crate::evidence::Mail>()]
        .into_iter()
        .any(|one| *kind == Type::list(one))
}

#[cfg(test)]
mod tests;
