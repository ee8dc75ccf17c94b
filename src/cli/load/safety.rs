//! What keeps load from those who have not agreed to it.

use crate::{
    cli::failure::Problems,
    load::{LoadPlan, Options},
    profile::Target,
    scenario::load::{LoadScenario, Pace},
};

/// Why the target may not be pressed; nothing where it may.
pub(super) fn allowed(target: &Target) -> Problems {
    let mut problems = Problems::default();
    if target.may_load() {
        return problems;
    }
    let name = &target.name;
    match target.strange_host() {
        Some(url) if target.load.allow.is_none() => problems.push(format!(
            "load would go to {}, which is not this machine, and the profile does not allow it; where its owner has agreed, \
             add to `[target.{name}]`: load = {{ allow = true, max_rate = 500 }}",
            url.as_str()
        )),
        _ => problems.push(format!(
            "the profile forbids load on `{name}`; where its owner has agreed, write in `[target.{name}]`: \
             load = {{ allow = true, max_rate = 500 }}"
        )),
    }
    problems
}

/// What of a plan is more than may be sent, as far as is known beforehand. What only the run shows is held back there.
pub(super) fn within(plan: &LoadPlan, options: &Options) -> Problems {
    let mut problems = Problems::default();
    for planned in &plan.scenarios {
        let (scenario, asked) = (&planned.scenario, planned.peak_rate());
        let closed = scenario.groups.iter().find(|group| matches!(group.pace, Pace::Closed { .. }));
        if let (Some(group), Some(most)) = (closed, options.max_rate) {
            problems.push(format!(
                "group `{}` of {} has `users`, who send as fast as the target answers, so that nothing keeps them to {most:.0} \
                 requests a second (`load.max_rate` of the profile, `--max-rate`); give it a `rate`, or take the limit away",
                group.name, scenario.path
            ));
        }
        if let Some(most) = options.max_rate.filter(|most| asked > *most) {
            problems.push(format!(
                "{} sends {asked:.0} requests a second at its peak, where {most:.0} are the most (`load.max_rate` of the \
                 profile, `--max-rate`); lower its rate, such as by `--set`, or raise the limit",
                scenario.path
            ));
        }
    }
    let asked: f64 = plan.scenarios.iter().map(|planned| requests(&planned.scenario)).sum();
    if let Some(most) = options.max_requests.filter(|most| asked > number(*most)) {
        problems.push(format!(
            "the plan sends at least {asked:.0} requests, where `--max-requests {most}` is the most; shorten its stages or \
             lower its rate, such as by `--set`, or raise the limit"
        ));
    }
    problems
}

/// How many requests the open groups of a scenario send; each step counts as one. 0 for a search, whose end nobody knows.
pub(super) fn requests(scenario: &LoadScenario) -> f64 {
    // Begun at nought, for the sum of no numbers is -0.
    open(scenario).map(|(rate, steps)| passes(scenario, rate) * steps).fold(0.0, |sum, more| sum + more)
}

/// How many passes a group of this rate begins.
pub(super) fn passes(scenario: &LoadScenario, rate: f64) -> f64 {
    scenario.segments(rate).iter().map(crate::schedule::Segment::arrivals).sum()
}

/// The rate and the number of steps of every open group.
fn open(scenario: &LoadScenario) -> impl Iterator<Item = (f64, f64)> {
    scenario.groups.iter().filter_map(|group| match group.pace {
        Pace::Open { rate, .. } => Some((rate, f64::from(u32::try_from(group.flow.len()).unwrap_or(u32::MAX)))),
        Pace::Closed { .. } => None,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a limit of 2^53 requests is none")]
fn number(count: u64) -> f64 {
    count as f64
}
