use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use crate::{evidence::Exchange, judge::WHICH};

/// An exchange as a part of a step's facts: recorded as a reference, read as the exchange itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen(pub(super) u64);

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("$exchange", &self.0)?;
        map.end()
    }
}

impl JsonSchema for Seen {
    fn schema_name() -> Cow<'static, str> {
        Exchange::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Exchange::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

/// What tells one of several records from the others, in words: shown where a check breaks on it, and unseen by checks.
#[derive(Clone, Debug)]
pub(super) struct Which(pub(super) String);

impl Serialize for Which {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(WHICH, &self.0)?;
        map.end()
    }
}

impl JsonSchema for Which {
    fn schema_name() -> Cow<'static, str> {
        "Which".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "object" })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// Tells each of several records from the others by its agency, where nothing tells it yet.
pub(super) fn of_agency(record: &mut Value, agency: &str) {
    match record {
        Value::Object(fields) => {
            fields.entry(WHICH).or_insert_with(|| format!("agency {agency}").into());
        }
        Value::Array(records) => records.iter_mut().for_each(|record| of_agency(record, agency)),
        _ => {}
    }
}

/// Facts as JSON. They are plain data with text keys, so that they always have a JSON form.
pub(super) fn bound(facts: &impl Serialize) -> Value {
    serde_json::to_value(facts).unwrap_or_default()
}
