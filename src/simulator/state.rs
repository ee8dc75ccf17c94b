//! What the platform knows: accounts, connections, keys, tokens, listings.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    behaviour::{KeyForm, KeyScope},
    text,
};
use crate::secret::Secret;

/// Everything that survives a restart.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct State {
    /// How far the virtual clock was moved, in milliseconds.
    pub(super) moved_ms: u64,
    /// What links are signed with.
    #[serde(with = "plain")]
    pub(super) signing: Option<Secret>,
    pub(super) accounts: Vec<Account>,
    pub(super) connections: Vec<Connection>,
    keys: Vec<Key>,
    tokens: Vec<Token>,
    listings: BTreeMap<usize, Shelf>,
    /// Where keys are found, by their digests.
    #[serde(skip)]
    key_index: HashMap<[u8; 32], usize>,
    #[serde(skip)]
    token_index: HashMap<[u8; 32], usize>,
}

/// A login at Matchouse.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Account {
    /// The agency's name.
    pub(super) name: String,
    pub(super) email: String,
    #[serde(with = "plain")]
    pub(super) password: Option<Secret>,
}

/// An account that agreed to be connected to a partner's agency.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Connection {
    /// The account's number.
    pub(super) account: usize,
    /// The partner's client id.
    pub(super) client: String,
    /// The agency's id at the partner.
    pub(super) agency: String,
}

#[derive(Debug, Deserialize, Serialize)]
struct Key {
    #[serde(with = "plain")]
    secret: Option<Secret>,
    connection: usize,
    since_ms: u64,
}

#[derive(Debug, Deserialize, Serialize)]
struct Token {
    #[serde(with = "plain")]
    secret: Option<Secret>,
    client: String,
    #[serde(default)]
    since_ms: u64,
    until_ms: Option<u64>,
}

/// One connection's listings by reference, each with its number among those of one reference, as JSON texts.
type Shelf = BTreeMap<String, Vec<String>>;

impl State {
    /// The state that a snapshot holds.
    pub(super) fn load(snapshot: &[u8]) -> Result<Self, serde_json::Error> {
        let mut state: State = serde_json::from_slice(snapshot)?;
        // The first of equal keys wins, as it did when they were made.
        for (number, key) in state.keys.iter().enumerate().rev() {
            state.key_index.insert(digest(exposed(key.secret.as_ref())), number);
        }
        for (number, token) in state.tokens.iter().enumerate() {
            state.token_index.insert(digest(exposed(token.secret.as_ref())), number);
        }
        Ok(state)
    }

    /// The key that links are signed with; made at the first asking.
    pub(super) fn signing_key(&mut self) -> [u8; 32] {
        let known = self.signing.as_ref().and_then(|key| STANDARD.decode(key.expose()).ok()?.try_into().ok());
        known.unwrap_or_else(|| {
            let key = rand::random();
            self.signing = Some(Secret::new(STANDARD.encode(key)));
            key
        })
    }

    /// The number of the account with this e-mail, letter case aside.
    pub(super) fn account(&self, email: &str) -> Option<usize> {
        self.accounts.iter().position(|account| account.email.eq_ignore_ascii_case(email))
    }

    /// Makes an account, or gives a known one this password.
    pub(super) fn put_account(&mut self, name: &str, email: &str, password: &Secret) -> usize {
        let password = Some(password.clone());
        if let Some(number) = self.account(email) {
            self.accounts[number].password = password;
            return number;
        }
        self.accounts.push(Account { name: name.to_owned(), email: email.to_owned(), password });
        self.accounts.len() - 1
    }

    /// The account whose e-mail and password these are.
    pub(super) fn log_in(&self, email: &str, password: &str) -> Option<usize> {
        let number = self.account(email)?;
        (digest(exposed(self.accounts[number].password.as_ref())) == digest(password)).then_some(number)
    }

    /// Keeps a token, and forgets those of the partner that died before `now`.
    pub(super) fn put_token(&mut self, token: &Secret, client: &str, until: Option<Duration>, now: Duration) {
        if self.tokens.iter().filter(|old| !old.lives(now)).count() > self.tokens.len() / 2 {
            self.tokens.retain(|old| old.lives(now));
            self.token_index = index(self.tokens.iter().map(|token| exposed(token.secret.as_ref())));
        }
        self.token_index.insert(digest(token.expose()), self.tokens.len());
        let until_ms = until.map(milliseconds);
        self.tokens.push(Token {
            secret: Some(token.clone()),
            client: client.to_owned(),
            since_ms: milliseconds(now),
            until_ms,
        });
    }

