use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{
    CANARY_PATH,
    index::Index,
    payload::{KEY_FIELD, Members, Payload},
    request::Head,
};
use crate::secret::{Encoding, Secret, SecretKind, Vault, encodings};

/// The most bytes of a text that are recorded.
const TEXT_LIMIT: usize = 16 * 1024;
/// Where a key is looked for in vain, every run of so many characters counts as a secret.
const SHORTEST_RUN: usize = 16;
/// Shorter forms of a key occur by chance.
const SHORTEST_FORM: usize = 8;
/// Headers whose long runs are secrets, known or not.
const CREDENTIAL_HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// Hides what one request says of secrets. All that it masks is in the vault before the first text is masked.
pub(super) struct Mask<'a> {
    vault: &'a Vault,
    index: &'a Index,
    keys: Vec<(Secret, String)>,
    /// The encoded forms of the request's keys, each with the fingerprint that replaces it.
    forms: BTreeMap<String, String>,
    /// Whether the body is a payload with a key.
    telling: bool,
}

impl<'a> Mask<'a> {
    /// Keeps every secret of a request in the vault. The `registered` target is ours, and none of them.
    pub(super) fn new(vault: &'a Vault, index: &'a Index, registered: &'a str, head: &Head, payload: &Payload) -> Self {
        let found = payload.keys();
        let telling = !found.is_empty();
        let elsewhere = head.values(KEY_FIELD).map(Secret::new).chain(keys_of_query(&head.target));
        let elsewhere = elsewhere.filter(|secret| secret.len() >= SHORTEST_FORM);
        let keys: Vec<_> = found
            .into_iter()
            .chain(elsewhere)
            .map(|secret| {
                let fingerprint = vault.keep(SecretKind::Key, &secret);
                (secret, fingerprint)
            })
            .collect();
        let mut forms = BTreeMap::new();
        for (secret, fingerprint) in &keys {
            for (encoding, form) in encodings(secret.expose()) {
                if let (true, Ok(form)) = (encoding != Encoding::Raw, String::from_utf8(form))
                    && form.len() >= SHORTEST_FORM
                {
                    forms.insert(form, fingerprint.clone());
                }
            }
        }
        let mask = Self { vault, index, keys, forms, telling };
        if !telling {
            mask.keep_runs(trimmed(&payload.text));
            mask.keep_runs(&head.target.replace(registered, " ").replace(CANARY_PATH, " "));
        }
        for name in CREDENTIAL_HEADERS {
            head.values(name).for_each(|value| mask.keep_runs(value));
        }
        mask
    }

    /// The text without any known secret, and without any form of the request's own keys.
    pub(super) fn text(&self, text: &str) -> String {
        let mut masked = self.vault.mask(text);
        for (form, fingerprint) in self.forms.iter().rev() {
            if masked.contains(form.as_str()) {
                masked = masked.replace(form, fingerprint);
            }
        }
        masked
    }

    /// The body, cut to what is recorded.
    pub(super) fn body(&self, payload: &Payload) -> String {
        let masked = match &payload.members {
            Some(members) if self.telling => self.members(members, &payload.text),
            _ => self.text(trimmed(&payload.text)),
        };
        cut(&masked, TEXT_LIMIT).to_owned()
    }

    /// The fingerprint of one of the request's keys.
    pub(super) fn fingerprint(&self, key: &Secret) -> String {
        self.vault.keep(SecretKind::Key, key)
    }

    /// The agencyId, with what is longer than any id cut off.
    pub(super) fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => cut(&self.text(text), TEXT_LIMIT).into(),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                let masked = members.iter().map(|(name, value)| (self.text(name), self.value(value)));
                Value::Object(masked.collect())
            }
            other => other.clone(),
        }
    }

    /// A target or a header's value as it is recorded, and whether a key of this run stands in it.
    pub(super) fn place(&self, text: &str) -> (String, bool) {
        // The masked text names what was masked by its kind.
        let named = |text: &str| text.matches("mp-key-").count();
        let masked = self.text(text);
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        let masked_decoded = self.text(&decoded);
        if named(&masked_decoded) > named(&masked).max(named(&decoded)) {
            return (masked_decoded, true);
        }
        // A longer run around an encoded key may be what was masked.
        let encoded = self.forms.keys().any(|form| text.contains(form.as_str()));
        let found = encoded || named(&masked) > named(text);
        (masked, found)
    }

    /// A payload's text as it came, unless it spells a key in a way that the mask does not know.
    fn members(&self, members: &Members, text: &str) -> String {
        let masked = self.text(text);
        match serde_json::from_str::<Members>(&masked) {
            Ok(read) if !read.0.iter().any(|(name, value)| self.shows(name, value)) => masked,
            _ => {
                let hidden = members.0.iter().map(|(name, value)| {
                    let value = if name == KEY_FIELD { self.key(value) } else { self.value(value) };
                    format!("{}:{value}", Value::from(self.text(name)))
                });
                format!("{{{}}}", hidden.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// Whether a member still shows a key: as the key, however short, or inside any text.
    fn shows(&self, name: &str, value: &Value) -> bool {
        let is_key = |text: &str| self.keys.iter().any(|(key, _)| key.expose() == text);
        let has_key = |text: &str| self.text(text) != text;
        match value {
            Value::String(text) => (name == KEY_FIELD && is_key(text)) || has_key(text) || has_key(name),
            Value::Array(items) => items.iter().any(|item| self.shows(name, item)),
            Value::Object(members) => members.iter().any(|(name, value)| self.shows(name, value)),
            _ => has_key(name),
        }
    }

    fn key(&self, value: &Value) -> Value {
        let known = self.keys.iter().find(|(key, _)| value.as_str() == Some(key.expose()));
        known.map_or_else(|| self.value(value), |(_, fingerprint)| fingerprint.as_str().into())
    }

    /// Keeps every long run beside the request's keys, which are secrets already and stay known as keys.
    fn keep_runs(&self, text: &str) {
        let keys = self.keys.iter().map(|(key, _)| key.expose()).filter(|key| key.len() >= SHORTEST_FORM);
        let text = keys.fold(text.to_owned(), |text, key| text.replace(key, " "));
        for run in text.split(|letter| !in_run(letter)).filter(|run| run.len() >= SHORTEST_RUN) {
            if !self.is_ours(run) {
                self.vault.keep(SecretKind::Other, &Secret::new(run));
            }
        }
    }

    /// Whether a run is an agencyId of ours or a part of one, perhaps as `agencyId=…`.
    fn is_ours(&self, run: &str) -> bool {
        let value = run.split_once('=').map_or(run, |(_, value)| value);
        [run, value].iter().any(|part| self.index.find(part).is_some_and(|id| id.contains(*part)))
    }
}

fn in_run(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+/=_.~-".contains(letter)
}

/// The part of a text in which runs are looked for: no more than is recorded, and no run cut in two.
fn trimmed(text: &str) -> &str {
    let part = cut(text, TEXT_LIMIT);
    if part.len() == text.len() { part } else { part.trim_end_matches(in_run) }
}

/// The longest part from the front that has at most `limit` bytes.
fn cut(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    &text[..text.floor_char_boundary(limit)]
}

/// What a request target gives as the key, by the field's name.
fn keys_of_query(target: &str) -> impl Iterator<Item = Secret> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('=')).filter_map(|(name, value)| {
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        plain(name).eq_ignore_ascii_case(KEY_FIELD).then(|| Secret::new(plain(value)))
    })
}
