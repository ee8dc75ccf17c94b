use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{Ready, SetupKind};
use crate::{
    load::{ground::Key, route::value},
    secret::{Secret, SecretKind},
};

/// Takes keys that agencies have already, so that no webhook is needed.
pub(super) struct Keys;

/// The arguments of `keys`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// `{ env: NAME }` or `{ file: PATH }`: one key on each line, or `agencyId,key`.
    from: From,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum From {
    /// An environment variable.
    Env(String),
    /// A file.
    File(PathBuf),
}

impl From {
    fn text(&self) -> Result<Secret, String> {
        match self {
            From::Env(name) => std::env::var(name).map(Secret::new).map_err(|_| {
                format!("the keys cannot be read: set the environment variable {name} to them, one on each line")
            }),
            From::File(path) => std::fs::read_to_string(path).map(Secret::new).map_err(|error| {
                format!("the keys cannot be read: {}: {error}; create it, with one key on each line", path.display())
            }),
        }
    }
}

impl SetupKind for Keys {
    const NAME: &'static str = "keys";
    const SUMMARY: &'static str = "takes keys that agencies have already, from the environment or a file";
    const EXAMPLE: &'static str = "{ from: { env: MATCHOUSE_KEYS } }";
    const NEEDS: &'static [&'static str] = &[];
    type Arguments = Arguments;

    fn ready(arguments: &Arguments) -> Result<(), String> {
        read(&arguments.from.text()?).map(drop)
    }

    async fn run(arguments: &Arguments, ready: &mut Ready) -> Result<(), String> {
        let found = read(&arguments.from.text()?)?;
        for key in found {
            ready.ground.shared.wire.vault().keep(SecretKind::Key, &key);
            ready.keys.push(Key { header: value(key.expose())? });
        }
        Ok(())
    }
}

/// The keys of a text, each of which may have its agencyId and a comma before it. No error shows what stands there.
fn read(text: &Secret) -> Result<Vec<Secret>, String> {
    let lines = text.expose().trim_start_matches('\u{feff}').lines().map(str::trim).enumerate();
    let mut keys = Vec::new();
    for (at, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let key = line.rsplit_once(',').map_or(line, |(_, key)| key.trim());
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(format!("line {} of the keys is no key: write one on each line, or `agencyId,key`", at + 1));
        }
        keys.push(Secret::new(key));
    }
    if keys.is_empty() { Err("there is no key: write one on each line".into()) } else { Ok(keys) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_or_without_their_agency() {
        let read = read(&Secret::new("\u{feff}# keys\nkey-1\r\n\n agency, 7 , key-2 \n")).unwrap();
        assert_eq!(read, ["key-1", "key-2"].map(Secret::new));
    }

    #[test]
    fn what_is_no_key_is_told_and_not_shown() {
        for (text, told) in [("", "there is no key"), ("a\nhush hush", "line 2"), ("hush,", "line 1")] {
            let error = read(&Secret::new(text)).unwrap_err();
            assert!(error.contains(told) && !error.contains("hush"), "{error}");
        }
    }
}
