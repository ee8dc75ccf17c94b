use std::collections::BTreeMap;

use serde_json::Value;

/// What kind of value a name stands for, as far as it is known before a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Anything: an answer's JSON, say.
    Any,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A list whose items are alike.
    List(Box<Type>),
    /// A value with exactly these attributes.
    Record(BTreeMap<String, Type>),
}

impl Type {
    /// A list of `item`s.
    #[must_use]
    pub fn list(item: Type) -> Type {
        Type::List(Box::new(item))
    }

    /// A record of these attributes.
    pub fn record<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Type)>) -> Type {
        Type::Record(attributes.into_iter().map(|(name, kind)| (name.into(), kind)).collect())
    }

    /// The type that a JSON Schema without references describes; what it cannot tell is [`Type::Any`].
    #[must_use]
    pub fn from_schema(schema: &Value) -> Type {
        if let Some(attributes) = schema.get("properties").and_then(Value::as_object) {
            return Type::record(attributes.iter().map(|(name, schema)| (name.clone(), Type::from_schema(schema))));
        }
        if let Some(Value::Array(choices)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            return one_type(choices.iter().filter(|choice| choice["type"] != "null").map(Type::from_schema));
        }
        match &schema["type"] {
            Value::String(word) => Type::from_word(word, schema),
            Value::Array(words) => one_type(
                words
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|word| *word != "null")
                    .map(|word| Type::from_word(word, schema)),
            ),
            _ if schema.get("const").is_some_and(Value::is_string) || schema.get("enum").is_some() => Type::Text,
            _ => Type::Any,
        }
    }

    fn from_word(word: &str, schema: &Value) -> Type {
        match word {
            "boolean" => Type::Bool,
            "number" | "integer" => Type::Number,
            "string" => Type::Text,
            "array" => Type::list(schema.get("items").map_or(Type::Any, Type::from_schema)),
            _ => Type::Any,
        }
    }

    /// What a message calls a value of this type.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match self {
            Type::Any => "a value",
            Type::Bool => "true or false",
            Type::Number => "a number",
            Type::Text => "text",
            Type::List(_) => "a list",
            Type::Record(_) => "a record",
        }
    }
}

/// The one type that all have, or any.
fn one_type(mut types: impl Iterator<Item = Type>) -> Type {
    let Some(first) = types.next() else { return Type::Any };
    if types.all(|other| other == first) { first } else { Type::Any }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_becomes_its_type() {
        let schema = serde_json::json!({ "type": "object", "properties": {
            "key": { "type": ["string", "null"] },
            "got": { "type": "array", "items": { "type": "object", "properties": { "n": { "type": "integer" } } } },
            "trouble": { "anyOf": [{ "type": "object", "properties": { "kind": { "enum": ["a"] } } }, { "type": "null" }] },
            "json": true,
        } });
        assert_eq!(
            Type::from_schema(&schema),
            Type::record([
                ("key", Type::Text),
                ("got", Type::list(Type::record([("n", Type::Number)]))),
                ("trouble", Type::record([("kind", Type::Text)])),
                ("json", Type::Any),
            ])
        );
    }
}