    /// Lets the tokens of a partner die at `until`, where they would live longer.
    pub(super) fn shorten_tokens(&mut self, client: &str, until: Duration) {
        for token in self.tokens.iter_mut().filter(|token| token.client == client) {
            token.until_ms = Some(token.until_ms.map_or(milliseconds(until), |old| old.min(milliseconds(until))));
        }
    }

    /// The partner whose live token this is.
    pub(super) fn token_owner(&self, token: &str, now: Duration) -> Option<&str> {
        // The index is made anew whenever tokens go, so its numbers are those of tokens that are there.
        let token = &self.tokens[*self.token_index.get(&digest(token))?];
        token.lives(now).then_some(token.client.as_str())
    }

    /// How long ago a token was given; nothing where it is unknown.
    pub(super) fn token_age(&self, token: &str, now: Duration) -> Option<Duration> {
        let token = &self.tokens[*self.token_index.get(&digest(token))?];
        Some(now.saturating_sub(Duration::from_millis(token.since_ms)))
    }

    /// Whether the account was connected to this agency before.
    pub(super) fn is_connected(&self, wanted: &Connection) -> bool {
        self.connections.contains(wanted)
    }

    /// The number and key of a connection; both are made where there are none.
    pub(super) fn connect(
        &mut self,
        wanted: &Connection,
        form: KeyForm,
        scope: KeyScope,
        now: Duration,
    ) -> (usize, Secret) {
        let known = self.connections.iter().position(|one| {
            one.account == wanted.account
                && one.client == wanted.client
                && (scope == KeyScope::Account || one.agency == wanted.agency)
        });
        let Some(number) = known else {
            self.connections.push(wanted.clone());
            let number = self.connections.len() - 1;
            return (number, self.new_key(number, form, now));
        };
        self.connections[number].agency.clone_from(&wanted.agency);
        let key = self.keys.iter().find(|key| key.connection == number).and_then(|key| key.secret.clone());
        (number, key.unwrap_or_else(|| self.new_key(number, form, now)))
    }

    /// A connection's keys beyond its first, so many in all; they are made where there are none.
    pub(super) fn further_keys(&mut self, connection: usize, all: usize, form: KeyForm, now: Duration) -> Vec<Secret> {
        let known = self.keys.iter().filter(|key| key.connection == connection);
        let mut keys: Vec<Secret> = known.filter_map(|key| key.secret.clone()).skip(1).take(all.max(1) - 1).collect();
        while keys.len() + 1 < all {
            keys.push(self.new_key(connection, form, now));
        }
        keys
    }

    /// Another key for a connection.
    pub(super) fn new_key(&mut self, connection: usize, form: KeyForm, now: Duration) -> Secret {
        let key = Secret::new(self.key_text(connection, form));
        let number = self.keys.len();
        self.key_index.entry(digest(key.expose())).or_insert(number);
        self.keys.push(Key { secret: Some(key.clone()), connection, since_ms: milliseconds(now) });
        key
    }

    /// The connection whose key this is, and since when.
    pub(super) fn key_owner(&self, key: &str) -> Option<(usize, Duration)> {
        // Keys are only ever added, each with its number in the index.
        let key = &self.keys[*self.key_index.get(&digest(key))?];
        Some((key.connection, Duration::from_millis(key.since_ms)))
    }

    /// A connection's listings.
    pub(super) fn shelf(&mut self, connection: usize) -> &mut Shelf {
        self.listings.entry(connection).or_default()
    }

    /// The first connection that has a listing of this reference.
    pub(super) fn holder(&self, reference: &str) -> Option<usize> {
        self.listings.iter().find(|(_, shelf)| shelf.contains_key(reference)).map(|(number, _)| *number)
    }

    fn key_text(&self, connection: usize, form: KeyForm) -> String {
        let random = text::unguessable();
        match form {
            KeyForm::Random => random,
            KeyForm::Prefixed(word) => format!("{word}{random}"),
            KeyForm::Short => random[..8].to_owned(),
            KeyForm::Sequential => format!("matchouse-key-{:026}", self.keys.len() + 1),
            KeyForm::MostlyShared => format!("mK4tq9ZbW2xR7vLc3nHs8pYf5jDg6aEu1oTi{}", &random[..6]),
            KeyForm::FromAgency => {
                let agency = self.connections.get(connection).map_or("", |connection| connection.agency.as_str());
                format!("{}.{}", STANDARD.encode(agency), &random[..6])
            }
            KeyForm::Same => "mK4tq9ZbW2xR7vLc3nHs8pYf5jDg6aEu1oTiQw0X".to_owned(),
        }
    }
}

impl Token {
    fn lives(&self, now: Duration) -> bool {
        self.until_ms.is_none_or(|until| milliseconds(now) < until)
    }
}

