use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use crate::listing::{SIZES, Size, TYPICAL};

/// How much a listing says: by the name of a size, or in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::load) struct Amount(pub(in crate::load) Size);

impl Default for Amount {
    fn default() -> Self {
        Self(TYPICAL)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`small`, `typical`, `largest`, or a number of bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        const NAMES: &[&str] = &["small", "typical", "largest"];
        Size::named(text).map(Amount).ok_or_else(|| E::unknown_variant(text, NAMES))
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<Amount, E> {
        // What is no u32 is no size either, and told of as such.
        Size::exactly(u32::try_from(bytes).unwrap_or_default()).map(Amount).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = SIZES.iter().map(|size| size.name).collect();
        json_schema!({ "anyOf": [
            { "enum": names },
            { "type": "integer", "minimum": Size::FEWEST, "maximum": Size::MOST },
        ] })
    }
}
