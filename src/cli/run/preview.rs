use super::ready::Ready;
use crate::{
    clock::Period,
    evidence::StopKind,
    plan::PlannedScenario,
    profile::Target,
    report::counted,
    run::{self, Options},
    step::{Cost, Stop},
};

/// What a run would do, and what it would cost the target.
pub(in crate::cli) fn preview(ready: &Ready) -> String {
    let scenarios = &ready.plan.scenarios;
    let at = ready.aim.target().map(|target| format!(" at {}", target.base_url)).unwrap_or_default();
    let mut lines = vec![format!(
        "{}{at}: {} to be proven by {}",
        ready.aim.name(),
        counted(ready.plan.requirements.len(), "requirement"),
        counted(scenarios.len(), "scenario"),
    )];
    let mut in_order: Vec<&PlannedScenario> = scenarios.iter().collect();
    in_order.sort_by_key(|planned| planned.phase);
    let width = scenarios.iter().map(|planned| planned.case.scenario.path.len()).max().unwrap_or_default();
    let mut sum = run::preflight_cost(ready.aim.target().is_none_or(Target::may_probe_secrets));
    for phase in in_order.chunk_by(|one, next| one.phase == next.phase) {
        // A chunk has one scenario at least.
        lines.push(format!("\n{}", phase[0].phase.words()));
        for planned in phase {
            let scenario = &planned.case.scenario;
            lines.push(format!("  {:<width$}  {}", scenario.path, scenario.title));
            match lacking(ready, planned) {
                Some(stop) => lines.push(format!("  {:<width$}  {}", "", left_out(&stop))),
                None => sum += planned.cost(),
            }
        }
    }
    cost(sum, &mut lines);
    let Options { run_budget, quiet_at_most, .. } = ready.options;
    let (run, quiet) = (Period(run_budget), Period(quiet_at_most));
    lines.push(format!("\nthe run ends after {run} at the latest, its quiet window after {quiet}; nothing was sent"));
    lines.join("\n")
}

/// Why a scenario will not take place; nothing for the embedded target, which has all that there is.
fn lacking(ready: &Ready, planned: &PlannedScenario) -> Option<Stop> {
    run::lacking(ready.aim.target()?, planned)
}

fn left_out(stop: &Stop) -> String {
    let word = if stop.kind == StopKind::Absent { "not applicable" } else { "will not run" };
    format!("{word}: {}", stop.reason)
}

fn cost(cost: Cost, lines: &mut Vec<String>) {
    lines.push("\nat most this is asked of the target, what finds its dialect beforehand included".into());
    // Plain numbers by name: they always have a JSON form.
    let figures = serde_json::to_value(cost).unwrap_or_default();
    for (name, count) in figures.as_object().into_iter().flatten() {
        lines.push(format!("  {:<20}{count:>7}", name.replace('_', " ")));
    }
}
