use serde_json::{Value, json};

use super::{Item, Shelf, section};
use crate::step::{KINDS, Row, find};

pub(super) const SHELF: Shelf = Shelf { name: "steps", about: "what a scenario can do", items, explain };

fn items() -> Vec<Item> {
    KINDS
        .iter()
        .map(|kind| Item {
            name: kind.name.to_owned(),
            columns: Vec::new(),
            text: kind.summary.to_owned(),
            json: json!({
                "name": kind.name, "summary": kind.summary, "example": kind.example, "arguments": (kind.schema)(),
            }),
        })
        .collect()
}

fn explain(name: &str) -> Option<String> {
    let Row { name, summary, example, schema, .. } = find(name)?;
    let arguments = section("Arguments", arguments(&schema()));
    Some(format!("{name}, a step: {summary}\n\n  - {name}: {example}{arguments}"))
}

/// One line for each argument that a schema names.
pub(super) fn arguments(schema: &Value) -> Vec<String> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    properties
        .iter()
        .map(|(name, property)| {
            let must = if required.iter().any(|one| one == name) { " (required)" } else { "" };
            let about = property["description"].as_str().map(unwrapped).unwrap_or_default();
            let choices = choices(property);
            let choices = if choices.is_empty() { String::new() } else { format!(" One of: {}.", choices.join(", ")) };
            format!("{name}{must}: {about}{choices}")
        })
        .collect()
}

/// The words that an argument may be.
fn choices(schema: &Value) -> Vec<String> {
    let words = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let own = words(&schema["enum"]).into_iter().chain([schema["const"].clone()]);
    let own = own.filter_map(|word| word.as_str().map(str::to_owned));
    let within = ["oneOf", "anyOf"].into_iter().flat_map(|key| words(&schema[key])).flat_map(|inner| choices(&inner));
    own.chain(within).collect()
}

/// Text without the line ends that its source was wrapped with.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
