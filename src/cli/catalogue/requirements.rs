use serde_json::json;

use super::{Item, Shelf, ids, scenarios, section};
use crate::{
    requirement::{self, Requirement},
    scenario::{Check, QUALIFIERS, Scenario},
    simulator::DEFECTS,
};

pub(super) const SHELF: Shelf =
    Shelf { name: "requirements", about: "what the guide asks of both sides, row by row", items, explain };

fn items() -> Vec<Item> {
    requirement::all()
        .map(|row| Item {
            name: row.id.to_owned(),
            columns: vec![row.level.to_string(), row.side.to_string()],
            text: row.text.to_owned(),
            json: json!(row),
        })
        .collect()
}

fn explain(id: &str) -> Option<String> {
    let row = requirement::find(id)?;
    let Requirement { id, side, level, text, origin, proof, about } = row;
    let shipped = scenarios::parsed();
    let proofs: Vec<String> = shipped.iter().flat_map(|scenario| proven_by(scenario, row)).collect();
    let proofs = if proofs.is_empty() {
        vec!["no shipped scenario: write one that leads a check with it".into()]
    } else {
        proofs
    };
    let breaking = DEFECTS.iter().filter(|defect| defect.breaks.contains(id));
    let broken = section(
        "Broken by these defects of the simulator",
        breaking
            .map(|defect| format!("{}: {} (breaks {})", defect.name, defect.what, ids(defect.breaks.iter().copied()))),
    );
    let about =
        about.map(|name| format!("\n  not applicable where the profile declares `{name}` absent")).unwrap_or_default();
    Some(format!(
        "{id}, a {level} of the {side}\n  {text}\n  origin: {origin}\n  proof:  {proof}{about}{}{broken}",
        section("Proven by", proofs)
    ))
}

/// The scenario's title and its checks of the requirement; nothing where it has none.
fn proven_by(scenario: &Scenario, row: &Requirement) -> Vec<String> {
    let mut lines: Vec<String> =
        scenario.checks.iter().filter(|check| check.requirement.id == row.id).flat_map(check).collect();
    if !lines.is_empty() {
        lines.insert(0, format!("{}: {}", scenario.path, scenario.title));
    }
    lines
}

fn check(check: &Check) -> Vec<String> {
    let decides = check.alternatives().map(|(outcome, text)| match outcome {
        Some(outcome) => format!("    {outcome}: {}", text.text),
        None => format!("    {}", text.text),
    });
    let beside = QUALIFIERS.iter().filter_map(|row| Some((row.key.replace('_', " "), row.of(check)?)));
    let beside = beside.map(|(word, text)| format!("      {word} {}", text.text));
    decides.chain(beside).collect()
}
