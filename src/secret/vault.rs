use std::{
    collections::HashMap,
    sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use hmac::{Hmac, KeyInit, Mac};
use indexmap::IndexMap;
use sha2::Sha256;

use super::{Encoding, Needles, SHORTEST, Secret, encodings, hex, spellings};

/// What kind of secret a fingerprint stands for; part of the fingerprint's text.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SecretKind {
    /// A partner's client secret, right or deliberately wrong.
    Client,
    /// An x-crm-token.
    Token,
    /// A signed link.
    Link,
    /// An agency's x-api-key.
    Key,
    /// A password of an account.
    Password,
    /// A session cookie or hidden form value.
    Session,
    /// A long string in an answer that may be a secret.
    Other,
}

impl SecretKind {
    const ALL: [SecretKind; 7] = [
        SecretKind::Client,
        SecretKind::Token,
        SecretKind::Link,
        SecretKind::Key,
        SecretKind::Password,
        SecretKind::Session,
        SecretKind::Other,
    ];

    /// In which forms a secret is masked. What a platform was told, or hands out to be told, it may write down in whichever
    /// encoding, as in a header with both credentials; of the many others a syntax alone changes the spelling.
    fn forms(self, value: &str) -> Vec<Vec<u8>> {
        match self {
            SecretKind::Client | SecretKind::Token | SecretKind::Password => {
                let all = encodings(value).into_iter().filter(|(encoding, _)| *encoding != Encoding::Utf16);
                all.map(|(_, form)| form).collect()
            }
            SecretKind::Key | SecretKind::Link | SecretKind::Session | SecretKind::Other => {
                spellings(value).into_iter().chain([value.to_owned()]).map(String::into_bytes).collect()
            }
        }
    }

    fn word(self) -> &'static str {
        match self {
            SecretKind::Client => "client",
            SecretKind::Token => "token",
            SecretKind::Link => "link",
            SecretKind::Key => "key",
            SecretKind::Password => "password",
            SecretKind::Session => "session",
            SecretKind::Other => "other",
        }
    }
}

/// Begins every fingerprint: `mp-key-3f9a2c41b7d0e5f1-40b`, the last part being the secret's length in bytes.
const PREFIX: &str = "mp-";

/// The secrets of one run, under a key that is never written down.
///
/// Cloning gives another handle to the same vault.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    /// Has taken the vault's key, and nothing else.
    keyed: Hmac<Sha256>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    /// In the order in which they came.
    by_fingerprint: IndexMap<String, Secret>,
    by_value: HashMap<String, String>,
    /// What is masked, with the fingerprint that takes its place.
    masked: Needles<Arc<str>>,
}

impl Vault {
    /// An empty vault with a key of its own.
    #[must_use]
    pub fn new() -> Self {
        let key: [u8; 64] = rand::random();
        Self(Arc::new(Inner { keyed: Hmac::new(&key.into()), state: RwLock::default() }))
    }

    /// Keeps a secret and gives its fingerprint.
    #[expect(clippy::must_use_candidate, reason = "many keep a secret for its masking alone")]
    pub fn keep(&self, kind: SecretKind, secret: &Secret) -> String {
        if let Some(known) = self.read().by_value.get(secret.expose()) {
            return known.clone();
        }
        let fingerprint =
            format!("{PREFIX}{}-{}-{}b", kind.word(), self.digest(secret.expose().as_bytes()), secret.len());
        let forms = if secret.len() < SHORTEST { Vec::new() } else { kind.forms(secret.expose()) };
        let shared: Arc<str> = fingerprint.as_str().into();
        let mut state = self.write();
        if state.by_value.insert(secret.expose().to_owned(), fingerprint.clone()).is_some() {
            return fingerprint;
        }
        state.by_fingerprint.insert(fingerprint.clone(), secret.clone());
        for form in forms {
            state.masked.add(form, shared.clone());
        }
        fingerprint
    }

    /// The secret behind a fingerprint of this run.
    #[must_use]
    pub fn secret(&self, fingerprint: &str) -> Option<Secret> {
        self.read().by_fingerprint.get(fingerprint).cloned()
    }

    /// A keyed digest of bytes, 16 hexadecimal digits: equal bytes, equal digest, within this run only.
    #[must_use]
    pub fn digest(&self, bytes: &[u8]) -> String {
        let mut mac = self.0.keyed.clone();
        mac.update(bytes);
        hex(&mac.finalize().into_bytes()[..8])
    }

