use super::{Candidate, Ranking, UNNAMED, folded, is_absolute_url, strings, without_scheme};
use crate::{
    dialect::Place,
    wire::{MOST_OFFERED, Raw},
};

/// Names under which a token is likely, folded, best first.
const NAMES: &[&str] = &[
    "xcrmtoken",
    "crmtoken",
    "accesstoken",
    "token",
    "bearertoken",
    "authtoken",
    "apitoken",
    "jwt",
    "bearer",
    "authorization",
    "tokenvalue",
    "sessiontoken",
];

/// Parts of folded names that hold something about a token, never one.
const ABOUT: &[&str] = &[
    "expir",
    "type",
    "ttl",
    "life",
    "limit",
    "remaining",
    "count",
    "scheme",
    "issuer",
    "issued",
    "valid",
    "url",
    "uri",
];

/// Parts of folded names of tokens for other purposes.
const OTHER_PURPOSE: &[&str] = &["refresh", "csrf", "xsrf", "idtoken", "device", "nonce", "trace", "request", "page"];

/// The rank of a token whose name is not in the list.
const SOME_TOKEN: u8 = 30;
/// The rank of a token for another purpose.
const OTHER_TOKEN: u8 = 40;
/// The rank of a value whose name says that it identifies something.
const IDENTIFIER: u8 = 90;

/// The shortest text that is offered for its looks alone, in bytes.
const SHORTEST_UNNAMED: usize = 16;

/// What may be the x-crm-token of an answer of `/crm/oauth`, best first.
///
/// Headers and JSON texts with a token's name come first, then long unspaced texts of the JSON, then a plain body that is
/// one such word.
#[must_use]
pub fn token_candidates(raw: &Raw) -> Vec<Candidate> {
    let mut ranking = Ranking::default();
    for (name, value) in &raw.headers {
        let name = name.as_str();
        if let Ok(text) = std::str::from_utf8(value.as_bytes())
            && (name.contains("token") || name.starts_with("x-crm-") || name == "authorization")
        {
            offer(&mut ranking, Place::Header(name.to_owned()), name, text);
        }
    }
    let json = raw.json().filter(|json| json.is_string() || json.is_array() || json.is_object());
    match json {
        Some(json) => {
            for (pointer, name, text) in strings(&json) {
                offer(&mut ranking, Place::Json(pointer), &name, &text);
            }
        }
        None => offer(&mut ranking, Place::Text, "", raw.body.expose()),
    }
    ranking.finish()
}

/// What is worth a try as a token of an answer that should have none, best first and three at most. Of a refusal, what
/// has no digit and no token's name is a word of a language: an error's text.
#[must_use]
pub fn tokens_to_try(raw: &Raw) -> Vec<Candidate> {
    let is_mixed = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let candidates = token_candidates(raw).into_iter();
    let tried = candidates.filter(|one| one.named || raw.is_success() || is_mixed(one.value.expose()));
    tried.take(MOST_OFFERED).collect()
}

fn offer(ranking: &mut Ranking, place: Place, name: &str, text: &str) {
    let value = without_scheme(text.trim());
    if let Some(rank) = rank(&folded(name)).filter(|rank| looks_like_one(value, *rank, &place)) {
        ranking.offer(rank, place, value);
    }
}

/// How likely a token is under a folded name; nothing where it cannot be one.
fn rank(name: &str) -> Option<u8> {
    if let Some(at) = NAMES.iter().position(|known| *known == name) {
        return u8::try_from(at).ok();
    }
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match name {
        _ if holds(ABOUT) => None,
        _ if name.contains("token") && !holds(OTHER_PURPOSE) => Some(SOME_TOKEN),
        _ if name.contains("token") => Some(OTHER_TOKEN),
        _ if name.ends_with("id") || name.ends_with("uuid") || holds(OTHER_PURPOSE) => Some(IDENTIFIER),
        _ => Some(UNNAMED),
    }
}

fn looks_like_one(value: &str, rank: u8, place: &Place) -> bool {
    let word = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
    let long = rank < UNNAMED || value.len() >= SHORTEST_UNNAMED;
    // Markup and separated lists are words too, in a body of which nothing is known.
    let plain = *place != Place::Text || value.bytes().all(is_token_byte);
    word && long && plain && !is_something_else(value)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=_.~-|:".contains(&byte)
}

fn is_something_else(value: &str) -> bool {
    let word = ["bearer", "jwt", "true", "false", "null"].iter().any(|word| value.eq_ignore_ascii_case(word));
    let mail = value.split_once('@').is_some_and(|(_, host)| host.contains('.') && !host.contains(['/', '=']));
    word || mail || is_absolute_url(value) || value.parse::<jiff::Timestamp>().is_ok()
}
