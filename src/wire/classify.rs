//! Which parts of a request and its answer are secrets: found before the exchange is recorded.

use std::{
    collections::HashSet,
    sync::{PoisonError, RwLock},
};

use scraper::Html;
use serde_json::Value;
use url::Url;

use super::{
    Raw,
    discover::{Candidate, link_candidates, token_candidates, tokens_to_try},
    repeated::repeats_a_member,
};
use crate::{
    dialect::Place,
    evidence::Endpoint,
    markup,
    secret::{Chained, Secret, SecretKind, Vault},
};

/// The shortest text of an answer, of which nothing else is known, that may be a secret.
const SHORTEST: usize = 16;

/// How many new secrets one answer may bring. Beyond, its body is not recorded at all.
const MOST_IN_AN_ANSWER: usize = 500;

/// Texts of 16 bytes and more that we sent in the clear, such as agencyIds: an answer may repeat them, or a part of them, and they
/// must stay readable.
#[derive(Default)]
pub(super) struct Plain(RwLock<Sent>);

#[derive(Default)]
struct Sent {
    /// The texts, their members and words.
    texts: HashSet<String>,
    /// Those that are no words of others, in which parts are looked for.
    wholes: Vec<String>,
    /// All runs of 8 bytes in these, with their numbers: what begins with a run can be a part of no others.
    begins: Chained<usize>,
}

/// The first 8 bytes, which tell nearly always whether a text can be a part of another; nothing of a shorter one.
fn begin(text: &[u8]) -> Option<u64> {
    text.first_chunk().map(|begin| u64::from_be_bytes(*begin))
}

impl Plain {
    /// Takes in what was sent to one of the guide's endpoints, secrets masked.
    pub(super) fn sent(&self, text: &str) {
        // A word of what was sent before may hold more words, which are then not known: at worst one is masked in an answer.
        if self.holds(text) {
            return;
        }
        let mut whole = vec![text.to_owned()];
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => whole.extend(members.values().filter_map(Value::as_str).map(str::to_owned)),
            _ => whole.extend(url::form_urlencoded::parse(text.as_bytes()).map(|(_, value)| value.into_owned())),
        }
        // Secrets stand in the text by their fingerprints.
        let is_plain = |text: &&str| !text.is_empty() && !text.starts_with("mp-");
        let mut sent = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for whole in whole.iter().filter(|whole| is_plain(&whole.as_str())) {
            if sent.texts.insert(whole.clone()) {
                let number = sent.wholes.len();
                let mut rest = whole.as_bytes();
                while let Some(begin) = begin(rest) {
                    sent.begins.add(begin, number);
                    rest = &rest[1..];
                }
                sent.wholes.push(whole.clone());
            }
        }
        let words = whole.iter().flat_map(|text| words(text).chain(parts(text))).filter(is_plain);
        sent.texts.extend(words.map(str::to_owned));
    }

    /// Whether a text is one that was sent.
    fn holds(&self, value: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).texts.contains(value)
    }

    /// Whether a text is a part of one that was sent, as it stands or with its character references resolved: a platform may cut, trim
    /// or escape what it was told.
    fn holds_within(&self, value: &str) -> bool {
        let sent = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let holds = |value: &str| {
            let mut numbers = begin(value.as_bytes()).into_iter().flat_map(|begin| sent.begins.of(begin));
            // Numbered as they were put in, and none is taken out.
            numbers.any(|number| sent.wholes[*number].contains(value))
        };
        // Of markup, what it shows is not all that it says.
        let is_escaped = value.contains('&') && value.contains(';') && !value.contains('<');
        holds(value) || is_escaped && holds(&markup::parse(value).root_element().text().collect::<String>())
    }
}

/// Keeps the secrets that stand in a request's headers.
pub(super) fn keep_request(vault: &Vault, headers: &[(String, Secret)]) {
    for (name, value) in headers {
        let value = value.expose();
        let keep = |kind, value: &str| {
            if !value.is_empty() {
                vault.keep(kind, &Secret::new(value));
            }
        };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => {
                let value = value.split_once(' ').map_or(value, |(_, value)| value);
                keep(SecretKind::Token, value.trim());
            }
            "x-crm-client-secret" => keep(SecretKind::Client, value),
            "x-api-key" => keep(SecretKind::Key, value),
            "cookie" => value.split(';').filter_map(cookie_value).for_each(|value| keep(SecretKind::Session, value)),
            _ => {}
        }
    }
}

/// The value of the first `name=value`, where it is long or mixed enough to be a session.
fn cookie_value(cookie: &str) -> Option<&str> {
    let value = cookie.split(';').next()?.split_once('=')?.1.trim().trim_matches('"');
    (value.len() >= SHORTEST || value.len() >= 8 && is_mixed(value)).then_some(value)
}

/// Keeps the secrets of an answer; false where there are so many that its body must not be recorded.
///
/// `url` is the request's own.
pub(super) fn keep_answer(keeper: &Keeper<'_>, endpoint: Endpoint, url: &str, raw: &Raw) -> bool {
    for cookie in raw.headers.get_all(http::header::SET_COOKIE) {
        if let Some(value) = cookie.to_str().ok().and_then(cookie_value) {
            keeper.keep(SecretKind::Session, value);
        }
    }
    match endpoint {
        Endpoint::Oauth => keeper.named_or_words(raw, SecretKind::Token, &token_candidates(raw)),
        Endpoint::Integrate => keeper.named_or_words(raw, SecretKind::Link, &link_candidates(raw)),
        Endpoint::Page => keeper.page(raw, url),
        Endpoint::Listing | Endpoint::Clock | Endpoint::Other => true,
    }
}

