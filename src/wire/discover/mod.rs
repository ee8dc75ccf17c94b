//! Token and link, wherever an answer may hold them.
//!
//! The guide says what an answer holds and not where. Candidates are offered best first; which of them is right, the
//! next call of the guide tells.

mod link;
#[cfg(test)]
mod tests;
mod token;

use serde_json::Value;

pub use link::{is_absolute_url, link_candidates};
pub use token::{token_candidates, tokens_to_try};

use super::Raw;
use crate::{dialect::Place, secret::Secret};

/// A value that may be the one looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Where it stands.
    pub place: Place,
    /// The value, as [`value_at`] gives it for the place.
    pub value: Secret,
    /// Whether the name of its place speaks for it, and not its looks alone.
    pub named: bool,
}

/// What stands at a place of an answer; nothing where no text, or an empty one, stands there.
///
/// The scheme word `Bearer` before a value is left out: the client writes it itself.
#[must_use]
pub fn value_at(raw: &Raw, place: &Place) -> Option<Secret> {
    let text = match place {
        Place::Header(name) => raw.header(name)?.to_owned(),
        Place::Json(pointer) => raw.json()?.pointer(pointer)?.as_str()?.to_owned(),
        Place::Text => raw.body.expose().to_owned(),
        Place::Html => link::first_href(raw.body.expose())?,
    };
    let value = without_scheme(text.trim());
    (!value.is_empty()).then(|| Secret::new(value))
}

/// A value without the word `Bearer` before it.
fn without_scheme(text: &str) -> &str {
    match text.split_at_checked(7) {
        Some((scheme, value)) if scheme.eq_ignore_ascii_case("bearer ") => value.trim_start(),
        _ => text,
    }
}

/// A candidate with what decides its rank among the others: less is better.
struct Ranked {
    rank: (u8, u8, usize),
    candidate: Candidate,
}

/// Ranks at and above this one are reached by looks alone.
const UNNAMED: u8 = 50;

/// Collects candidates and gives them best first: by rank, headers before JSON, shallow before deep; every value once.
#[derive(Default)]
struct Ranking(Vec<Ranked>);

impl Ranking {
    fn offer(&mut self, rank: u8, place: Place, value: &str) {
        let depth = match &place {
            Place::Header(_) => 0,
            Place::Json(pointer) => 1 + pointer.matches('/').count(),
            Place::Text | Place::Html => 200,
        };
        let order = (rank, u8::try_from(depth).unwrap_or(u8::MAX), self.0.len());
        let candidate = Candidate { place, value: Secret::new(value), named: rank < UNNAMED };
        self.0.push(Ranked { rank: order, candidate });
    }

    fn finish(mut self) -> Vec<Candidate> {
        self.0.sort_by_key(|ranked| ranked.rank);
        let mut all: Vec<Candidate> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for Ranked { candidate, .. } in self.0 {
            if seen.insert(candidate.value.expose().to_owned()) {
                all.push(candidate);
            }
        }
        all
    }
}

/// A name in lower case without separators: `x-crm-token`, `xCrmToken` and `X_CRM_TOKEN` are one.
pub(super) fn folded(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Every text of a JSON value, with its pointer and the name that stands nearest above it.
///
/// The parser's limit of 128 levels bounds the recursion.
fn strings(value: &Value) -> Vec<(String, String, String)> {
    fn walk(value: &Value, pointer: &str, name: &str, all: &mut Vec<(String, String, String)>) {
        match value {
            Value::String(text) => all.push((pointer.to_owned(), name.to_owned(), text.clone())),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{pointer}/{index}"), name, all);
                }
            }
            Value::Object(entries) => {
                for (key, item) in entries {
                    let step = key.replace('~', "~0").replace('/', "~1");
                    walk(item, &format!("{pointer}/{step}"), key, all);
                }
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(value, "", "", &mut all);
    all
}
