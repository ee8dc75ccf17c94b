use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// Headers in their order, written as a mapping or as a list of `{ name, value }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Headers(pub(super) Vec<(String, String)>);

/// One header of the list form, which alone can name a header twice.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct NamedValue {
    /// The name, in the case in which it is to be sent.
    name: String,
    /// The value.
    value: HeaderValue,
}

impl Headers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push<E: serde::de::Error>(&mut self, name: String, value: HeaderValue) -> Result<(), E> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(E::custom(format!("expected the name of a header, such as `Retry-After`, found `{name}`")));
        }
        self.0.push((name, value.0));
        Ok(())
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.0.iter().map(|(name, value)| NamedValue { name: name.clone(), value: HeaderValue(value.clone()) }),
        )
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HeadersVisitor;

        impl<'de> Visitor<'de> for HeadersVisitor {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("headers such as `{ Retry-After: 7 }`, or a list of `{ name: …, value: … }`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Headers, A::Error> {
                let mut headers = Headers::default();
                while let Some((name, value)) = access.next_entry()? {
                    headers.push(name, value)?;
                }
                Ok(headers)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Headers, A::Error> {
                let mut headers = Headers::default();
                while let Some(NamedValue { name, value }) = access.next_element()? {
                    headers.push(name, value)?;
                }
                Ok(headers)
            }
        }

        deserializer.deserialize_any(HeadersVisitor)
    }
}

impl JsonSchema for Headers {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Headers".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (value, named) = (HeaderValue::json_schema(generator), NamedValue::json_schema(generator));
        json_schema!({
            "anyOf": [
                { "type": "object", "additionalProperties": value },
                { "type": "array", "items": named },
            ]
        })
    }
}

/// A header's value: text, or a whole number.
#[derive(Clone, Serialize)]
struct HeaderValue(String);

impl<'de> Deserialize<'de> for HeaderValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl Visitor<'_> for ValueVisitor {
            type Value = HeaderValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value of a header: text or a whole number")
            }

            fn visit_i64<E>(self, value: i64) -> Result<HeaderValue, E> {
                Ok(HeaderValue(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<HeaderValue, E> {
                Ok(HeaderValue(value.to_string()))
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<HeaderValue, E> {
                if value.contains(['\r', '\n', '\0']) {
                    return Err(E::custom("expected the value of a header, on one line"));
                }
                Ok(HeaderValue(value.to_owned()))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

impl JsonSchema for HeaderValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "HeaderValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}