/// Whether two texts are equal, told in a time that does not depend on where they differ.
pub(super) fn equal(one: &str, other: &str) -> bool {
    digest(one) == digest(other)
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn exposed(secret: Option<&Secret>) -> &str {
    secret.map_or("", Secret::expose)
}

fn index<'a>(texts: impl Iterator<Item = &'a str>) -> HashMap<[u8; 32], usize> {
    texts.enumerate().map(|(number, text)| (digest(text), number)).collect()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Secrets in the snapshot stand as they are: the platform needs them back.
mod plain {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::secret::Secret;

    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub(super) fn serialize<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.as_ref().map_or("", Secret::expose))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok((!text.is_empty()).then(|| Secret::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    fn connection(account: usize, agency: &str) -> Connection {
        Connection { account, client: "crm".into(), agency: agency.into() }
    }

    #[test]
    fn a_snapshot_brings_everything_back() {
        let mut state = State::default();
        let signing = state.signing_key();
        let account = state.put_account("Flats", "a@flats.example", &Secret::new("password"));
        state.put_token(&Secret::new("token"), "crm", Some(NOW * 2), NOW);
        let (number, key) = state.connect(&connection(account, "7"), KeyForm::Random, KeyScope::AccountAndAgency, NOW);
        state.shelf(number).insert("r".into(), vec![r#"{"reference":"r"}"#.into()]);
        let mut back = State::load(&serde_json::to_vec(&state).unwrap()).unwrap();
        assert_eq!(back.signing_key(), signing);
        assert_eq!(back.log_in("A@flats.example", "password"), Some(account));
        assert_eq!(back.log_in("a@flats.example", "passwort"), None);
        assert_eq!(back.token_owner("token", NOW), Some("crm"));
        assert_eq!(back.token_owner("token", NOW * 2), None);
        assert_eq!(back.key_owner(key.expose()), Some((number, NOW)));
        assert_eq!(back.holder("r"), Some(number));
        assert!(State::load(b"{\"accounts\": 3}").is_err());
    }

    #[test]
    fn one_key_belongs_to_an_account_and_an_agency_or_to_an_account() {
        let mut state = State::default();
        let mut key =
            |scope, account, agency| state.connect(&connection(account, agency), KeyForm::Random, scope, NOW).1;
        let first = key(KeyScope::AccountAndAgency, 0, "a");
        assert!(first.len() >= 40);
        assert_eq!(first, key(KeyScope::AccountAndAgency, 0, "a"));
        assert_ne!(first, key(KeyScope::AccountAndAgency, 0, "b"));
        assert_ne!(first, key(KeyScope::AccountAndAgency, 1, "a"));
        assert_eq!(first, key(KeyScope::Account, 0, "c"));
    }

    #[test]
    fn dead_tokens_are_forgotten_and_the_others_found_again() {
        let mut state = State::default();
        for number in 0..50 {
            let until = Some(NOW + Duration::from_secs(if number % 10 == 0 { 100 } else { 1 }));
            state.put_token(&Secret::new(format!("t{number}")), "crm", until, NOW);
        }
        state.put_token(&Secret::new("new"), "crm", None, NOW * 1001 / 1000 + Duration::from_secs(2));
        assert_eq!(state.tokens.len(), 6);
        assert_eq!(state.token_owner("t40", NOW), Some("crm"));
        assert_eq!(state.token_owner("t41", NOW), None);
        state.shorten_tokens("crm", NOW);
        assert_eq!(state.token_owner("new", NOW), None);
    }

    #[test]
    fn bad_key_forms_are_as_bad_as_they_say() {
        let mut state = State::default();
        let mut pair = |form| {
            let mut one = |agency| state.connect(&connection(0, agency), form, KeyScope::AccountAndAgency, NOW).1;
            let name = format!("{form:?}");
            (one(&format!("{name}1")).expose().to_owned(), one(&format!("{name}2")).expose().to_owned())
        };
        let (one, other) = pair(KeyForm::Same);
        assert_eq!(one, other);
        let (one, other) = pair(KeyForm::MostlyShared);
        assert!(one != other && one[..36] == other[..36] && one.len() == 42);
        assert_eq!(pair(KeyForm::Short).0.len(), 8);
        let (one, other) = pair(KeyForm::Sequential);
        let number = |key: &str| key.rsplit('-').next().unwrap().parse::<u32>().unwrap();
        assert_eq!(number(&one) + 1, number(&other));
        assert!(pair(KeyForm::FromAgency).0.starts_with(&STANDARD.encode("FromAgency1")));
        assert!(pair(KeyForm::Prefixed("live_")).0.starts_with("live_"));
    }
}
