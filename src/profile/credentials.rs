use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, value::MapAccessDeserializer},
};

use super::Target;
use crate::{
    secret::Secret,
    syntax::{Node, Source, with_cure},
};

/// A client id and where its secret comes from.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, expecting = "a table with `client_id` and `client_secret`")]
pub struct Login {
    /// The value of the `x-crm-client-id` header.
    pub client_id: ClientId,
    /// The value of the `x-crm-client-secret` header.
    pub client_secret: ClientSecret,
}

/// Where a client id comes from. It is no secret, so it may stand in the profile itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ClientId {
    /// The id itself.
    Plain(String),
    /// It is fetched when a run begins.
    Outside(Outside),
}

/// Where a client secret comes from: never the profile itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientSecret(pub Outside);

/// A place outside of the profile that holds a value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// An environment variable: `{ env = "NAME" }`.
    Env(Variable),
    /// A file, relative to the profile's folder, without its last line end: `{ file = "NAME" }`.
    File(PathBuf),
}

/// The name of an environment variable: letters, digits and underscores, no digit first.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub struct Variable(String);

impl Variable {
    pub(super) fn is_name(text: &str) -> bool {
        !text.starts_with(|first: char| first.is_ascii_digit())
            && !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Variable {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if Self::is_name(&text) {
            return Ok(Self(text));
        }
        // What stands here may be the secret itself, so the message does not repeat it.
        Err(with_cure(
            "`env` takes the name of an environment variable, not a value",
            "name it with letters, digits and underscores, such as \"MATCHOUSE_CLIENT_SECRET\"",
        ))
    }
}

impl<'de> Deserialize<'de> for Outside {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, expecting = "`{ env = \"NAME\" }` or `{ file = \"NAME\" }`")]
        struct Either {
            env: Option<Variable>,
            file: Option<PathBuf>,
        }
        match Either::deserialize(deserializer)? {
            Either { env: Some(name), file: None } => Ok(Self::Env(name)),
            Either { env: None, file: Some(path) } => Ok(Self::File(path)),
            _ => Err(de::Error::custom(with_cure(
                "expected one of `env` and `file`",
                "write { env = \"NAME\" } or { file = \"NAME\" }",
            ))),
        }
    }
}

struct IdVisitor;

impl<'de> de::Visitor<'de> for IdVisitor {
    type Value = ClientId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client id, `{ env = \"NAME\" }` or `{ file = \"NAME\" }`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ClientId, E> {
        if text.trim().is_empty() {
            return Err(E::custom(with_cure("an empty client id", "write the id that Matchouse gave you")));
        }
        Ok(ClientId::Plain(text.to_owned()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<ClientId, A::Error> {
        Outside::deserialize(MapAccessDeserializer::new(map)).map(ClientId::Outside)
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct SecretVisitor;

impl<'de> de::Visitor<'de> for SecretVisitor {
    type Value = ClientSecret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`{ env = \"NAME\" }` or `{ file = \"NAME\" }`")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<ClientSecret, E> {
        Err(E::custom(with_cure(
            "a client secret does not stand in a profile",
            "name where it is: client_secret = { env = \"MATCHOUSE_CLIENT_SECRET\" }, or { file = \"secret.txt\" }",
        )))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<ClientSecret, A::Error> {
        Outside::deserialize(MapAccessDeserializer::new(map)).map(ClientSecret)
    }
}

impl<'de> Deserialize<'de> for ClientSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// What a target's key headers carry.
#[derive(Clone, Debug, PartialEq)]
pub struct Credentials {
    /// The value of `x-crm-client-id`.
    pub client_id: String,
    /// The value of `x-crm-client-secret`.
    pub client_secret: Secret,
}

/// Everything of a target that does not stand in its profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The target's credentials.
    pub credentials: Credentials,
    /// Another partner's credentials, where the profile names them.
    pub second: Option<Credentials>,
}

/// A value that the profile names could not be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: `{key}`: {what}; {cure}")]
pub struct ResolveError {
    /// Where the key stands: file, line and column.
    pub place: String,
    /// The key, such as `target.staging.client_secret`.
    pub key: String,
    /// What is wrong, naming the variable or file.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

/// Where the credentials of a target stand, by key.
pub(super) fn places(source: &Source, target: &Node) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    for table in ["", "second."] {
        let node = if table.is_empty() { Some(target) } else { target.get("second") };
        for entry in node.map(Node::entries).unwrap_or_default() {
            let (line, column) = source.line_column(&entry.value.span);
            places.insert(format!("{table}{}", entry.key), format!("{}:{line}:{column}", source.name()));
        }
    }
    places
}

/// How the environment is asked for a variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How a file is read as text.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

impl Target {
    /// Fetches the credentials from where the profile says that they are.
    ///
    /// # Errors
    ///
    /// Every value that could not be had, each with the place of its key and what to do. No message holds a value.
    pub fn resolve(&self, env: Environment<'_>, read_file: ReadFile<'_>) -> Result<Resolved, Vec<ResolveError>> {
        let mut errors = Vec::new();
        let mut login = |table: &str, id: &ClientId, secret: &ClientSecret| {
            let mut fetch = |key: &str, from: &Outside| {
                self.fetch(&format!("{table}{key}"), from, env, read_file).map_err(|error| errors.push(error)).ok()
            };
            let client_id = match id {
                ClientId::Plain(id) => Some(id.clone()),
                ClientId::Outside(from) => fetch("client_id", from),
            };
            let client_secret = fetch("client_secret", &secret.0).map(Secret::new);
            Some(Credentials { client_id: client_id?, client_secret: client_secret? })
        };
        let credentials = login("", &self.client_id, &self.client_secret);
        let second = self.second.as_ref().map(|second| login("second.", &second.client_id, &second.client_secret));
        match (credentials, second) {
            (Some(credentials), None) => Ok(Resolved { credentials, second: None }),
            (Some(credentials), Some(Some(second))) => Ok(Resolved { credentials, second: Some(second) }),
            _ => Err(errors),
        }
    }

    fn fetch(
        &self,
        key: &str,
        from: &Outside,
        env: Environment<'_>,
        read_file: ReadFile<'_>,
    ) -> Result<String, ResolveError> {
        let error = |what: String, cure: String| ResolveError {
            place: self.places.get(key).cloned().unwrap_or_else(|| "profile".to_owned()),
            key: format!("target.{}.{key}", self.name),
            what,
            cure,
        };
        let (named, value) = match from {
            Outside::Env(Variable(name)) => {
                let value = env(name).ok_or_else(|| {
                    error(
                        format!("the environment variable {name} is not set"),
                        format!("set it (`export {name}=…`), or name another one here"),
                    )
                })?;
                (format!("the environment variable {name}"), value)
            }
            Outside::File(path) => {
                let path = self.path(path);
                let value = read_file(&path).map_err(|fault| {
                    error(
                        format!("{} cannot be read ({fault})", path.display()),
                        "create it, or name another file here; the name is relative to the profile's folder".into(),
                    )
                })?;
                let end = value.trim_end_matches(['\r', '\n']).len();
                (path.display().to_string(), value[..end].to_owned())
            }
        };
        if value.is_empty() {
            return Err(error(format!("{named} is empty"), "put the value there that Matchouse gave you".into()));
        }
        if value.chars().any(|letter| letter.is_control() || !letter.is_ascii()) || value.trim() != value {
            return Err(error(
                format!("what {named} holds cannot stand in a header"),
                "put the value there alone: printable ASCII, one line, no space at its ends".into(),
            ));
        }
        Ok(value)
    }
}
