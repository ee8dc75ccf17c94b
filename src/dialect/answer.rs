use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::syntax::with_cure;

/// What stands for the type of a body that is not there.
const EMPTY: &str = "empty";
/// What stands for the type of a body that does not tell it.
const UNTYPED: &str = "untyped";

/// The outside of an answer: its status and what kind of body it has. Written `401 application/json`, `204 empty` or
/// `400 untyped`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Answer {
    /// The status: 100 to 599.
    status: u16,
    /// The content type without parameters, in lower case; `empty` or `untyped` where there is none.
    body: String,
}

impl Answer {
    /// An answer of this status, content type and length of body in bytes; nothing for a status that is none of HTTP.
    #[must_use]
    pub fn new(status: u16, content_type: &str, bytes: u64) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = match (bytes, is_type(&essence)) {
            (0, _) => EMPTY.to_owned(),
            (_, true) => essence,
            (_, false) => UNTYPED.to_owned(),
        };
        (100..600).contains(&status).then_some(Self { status, body })
    }
}

/// Whether a text is a media type: two names with a slash between.
fn is_type(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() < 64
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, name)| is_name(kind) && is_name(name))
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.body)
    }
}

impl FromStr for Answer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(' ').map(|(status, body)| (status.parse::<u16>(), body));
        match parts {
            Some((Ok(status @ 100..600), body)) if body == EMPTY || body == UNTYPED || is_type(body) => {
                Ok(Self { status, body: body.to_owned() })
            }
            _ => Err(with_cure(
                format!("expected a status and a content type, found {text:?}"),
                "write it such as \"401 application/json\", \"204 empty\" or \"400 untyped\"",
            )),
        }
    }
}

impl TryFrom<String> for Answer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Answer> for String {
    fn from(answer: Answer) -> Self {
        answer.to_string()
    }
}

impl JsonSchema for Answer {
    fn schema_name() -> Cow<'static, str> {
        "Answer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[1-5][0-9][0-9] (empty|untyped|[^ /]+/[^ /]+)$" })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_by_status_and_kind_of_body() {
        for (status, content_type, bytes, shown) in [
            (401, "Application/JSON; charset=utf-8", 9, "401 application/json"),
            (204, "", 0, "204 empty"),
            (400, "text/html", 0, "400 empty"),
            (400, "", 3, "400 untyped"),
            (400, "no type", 3, "400 untyped"),
            (422, "application/problem+json", 3, "422 application/problem+json"),
        ] {
            let answer = Answer::new(status, content_type, bytes).unwrap();
            assert_eq!(answer.to_string(), shown);
            assert_eq!(shown.parse(), Ok(answer));
        }
        assert_eq!(Answer::new(0, "", 0), None);
    }

    #[test]
    fn what_is_no_answer_is_told_with_an_example() {
        for text in ["", "401", "application/json", "99 empty", "600 empty", "401 json", "401  empty", "401 a/b/c"] {
            assert!(text.parse::<Answer>().unwrap_err().contains("401 application/json"), "{text}");
        }
    }
}