/// What decides whether a text is kept as a secret.
pub(super) struct Keeper<'a> {
    pub(super) vault: &'a Vault,
    pub(super) plain: &'a Plain,
    pub(super) base: &'a Url,
}

impl Keeper<'_> {
    /// Keeps a part of a link or a page, unless it is a part of what was sent.
    fn keep_part(&self, kind: SecretKind, value: &str) {
        if !self.plain.holds_within(value) {
            self.keep(kind, value);
        }
    }

    fn keep(&self, kind: SecretKind, value: &str) {
        // What is no more than a part of the base URL stands in every request.
        if !self.plain.holds(value) && !self.base.as_str().contains(value) {
            self.vault.keep(kind, &Secret::new(value));
        }
    }

    /// Keeps the candidates, or else every long word. Of a refusal only what is named as a secret is one, and of one of
    /// `/crm/oauth` what may yet be tried as a token: the rest is the text of an error. False where there are too many.
    fn named_or_words(&self, raw: &Raw, kind: SecretKind, candidates: &[Candidate]) -> bool {
        let in_header = |candidate: &&Candidate| matches!(candidate.place, Place::Header(_));
        let tried = if kind == SecretKind::Token { tokens_to_try(raw) } else { Vec::new() };
        let is_one = |candidate: &&Candidate| candidate.named || raw.is_success();
        let kept = candidates.iter().filter(is_one).chain(&tried);
        let (in_headers, in_body): (Vec<_>, Vec<_>) = kept.partition(in_header);
        // Where a member comes twice, readers differ in which of them counts (RFC 8259, section 4): we know one alone.
        let unknown = raw.is_success() && (candidates.is_empty() || repeats_a_member(raw.body.expose()));
        let words: HashSet<&str> = if unknown { words(raw.body.expose()).collect() } else { HashSet::new() };
        let recordable = in_body.len() + words.len() <= MOST_IN_AN_ANSWER;
        // The best come first: whatever is tried as the token or the link is among those that are kept.
        for candidate in in_headers.into_iter().chain(in_body.into_iter().take(MOST_IN_AN_ANSWER)) {
            match kind {
                SecretKind::Link => self.link(candidate.value.expose()),
                _ => self.keep(kind, candidate.value.expose()),
            }
        }
        for word in words.into_iter().filter(|_| recordable).collect::<std::collections::BTreeSet<_>>() {
            self.keep(SecretKind::Other, word);
        }
        recordable
    }

    /// Keeps a signed URL, and its long parts: a page repeats the signature without the rest.
    pub(super) fn link(&self, text: &str) {
        let Ok(url) = Url::parse(text) else { return };
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if bare {
            return;
        }
        self.keep(SecretKind::Link, text);
        for part in url_parts(&url) {
            self.keep_part(SecretKind::Link, &part);
        }
    }

    fn page(&self, raw: &Raw, url: &str) -> bool {
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let mut found = HashSet::new();
        for name in ["location", "refresh"] {
            if let Some(url) = raw.header(name).and_then(|value| self.base.join(value).ok()) {
                found.extend(url_parts(&url));
            }
        }
        if raw.body.expose().contains('<') {
            found.extend(raw.body.read(|page| self.page_values(page)));
        }
        if raw.is_success() {
            // A page may show the key that it has just made.
            found.extend(parts(raw.body.expose()).filter(|part| is_mixed(part)).map(str::to_owned));
        }
        found.retain(|value| !host.contains(value));
        if found.len() > MOST_IN_AN_ANSWER {
            return false;
        }
        for value in &found.into_iter().collect::<std::collections::BTreeSet<_>>() {
            self.keep_part(SecretKind::Session, value);
        }
        true
    }

    /// Hidden values and the long parts of addresses on a page.
    fn page_values(&self, page: &Html) -> Vec<String> {
        let mut found = Vec::new();
        for element in page.root_element().descendent_elements() {
            let hidden = element.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"));
            let csrf = element.value().name() == "meta";
            let value = if hidden { element.attr("value") } else { element.attr("content").filter(|_| csrf) };
            found
                .extend(value.filter(|value| value.len() >= SHORTEST && (hidden || is_word(value))).map(str::to_owned));
            for name in ["href", "action", "formaction"] {
                if let Some(url) = element.attr(name).and_then(|value| self.base.join(value).ok()) {
                    found.extend(url_parts(&url).into_iter().filter(|part| is_mixed(part)));
                }
            }
        }
        found
    }
}

/// The path segments and parameter values of 16 bytes and more, as they stand and decoded.
fn url_parts(url: &Url) -> Vec<String> {
    let segments = url.path_segments().into_iter().flatten().map(str::to_owned);
    let query = url.query().unwrap_or_default();
    let encoded = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value).to_owned());
    let decoded = url.query_pairs().map(|(_, value)| value.into_owned());
    let fragment = url.fragment().into_iter().map(str::to_owned);
    segments.chain(encoded).chain(decoded).chain(fragment).filter(|part| part.len() >= SHORTEST).collect()
}

/// The runs of 16 bytes and more of the letters that tokens and keys are written in.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii() || !is_word_byte(character as u8))
        .filter(|word| word.len() >= SHORTEST)
}

/// The same, but for the letters that part addresses: of those a page has many, and hosts and paths stay readable.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let inside = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
    text.split(move |character| !inside(character)).filter(|part| part.len() >= SHORTEST)
}

fn is_word(text: &str) -> bool {
    text.bytes().all(is_word_byte)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=_.~-".contains(&byte)
}

/// Whether a text has both letters and digits, as random ones have and words of a language do not.
fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}
