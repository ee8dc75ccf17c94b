use super::is_watched;
use crate::{
    judge::{Scope, Type, lint_expression, lint_template},
    scenario::{Alone, Scenario, Text},
    syntax::{Mistake, Node},
};

/// Mistakes in the agencies of a scenario: names taken twice, ids that would not be fresh, accounts of nobody.
pub(super) fn agencies(scenario: &Scenario) -> Vec<Mistake> {
    let scope = Scope::from([("random".to_owned(), Type::Text), ("digits".to_owned(), Type::Text)]);
    let names: Vec<&str> = scenario.agencies.iter().map(|agency| agency.name.as_str()).collect();
    let mut mistakes = Vec::new();
    for (at, agency) in scenario.agencies.iter().enumerate() {
        if names[..at].contains(&agency.name.as_str()) {
            let what = format!("the agency `{}` stands here twice", agency.name);
            mistakes.push(Mistake::new(&scenario.source, agency.span.clone(), what));
        }
        if agency.name == "each" || agency.name.is_empty() {
            let what = format!("`{}` cannot be an agency's name", agency.name);
            mistakes.push(Mistake::new(&scenario.source, agency.span.clone(), what));
        }
        if let Some(id) = &agency.id {
            mistakes.extend(lint_template(&scenario.source, id, &scope));
            if !id.text.contains("random") && !id.text.contains("digits") {
                let mistake =
                    Mistake::new(&scenario.source, id.span.clone(), "this agencyId would not be fresh for every run");
                mistakes.push(mistake.cure("put `{{ random }}` or `{{ digits }}` into it"));
            }
        }
        if let Some(other) = &agency.account_of
            && !names.contains(&other.text.as_str())
        {
            let mistake =
                Mistake::new(&scenario.source, other.span.clone(), format!("unknown agency `{}`", other.text));
            mistakes.push(mistake.cure_from(&other.text, names.iter().copied()));
        }
    }
    mistakes
}

/// The kinds of steps that listen, and may do so until quiet.
const LISTENERS: &[&str] = &["deliveries", "mails"];

/// `until: quiet` parks a scenario: only further steps that listen until quiet may follow, and only where the run has a
/// quiet window after it.
pub(super) fn quiet_comes_last(scenario: &Scenario) -> Vec<Mistake> {
    let is_quiet = |node: &Node| node.get("until").and_then(Node::text) == Some("quiet");
    let mut mistakes = Vec::new();
    let mut parked = false;
    for step in &scenario.steps {
        let quiet = LISTENERS.contains(&step.kind.text.as_str()) && is_quiet(&step.arguments);
        if parked && !quiet {
            let mistake =
                Mistake::new(&scenario.source, step.kind.span.clone(), "no step may follow `deliveries` until quiet");
            mistakes.push(mistake.cure("the quiet window is at the end of the run: put this step before it"));
        }
        if quiet && !matches!(scenario.alone, None | Some(Alone::Receiver | Alone::Hang)) {
            let mistake = Mistake::new(
                &scenario.source,
                step.kind.span.clone(),
                "nothing is listened for in this phase of the run",
            );
            mistakes.push(mistake.cure("wait for a count or a window instead of `until: quiet`, or take `alone` away"));
        }
        if parks_within(&step.arguments) {
            let what = "deliveries until quiet cannot stand within another step";
            let mistake = Mistake::new(&scenario.source, step.kind.span.clone(), what);
            mistakes.push(mistake.cure("put them at the end of the scenario's own steps"));
        }
        parked |= quiet;
    }
    mistakes
}

/// Whether deliveries until quiet stand somewhere within the arguments of a step.
fn parks_within(node: &Node) -> bool {
    let entry = |name: &str, value: &Node| {
        LISTENERS.contains(&name) && value.get("until").and_then(Node::text) == Some("quiet") || parks_within(value)
    };
    node.items().iter().any(parks_within) || node.entries().iter().any(|one| entry(&one.key, &one.value))
}

/// Mistakes in the checks of a scenario, whose names are known by now.
pub(super) fn checks(scenario: &Scenario, scope: &Scope) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for check in &scenario.checks {
        if check.requirement.side != scenario.side {
            let what = format!("{} is the {}'s to keep", check.requirement.id, check.requirement.side);
            let cure = format!("take a requirement of the {}'s side", scenario.side);
            mistakes.push(Mistake::new(&scenario.source, check.span.clone(), what).cure(cure));
        }
        for text in check.expressions() {
            mistakes.extend(lint_expression(&scenario.source, text, scope));
        }
        mistakes.extend(check.watched().filter_map(|name| watched(scenario, name, scope)));
    }
    mistakes
}

fn watched(scenario: &Scenario, name: &Text, scope: &Scope) -> Option<Mistake> {
    let deliveries = || scope.iter().filter(|(_, kind)| is_watched(kind)).map(|(name, _)| name.as_str());
    match scope.get(&name.text) {
        Some(kind) if is_watched(kind) || *kind == Type::Any => None,
        _ => {
            let what = format!("`{}` is no name of deliveries", name.text);
            Some(Mistake::new(&scenario.source, name.span.clone(), what).cure_from(&name.text, deliveries()))
        }
    }
}
