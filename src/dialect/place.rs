use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::syntax::with_cure;

/// Where in an answer a value stands.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Place {
    /// A header, by its lower-case name: `header:x-crm-token`.
    Header(String),
    /// A JSON pointer (RFC 6901) into the body: `json:/data/token`.
    Json(String),
    /// The whole body, white space at its ends aside: `text`.
    Text,
    /// The first absolute link of an HTML body: `html`.
    Html,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Header(name) => write!(f, "header:{name}"),
            Place::Json(pointer) => write!(f, "json:{pointer}"),
            Place::Text => f.write_str("text"),
            Place::Html => f.write_str("html"),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("header", name)) if !name.is_empty() => Ok(Place::Header(name.to_ascii_lowercase())),
            Some(("json", pointer)) if pointer.is_empty() || pointer.starts_with('/') => {
                Ok(Place::Json(pointer.to_owned()))
            }
            None if text == "text" => Ok(Place::Text),
            None if text == "html" => Ok(Place::Html),
            _ => Err(with_cure(
                format!("expected a place, found {text:?}"),
                "write `header:NAME`, `json:/POINTER`, `text` or `html`",
            )),
        }
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_shown() {
        for text in ["header:x-crm-token", "json:/data/token", "json:", "text", "html"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for text in ["", "json:token", "header:", "cookie:a", "texts"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
