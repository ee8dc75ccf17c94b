use std::{borrow::Cow, fmt, sync::LazyLock};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{FAULTS, Fault, Stage};

/// A fault of the request stage, by its name: one that an answer may have.
pub type RequestFault = Named<true>;
/// A fault of the accept stage, by its name.
pub type AcceptFault = Named<false>;

/// A fault by its name, of the request stage or not.
#[derive(Clone, Copy)]
pub struct Named<const REQUEST: bool>(pub &'static Fault);

impl<const REQUEST: bool> Named<REQUEST> {
    const STAGE: Stage = if REQUEST { Stage::Request } else { Stage::Accept };

    fn names() -> &'static [&'static str] {
        static OF_REQUEST: LazyLock<Vec<&str>> = LazyLock::new(|| RequestFault::known().map(|row| row.name).collect());
        static OF_ACCEPT: LazyLock<Vec<&str>> = LazyLock::new(|| AcceptFault::known().map(|row| row.name).collect());
        if REQUEST { &OF_REQUEST } else { &OF_ACCEPT }
    }

    fn known() -> impl Iterator<Item = &'static Fault> {
        FAULTS.iter().copied().filter(|fault| fault.stage() == Self::STAGE)
    }
}

impl<const REQUEST: bool> fmt::Debug for Named<REQUEST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl<const REQUEST: bool> PartialEq for Named<REQUEST> {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl<const REQUEST: bool> Serialize for Named<REQUEST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name)
    }
}

impl<'de, const REQUEST: bool> Deserialize<'de> for Named<REQUEST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        if let Some(fault) = Self::known().find(|fault| fault.name == written) {
            return Ok(Self(fault));
        }
        if Fault::named(&written).is_some() {
            let cure = match Self::STAGE {
                Stage::Request => "it acts before a request is read: use it in a step `disturb`",
                Stage::Accept => "it acts on one request: use it in the answers of a step `receiver`",
            };
            return Err(D::Error::custom(format!("the fault `{written}` cannot stand here; {cure}")));
        }
        Err(D::Error::unknown_variant(&written, Self::names()))
    }
}

impl<const REQUEST: bool> JsonSchema for Named<REQUEST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        if REQUEST { "Fault".into() } else { "AcceptFault".into() }
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let known: Vec<_> = Self::known()
            .map(|fault| serde_json::json!({ "const": fault.name, "description": fault.summary }))
            .collect();
        json_schema!({ "oneOf": known })
    }
}
