use super::{
    ready::Ready,
    safety::{passes, requests},
};
use crate::{
    clock::Period,
    load::PlannedLoad,
    report::counted,
    scenario::load::{Group, LoadScenario, Pace},
    schedule::Arrivals,
};

/// What a load would send, and how fast.
pub(super) fn preview(ready: &Ready) -> String {
    let at = ready.aim.target().map(|target| format!(" at {}", target.base_url)).unwrap_or_default();
    let scenarios = &ready.plan.scenarios;
    let mut lines =
        vec![format!("{}{at}: {}, one after another", ready.aim.name(), counted(scenarios.len(), "scenario"))];
    for planned in scenarios {
        scenario(planned, &mut lines);
    }
    let limits = [
        ready.options.max_rate.map(|most| format!("{most:.0} requests a second")),
        ready.options.max_requests.map(|most| format!("{most} requests in all")),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    if !limits.is_empty() {
        lines.push(format!("\nat most {}", limits.join(" and ")));
    }
    lines.push("\nnothing was sent; what a group's setup sends beforehand is not counted".to_owned());
    lines.join("\n")
}

fn scenario(planned: &PlannedLoad, lines: &mut Vec<String>) {
    let scenario = &planned.scenario;
    lines.push(format!("\n{}  {}", scenario.path, scenario.title));
    for group in &scenario.groups {
        lines.push(format!("  group {}: {}", group.name, pace(scenario, group)));
        let steps: Vec<&str> = group.flow.iter().map(|step| step.name.as_str()).collect();
        lines.push(format!("    flow: {}", steps.join(", ")));
    }
    for stage in &scenario.stages {
        let length: std::time::Duration = stage.levels().iter().map(|level| level.duration).sum();
        let length =
            if stage.levels().is_empty() { "until it is found".to_owned() } else { Period(length).to_string() };
        let judged = if stage.is_hold { ", judged" } else { "" };
        lines.push(format!("  stage {}: {}, {length}{judged}", stage.name, stage.shape));
    }
    let most = planned.peak_rate();
    if most > 0.0 {
        let arrivals = match scenario.arrivals {
            Arrivals::Even => "evenly spread",
            Arrivals::Poisson { .. } => "as Poisson has them",
        };
        lines.push(format!("  arrivals: {arrivals}, at most {most:.0} requests a second"));
    }
    let closed = scenario.groups.iter().any(|group| matches!(group.pace, Pace::Closed { .. }));
    let is_open = scenario.groups.iter().any(|group| matches!(group.pace, Pace::Open { .. }));
    let total = match (scenario.breakpoint().is_some(), is_open, closed) {
        (true, ..) => "unknown: it searches".to_owned(),
        (false, false, _) => "as many as the target answers: nothing but closed groups".to_owned(),
        (false, true, true) => format!("about {:.0}, and what closed groups come to", requests(scenario)),
        (false, true, false) => format!("about {:.0}", requests(scenario)),
    };
    lines.push(format!("  requests: {total}"));
    if scenario.breakpoint().is_none() {
        lines.push(format!("  duration: {}", Period(scenario.duration())));
    }
}

fn pace(scenario: &LoadScenario, group: &Group) -> String {
    match group.pace {
        Pace::Open { .. } if scenario.breakpoint().is_some() => "open, at the rates of the search".to_owned(),
        Pace::Open { rate, pool } => {
            let pool = pool.map(|pool| format!(", {}", counted(pool as usize, "connection"))).unwrap_or_default();
            format!("open, {rate} passes a second at level 1, {:.0} in all{pool}", passes(scenario, rate))
        }
        Pace::Closed { users } => {
            format!("closed, {} with a connection each at level 1", counted(users as usize, "user"))
        }
    }
}
