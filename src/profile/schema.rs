//! The JSON Schema of `matchproof.toml`, for editors: of the very types into which a profile is read.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Value, json};

use super::{
    Bounded, CAPABILITIES, Call, ClientId, ClientSecret, DialectSource, HttpUrl, Listen, MaxRetries, Route, Success,
    Target,
};
use crate::dialect::Dialect;

/// The JSON Schema of a profile.
#[must_use]
pub fn schema() -> Value {
    let mut target = inline::<Target>();
    // What `absent` may name is known, also in the form of a table within a table.
    let known = CAPABILITIES
        .iter()
        .flat_map(|one| one.name.split_once('.').map_or(vec![one.name], |(whole, _)| vec![one.name, whole]));
    target["properties"]["absent"]["propertyNames"] =
        json!({ "enum": known.collect::<std::collections::BTreeSet<_>>() });
    target["properties"]["absent"]["additionalProperties"] = json!({ "type": ["string", "object"] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A matchproof profile",
        "type": "object",
        "additionalProperties": false,
        "properties": { "target": {
            "type": "object",
            "description": "The platforms to test, by name.",
            "additionalProperties": target,
        } },
    })
}

/// The schema of a type that is read from a form of its own.
macro_rules! written {
    ($($kind:ty as $name:literal = $schema:expr;)*) => { $(
        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }

            fn inline_schema() -> bool {
                true
            }
        }
    )* };
}

written! {
    HttpUrl as "HttpUrl" = json_schema!({ "type": "string", "pattern": "^https?://[^/]" });
    Listen as "Listen" = json_schema!({ "type": "string", "pattern": ":[1-9][0-9]*$" });
    Route as "Route" = json_schema!({ "type": "string", "pattern": "^([A-Z]+ )?/[^ ]*$" });
    Call as "Call" = json_schema!({ "type": "string", "pattern": "^[A-Z]+ https?://" });
    MaxRetries as "MaxRetries" = json_schema!({ "enum": ["auto", 2, 3] });
    Success as "Success" = json_schema!({ "enum": ["200", "2xx"] });
    ClientSecret as "ClientSecret" = outside();
    ClientId as "ClientId" = json_schema!({ "anyOf": [{ "type": "string", "minLength": 1 }, outside()] });
}

impl JsonSchema for DialectSource {
    fn schema_name() -> Cow<'static, str> {
        "DialectSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<Dialect>()] })
    }

    fn inline_schema() -> bool {
        true
    }
}

impl<const MIN: u32, const MAX: u32> JsonSchema for Bounded<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("From{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }

    fn inline_schema() -> bool {
        true
    }
}

fn outside() -> Schema {
    let one = |name: &str| {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": [name],
            "properties": { name: { "type": "string" } },
        })
    };
    json_schema!({ "anyOf": [one("env"), one("file")] })
}

/// The JSON Schema of a type without references.
fn inline<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}
