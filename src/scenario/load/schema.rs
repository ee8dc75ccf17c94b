use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{
    SHAPES,
    draft::KEYS,
    group::GroupText,
    threshold::{Relation, ThresholdText},
    value::{Length, Name, Rate},
};
use crate::scenario::schema::{allow_templates, kinds_of_steps};

/// The JSON Schema of a load scenario file, for editors.
///
/// `steps` gives each kind of step with what it does and the schema of its arguments; `requirements` are the ids that may be
/// judged while a load runs.
#[must_use]
pub fn schema<'a>(
    steps: impl IntoIterator<Item = (&'a str, &'a str, Value)>,
    requirements: impl IntoIterator<Item = &'a str>,
) -> Value {
    let steps = json!({ "type": "array", "items": { "anyOf": kinds_of_steps(steps) } });
    let mut group = of::<GroupText>();
    allow_templates(&mut group);
    for key in ["setup", "flow"] {
        group["properties"][key] = steps.clone();
    }
    let mut threshold = of::<ThresholdText>();
    for relation in Relation::ALL {
        threshold["properties"][relation.word()] = json!({ "type": ["string", "integer"] });
    }
    allow_templates(&mut threshold);
    let mut file = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A matchproof load scenario",
        "type": "object",
        "required": ["title", "groups", "stages"],
        "additionalProperties": false,
        "properties": {
            "title": { "type": "string" },
            "params": { "type": "object" },
            "groups": { "type": "array", "minItems": 1, "items": group },
            "rate": described::<Rate>("Passes that begin in a second, shared by the groups by their weights."),
            "users": { "type": "integer", "minimum": 1, "maximum": 100_000,
                "description": "Users, shared by the groups by their weights." },
            "arrivals": { "description": "How arrivals are spread around the rate.", "anyOf": [
                { "enum": ["even", "poisson"] },
                { "type": "object", "required": ["poisson"], "additionalProperties": false,
                    "properties": { "poisson": { "type": "integer", "minimum": 0, "description": "The seed." } } },
            ] },
            "stages": { "type": "array", "minItems": 1, "items": { "anyOf": stages() } },
            "thresholds": { "type": "array", "items": threshold },
            "requirements": { "type": "array", "minItems": 1, "items": { "enum": requirements.into_iter().collect::<Vec<_>>() } },
            "max_response": described::<Length>("The time-out of one request; 30s without it."),
        },
    });
    debug_assert!(KEYS.iter().all(|key| file["properties"].get(key).is_some()));
    for key in ["rate", "users", "arrivals", "max_response"] {
        let mut one = json!({ "properties": { key: file["properties"][key].take() } });
        allow_templates(&mut one);
        file["properties"][key] = one["properties"][key].take();
    }
    file
}

/// A stage of each shape.
fn stages() -> Vec<Value> {
    let stage = |shape: &super::Shape| {
        let mut stage = (shape.schema)();
        stage["description"] = json!(shape.summary);
        stage["properties"]["name"] = described::<Name>("What `during` of a threshold calls it.");
        for key in [shape.name, "name"] {
            if stage["properties"][key].get("properties").is_some() {
                allow_templates(&mut stage["properties"][key]);
            }
        }
        allow_templates(&mut stage);
        stage
    };
    SHAPES.iter().map(stage).collect()
}

/// The schema of a type, with nothing that stands elsewhere.
pub(super) fn of<T: JsonSchema>() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

fn described<T: JsonSchema>(what: &str) -> Value {
    let mut schema = of::<T>();
    schema["description"] = json!(what);
    schema
}
