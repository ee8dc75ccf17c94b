use serde_json::{Value, json};

use super::{Item, Shelf, section, steps::arguments};
use crate::load::{ACTIONS, SETUPS, find_action, find_setup};

pub(super) const SHELF: Shelf =
    Shelf { name: "load-steps", about: "what the setup and the flow of a load's group can do", items, explain };

fn items() -> Vec<Item> {
    let item = |place: &str, name: &str, summary: &str, example: &str, schema: Value| Item {
        name: name.to_owned(),
        columns: vec![place.to_owned()],
        text: summary.to_owned(),
        json: json!({ "name": name, "place": place, "summary": summary, "example": example, "arguments": schema }),
    };
    let setups = SETUPS.iter().map(|row| item("setup", row.name, row.summary, row.example, (row.schema)()));
    setups.chain(ACTIONS.iter().map(|row| item("flow", row.name, row.summary, row.example, (row.schema)()))).collect()
}

fn explain(name: &str) -> Option<String> {
    let (place, name, summary, example, schema) = match (find_setup(name), find_action(name)) {
        (Some(row), _) => ("setup", row.name, row.summary, row.example, (row.schema)()),
        (None, Some(row)) => ("flow", row.name, row.summary, row.example, (row.schema)()),
        (None, None) => return None,
    };
    let arguments = section("Arguments", arguments(&schema));
    Some(format!("{name}, a step of a load's {place}: {summary}\n\n  {place}: [ {{ {name}: {example} }} ]{arguments}"))
}
