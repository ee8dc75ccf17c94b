use serde_json::{Value, json};

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
    let expression = json!({ "type": ["string", "boolean", "number"], "description": "An expression over the names that steps bound." });
    let mut check = json!({
        "any_of": { "type": "object", "additionalProperties": expression, "minProperties": 1 },
        "given": expression,
        "window": { "type": "string" },
        "at_most": { "type": "string" },
        "due": { "type": "string" },
        "tolerance": { "type": ["string", "number"] },
    });
    for id in requirements {
        check[id] = json!({ "type": ["string", "boolean", "number", "null"] });
    }
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
    let mut kinds: Vec<Value> = steps
        .into_iter()
        .map(|(name, summary, mut arguments)| {
            allow_templates(&mut arguments);
            json!({
                "type": "object",
                "description": summary,
                "properties": { name: arguments },
                "required": [name],
                "additionalProperties": false,
            })
        })
        .collect();
    kinds.push(json!({ "enum": names, "description": "A step that needs no arguments." }));
    kinds
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