    /// `text` with every known secret of 8 bytes and more replaced by its fingerprint, in whichever of its [`spellings`] it
    /// stands there, or of its [`encodings`] where it was handed out or told; the longest wins. An encoded one does not come
    /// back by [`reveal`](Self::reveal), which puts the secret itself there.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let state = self.read();
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        // Needles are whole texts, so they begin and end between characters, and those found do not overlap.
        for (found, fingerprint) in state.masked.leftmost_longest(text.as_bytes()) {
            out.push_str(&text[at..found.start]);
            out.push_str(fingerprint);
            at = found.end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// `text` with every fingerprint of this run replaced by its secret: what may go on a wire, and nowhere else.
    #[must_use]
    pub fn reveal(&self, text: &str) -> Secret {
        let state = self.read();
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(PREFIX) {
            out.push_str(&rest[..at]);
            // Either the prefix, which stands there, or ASCII that was read up to its end.
            let length = fingerprint_length(&rest[at..]);
            match state.by_fingerprint.get(&rest[at..at + length]) {
                Some(secret) => out.push_str(secret.expose()),
                None => out.push_str(&rest[at..at + length]),
            }
            rest = &rest[at + length..];
        }
        out.push_str(rest);
        Secret::new(out)
    }

    /// Every secret with its fingerprint, for the search through the artefacts of a run.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Secret)> {
        let mut all = self.after(0);
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    /// The secrets that have come to the vault since it held so many, in the order in which they came.
    #[must_use]
    pub fn after(&self, known: usize) -> Vec<(String, Secret)> {
        let state = self.read();
        let new = state.by_fingerprint.get_range(known..).into_iter().flatten();
        new.map(|(name, secret)| (name.clone(), secret.clone())).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.state.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Default for Vault {
    fn default() -> Self {
        Self::new()
    }
}

/// The length of the fingerprint at the start of `text`, or of the bare prefix where none stands there.
fn fingerprint_length(text: &str) -> usize {
    let matched = SecretKind::ALL.iter().find_map(|kind| {
        let rest = text[PREFIX.len()..].strip_prefix(kind.word())?.strip_prefix('-')?;
        let hex = rest.get(..16).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let digits = rest[hex.len()..].strip_prefix('-')?.bytes().take_while(u8::is_ascii_digit).count();
        let length = PREFIX.len() + kind.word().len() + 1 + hex.len() + 1 + digits + 1;
        (digits > 0 && text.get(..length).is_some_and(|name| name.ends_with('b'))).then_some(length)
    });
    matched.unwrap_or(PREFIX.len())
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    #[test]
    fn what_was_told_is_masked_in_base64_too() {
        let vault = Vault::new();
        let name = vault.keep(SecretKind::Client, &Secret::new("s3cret-of-the-client"));
        let masked = vault.mask(&format!("Basic {}", STANDARD.encode("local-crm:s3cret-of-the-client")));
        assert!(masked.starts_with("Basic ") && masked.contains(&name), "{masked}");
    }

    #[test]
    fn a_secret_is_masked_and_comes_back() {
        let vault = Vault::new();
        let name = vault.keep(SecretKind::Key, &Secret::new("k-0123456789"));
        assert!(name.starts_with("mp-key-") && name.ends_with("-12b"), "{name}");
        let masked = vault.mask(r#"{"x-api-key":"k-0123456789"}"#);
        assert_eq!(masked, format!(r#"{{"x-api-key":"{name}"}}"#));
        assert_eq!(vault.reveal(&masked).expose(), r#"{"x-api-key":"k-0123456789"}"#);
    }

    #[test]
    fn the_longer_of_two_secrets_that_begin_alike_wins() {
        let vault = Vault::new();
        vault.keep(SecretKind::Client, &Secret::new("0123456789"));
        let long = vault.keep(SecretKind::Client, &Secret::new("0123456789ab"));
        assert_eq!(vault.mask("0123456789ab"), long);
    }

    #[test]
    fn secrets_of_all_ages_are_masked_and_the_longest_wins() {
        let vault = Vault::new();
        let value = |number: u32| format!("secret-{number:04}-{}", "x".repeat(number as usize % 7));
        let mut names = Vec::new();
        for number in 0..300 {
            names.push(vault.keep(SecretKind::Key, &Secret::new(value(number))));
            vault.keep(SecretKind::Key, &Secret::new(value(number)));
            // The prefix comes after the longer value, and so into another layer.
            vault.keep(SecretKind::Other, &Secret::new(format!("secret-{number:04}")));
            assert_eq!(vault.mask(&format!("<{}>", value(number / 2))), format!("<{}>", names[number as usize / 2]));
        }
        let all: String = (0..300).map(value).collect();
        assert_eq!(vault.mask(&all), names.concat());
    }

    #[test]
    fn what_only_looks_like_a_fingerprint_stays() {
        let vault = Vault::new();
        for text in [
            "mp-",
            "mp-key-",
            "mp-key-zz",
            "x mp-key-0123456789abcdef-",
            "mp-key-0123456789abcdef-4",
            "mp-key-0123456789abcdef-4b",
            "mp-kéy",
        ] {
            assert_eq!(vault.reveal(text).expose(), text);
        }
    }

    #[test]
    fn a_secret_is_masked_in_every_spelling() {
        let vault = Vault::new();
        let name = vault.keep(SecretKind::Link, &Secret::new("https://x.example/?a=1&b=2"));
        let text = r#"{"u":"https:\/\/x.example\/?a=1&b=2"} <a href="https://x.example/?a=1&amp;b=2">"#;
        assert_eq!(vault.mask(text), format!(r#"{{"u":"{name}"}} <a href="{name}">"#));
    }

    proptest::proptest! {
        #[test]
        fn masked_text_never_holds_a_secret_and_reveals_to_itself(secret in "[a-zA-Z0-9/+=-]{8,40}", around in r"[^\\]{0,40}") {
            // A backslash before a secret would make it another spelling of itself.
            let vault = Vault::new();
            vault.keep(SecretKind::Token, &Secret::new(secret.clone()));
            let text = format!("{around}{secret}{around}");
            let masked = vault.mask(&text);
            // A fingerprint may by chance hold a very short secret; 8 characters of its fixed words it never does.
            proptest::prop_assert!(!masked.contains(&secret) || "mp-token-".contains(&secret));
            let revealed = vault.reveal(&masked);
            proptest::prop_assert_eq!(revealed.expose(), text);
        }
    }
}
