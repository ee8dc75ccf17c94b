//! How listings are written down: one file for each flavour, and one row in [`FLAVOURS`].

mod neutral;
mod rightmove;
mod write;
mod zoopla;

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use super::model::Listing;

/// A way to write listings down.
pub struct Flavour {
    /// Its name, as a profile says it.
    pub name: &'static str,
    /// Whose form it is.
    pub about: &'static str,
    /// Our JSON Schema of it: a listing, and under `$defs/removal` what a removal says.
    pub schema: &'static str,
    /// Writes a listing.
    write: fn(&Listing, &mut Vec<u8>),
    /// Writes that a listing is removed, and why.
    remove: fn(&Listing, &mut Vec<u8>),
    /// Where it puts what scenarios call by a name, as JSON pointers (RFC 6901). A name without a row stands at the top.
    places: &'static [(&'static str, &'static str)],
}

/// All flavours; the first is the one that stands where nothing is said.
pub const FLAVOURS: &[&Flavour] = &[&neutral::FLAVOUR, &rightmove::FLAVOUR, &zoopla::FLAVOUR];

impl Flavour {
    /// The flavour of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Flavour> {
        FLAVOURS.iter().find(|flavour| flavour.name == name).copied()
    }

    /// A listing as a body: compact JSON.
    #[must_use]
    pub fn body(&self, listing: &Listing) -> Vec<u8> {
        let media: usize = listing.media.iter().map(|medium| 150 + medium.url.len()).sum();
        let rooms: usize = listing.rooms.iter().map(|room| 250 + room.description.len() + 80 * room.photos.len()).sum();
        let mut out = Vec::with_capacity(2048 + listing.description.len() * 17 / 16 + media + rooms);
        (self.write)(listing, &mut out);
        out
    }

    /// What is sent when a listing is removed, where the removal has a body.
    #[must_use]
    pub fn removal(&self, listing: &Listing) -> Vec<u8> {
        let mut out = Vec::new();
        (self.remove)(listing, &mut out);
        out
    }

    /// A listing as JSON that can be altered.
    #[must_use]
    pub fn json(&self, listing: &Listing) -> Value {
        // What was written a moment ago can be read.
        serde_json::from_slice(&self.body(listing)).unwrap_or_default()
    }

    /// Whether it is the one that stands where nothing is said.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == *FLAVOURS[0]
    }

    fn place(&self, name: &str) -> Option<&'static str> {
        self.places.iter().find(|(known, _)| *known == name).map(|(_, place)| *place)
    }

    /// Puts a value where this flavour has what is called by `name`; `null` takes it out.
    pub fn put(&self, body: &mut Value, name: &str, value: Value) {
        let (parent, last) = self.place(name).and_then(|place| place.rsplit_once('/')).unwrap_or(("", name));
        let Some(members) = body.pointer_mut(parent).and_then(Value::as_object_mut) else { return };
        if value.is_null() {
            members.remove(last);
        } else {
            members.insert(last.to_owned(), value);
        }
    }

    /// What scenarios see of a JSON object that holds a listing or the part of one in which its reference stands: its own
    /// members, and those that this flavour puts elsewhere, by their names.
    #[must_use]
    pub fn seen(&self, object: &Value) -> Map<String, Value> {
        let mut members = object.as_object().cloned().unwrap_or_default();
        for (name, place) in self.places {
            let mut ends = place.match_indices('/').map(|(at, _)| &place[at..]);
            if let Some(value) = ends.find_map(|end| object.pointer(end)) {
                members.entry(*name).or_insert_with(|| value.clone());
            }
        }
        members
    }
}

impl Default for &'static Flavour {
    fn default() -> Self {
        FLAVOURS[0]
    }
}

impl Serialize for Flavour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for &'static Flavour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Flavour::named(&name).ok_or_else(|| {
            let names: Vec<String> = FLAVOURS.iter().map(|flavour| format!("`{}`", flavour.name)).collect();
            D::Error::custom(format!("unknown flavour `{name}`: the flavours are {}", names.join(", ")))
        })
    }
}

impl JsonSchema for Flavour {
    fn schema_name() -> Cow<'static, str> {
        "Flavour".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = FLAVOURS.iter().map(|flavour| flavour.name).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

impl PartialEq for Flavour {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::listing::{Generator, SMALL, Shape, Stock};

    #[test]
    fn what_is_put_under_a_name_is_seen_under_it_in_every_flavour() {
        for flavour in FLAVOURS {
            let shape = Shape { flavour, size: SMALL, stock: Stock::HousesForSale };
            let generator = Generator::new(1, shape);
            let whole = flavour.json(&generator.named("a-reference"));
            assert_eq!(flavour.seen(&whole)["reference"], "a-reference");
            for name in ["reference", "price", "bedrooms", "summary", "description", "address"] {
                let mut body = whole.clone();
                assert!(flavour.seen(&body).contains_key(name), "{flavour:?} has a {name}");
                flavour.put(&mut body, name, json!("new"));
                assert_eq!(flavour.seen(&body)[name], "new", "{flavour:?} {name}");
                flavour.put(&mut body, name, Value::Null);
                assert!(!flavour.seen(&body).contains_key(name), "{flavour:?} {name}");
            }
            let mut body = whole.clone();
            flavour.put(&mut body, "never_heard_of", json!(1));
            assert_eq!(body["never_heard_of"], 1);
            flavour.put(&mut Value::Null, "price", json!(1));
        }
    }

    #[test]
    fn names_are_seen_in_the_part_that_a_platform_gives_back() {
        let flavour = Flavour::named("rightmove").unwrap();
        let part = json!({ "agent_ref": "r-1", "price_information": { "price": 5 } });
        assert_eq!((&flavour.seen(&part)["reference"], &flavour.seen(&part)["price"]), (&json!("r-1"), &json!(5)));
        let own = json!({ "agent_ref": "r-1", "price": 6, "price_information": { "price": 5 } });
        assert_eq!(flavour.seen(&own)["price"], 6, "the platform's own word goes first");
    }
}
