use serde_json::{Map, Value, json};

use super::check::{EXPRESSION_TYPES, QUALIFIERS};

/// The JSON Schema of a scenario file, for editors.
///
/// `steps` gives each kind of step with what it does and the schema of its arguments; `requirements` are the ids that may
/// lead a check.
#[must_use]
pub fn schema<'a>(
    steps: impl IntoIterator<Item = (&'a str, &'a str, Value)>,
    requirements: impl IntoIterator<Item = &'a str>,
) -> Value {
    let kinds = kinds_of_steps(steps);
    let check = Value::Object(check(requirements));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A matchproof scenario",
        "type": "object",
        "required": ["title", "checks"],
        "additionalProperties": false,
        "properties": {
            "title": { "type": "string" },
            "side": { "enum": ["platform", "partner"] },
            "alone": { "enum": super::Alone::ALL.map(|(word, _)| word) },
            "agencies": { "oneOf": [
                { "type": "array", "items": { "type": "string" } },
                { "type": "integer", "minimum": 1, "maximum": 1000 },
                { "type": "object", "additionalProperties": {
                    "type": ["object", "null"],
                    "additionalProperties": false,
                    "properties": { "id": { "type": "string" }, "account_of": { "type": "string" } },
                } },
            ] },
            "params": { "type": "object" },
            "steps": { "type": "array", "items": { "anyOf": kinds } },
            "checks": { "type": "array", "minItems": 1, "items": {
                "type": "object", "properties": check, "additionalProperties": false,
            } },
        },
    })
}

/// The schema of a step of each kind, and of one that needs no arguments.
pub(super) fn kinds_of_steps<'a>(steps: impl IntoIterator<Item = (&'a str, &'a str, Value)>) -> Vec<Value> {
    let steps: Vec<_> = steps.into_iter().collect();
    let names: Vec<&str> = steps.iter().map(|(name, _, _)| *name).collect();
    let mut kinds: Vec<Value> = steps.into_iter().map(step).collect();
    kinds.push(json!({ "enum": names, "description": "A step that needs no arguments." }));
    kinds
}

fn step((name, summary, mut arguments): (&str, &str, Value)) -> Value {
    allow_templates(&mut arguments);
    json!({
        "type": "object",
        "description": summary,
        "properties": { name: arguments },
        "required": [name],
        "additionalProperties": false,
    })
}

/// The keys of a check: what may stand beside its expression, and the requirement that leads it.
fn check<'a>(requirements: impl IntoIterator<Item = &'a str>) -> Map<String, Value> {
    let expression =
        json!({ "type": EXPRESSION_TYPES, "description": "An expression over the names that steps bound." });
    let any_of = json!({ "type": "object", "additionalProperties": expression, "minProperties": 1 });
    let beside = QUALIFIERS.iter().map(|row| (row.key, json!({ "type": row.types, "description": row.expected })));
    let leads = requirements.into_iter().map(|id| (id, json!({ "type": ["string", "boolean", "number", "null"] })));
    let all = beside.chain([("any_of", any_of)]).chain(leads);
    all.map(|(key, schema)| (key.to_owned(), schema)).collect()
}

/// Lets every argument be a text with a template in it, whatever its type is once the template was filled in.
pub(super) fn allow_templates(arguments: &mut Value) {
    for property in arguments.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let schema = property.1.take();
        let description = schema["description"].clone();
        *property.1 = json!({ "anyOf": [schema, { "type": "string", "pattern": "\\{\\{" }] });
        if description.is_string() {
            property.1["description"] = description;
        }
    }
}
