//! JSON whose objects name a member more than once.

use std::{collections::HashSet, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};

/// Whether a text is JSON in which an object has a member twice. Nested deeper than the parser goes, 128 levels, it is
/// none.
pub(super) fn repeats_a_member(text: &str) -> bool {
    let mut found = false;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Search(&mut found).deserialize(&mut reader).and_then(|()| reader.end());
    read.is_ok() && found
}

/// Looks through one value. What is found is noted from outside: a value that is no object has nothing to tell.
struct Search<'a>(&'a mut bool);

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Search(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            *self.0 |= !names.insert(name);
            members.next_value_seed(Search(self.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_comes_twice_is_seen_wherever_it_stands() {
        for twice in [
            r#"{"token": "a", "token": "b"}"#,
            r#"{"data": [1, -1, 1.5, null, true, "x", {"a": 1, "b": {"c": 1, "c": 1}}]}"#,
            r#"{"token": "a", "\u0074oken": "b"}"#,
        ] {
            assert!(repeats_a_member(twice), "{twice}");
        }
    }

    #[test]
    fn members_of_different_objects_and_what_is_no_json_repeat_nothing() {
        for once in [
            r#"{"a": {"b": 1}, "b": [{"a": 1}, {"a": 1}]}"#,
            r#"{"a": 1, "a": 2"#,
            "a token",
            "",
            r#"{"a": 1e999, "a": 1}"#,
        ] {
            assert!(!repeats_a_member(once), "{once}");
        }
    }
}
