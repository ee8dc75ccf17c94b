use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use super::request::Body;
use crate::secret::Secret;

/// The names of the guide's two fields (step 4).
pub(super) const KEY_FIELD: &str = "x-api-key";
const AGENCY_FIELD: &str = "agencyId";

/// A request's body as a webhook payload, as far as it is one.
pub(super) struct Payload {
    /// The kept part of the body; bytes that are not UTF-8 are replaced.
    pub(super) text: String,
    /// The members of the JSON object that the body is; nothing where it is none.
    pub(super) members: Option<Members>,
}

impl Payload {
    pub(super) fn read(body: &Body) -> Self {
        let members = if body.is_whole() { serde_json::from_slice(&body.kept).ok() } else { None };
        Self { text: String::from_utf8_lossy(&body.kept).into_owned(), members }
    }

    /// The agencyId, of whatever type.
    pub(super) fn agency_id(&self) -> Option<&Value> {
        self.members.as_ref()?.values(AGENCY_FIELD).last()
    }

    /// Every string that is given as the key: a sloppy sender may repeat a member.
    pub(super) fn keys(&self) -> Vec<Secret> {
        let values = self.members.iter().flat_map(|members| members.values(KEY_FIELD));
        values.filter_map(Value::as_str).map(Secret::new).collect()
    }
}

/// The members of a JSON object in their order; unlike a map's, repeated names are kept.
pub(super) struct Members(pub(super) Vec<(String, Value)>);

impl Members {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// An agencyId as text, whatever type a sender made of it.
pub(super) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
