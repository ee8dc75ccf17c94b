//! `matchproof.toml`: the targets that a person may name, and what each of them allows and promises.
//!
//! A profile holds no secret. It says where secrets come from, and [`Target::resolve`] fetches them. Everything in it is
//! checked when it is read: every mistake of every target at once, each with its place and what to write instead. To add
//! a key, write it into the file of its table and a row into `keys`; where a target may lack it, one into
//! [`CAPABILITIES`].

mod agency;
mod capability;
mod check;
mod credentials;
mod keys;
mod listing;
mod mask;
mod rate;
mod retry;
mod schema;
mod target;
#[cfg(test)]
mod tests;
mod timeouts;
mod value;
mod webhook;

use std::{collections::BTreeMap, path::Path};

pub use agency::{Agency, Driver, Form};
pub use capability::{CAPABILITIES, Capability, Have};
pub use credentials::{
    ClientId, ClientSecret, Credentials, Environment, Login, Outside, ReadFile, ResolveError, Resolved, Variable,
};
pub use listing::{ClockDriver, Listing, Method};
pub use rate::{Load, Rate};
pub use retry::{MaxRetries, Retry, Success};
pub use schema::schema;
pub use target::{DialectSource, Target};
pub use timeouts::Timeouts;
pub use value::{Bounded, Call, HttpUrl, Listen, Route};
pub use webhook::{MailDriver, Mailbox, Webhook};

use crate::syntax::{Mistake, Node, Source, closest, decode_rest, parse_toml};

/// A profile that was read and found to be in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    file: String,
    targets: BTreeMap<String, Target>,
}

/// A target was asked for that the profile does not have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file} has no target `{name}`; {cure}")]
pub struct UnknownTarget {
    file: String,
    name: String,
    cure: String,
}

impl Profile {
    /// Reads and checks a whole profile. Neither the environment nor any other file is looked at.
    ///
    /// # Errors
    ///
    /// Every mistake in every target, in the order of the file; never empty.
    pub fn read(source: &Source) -> Result<Self, Vec<Mistake>> {
        let node = parse_toml(source)
            .map_err(|mistake| vec![Mistake { source: mask::unparsed(&mistake.source), ..mistake }])?;
        let source = &mask::parsed(source, &node);
        let folder = Path::new(source.name()).parent().unwrap_or(Path::new("")).to_owned();
        let mut profile = Self { file: source.name().to_owned(), targets: BTreeMap::new() };
        let mut mistakes = Vec::new();
        for entry in node.entries() {
            if entry.key == "target" {
                for target in entry.value.entries() {
                    match read_target(source, &target.key, &target.value) {
                        Ok(read) => {
                            profile.targets.insert(target.key.clone(), Target { folder: folder.clone(), ..read });
                        }
                        Err(found) => mistakes.extend(found),
                    }
                }
                if !matches!(entry.value.kind, crate::syntax::Kind::Map(_)) {
                    let what = format!("expected tables, found {}", entry.value.describe());
                    let cure = "write a table for each target, such as `[target.staging]`";
                    mistakes.push(Mistake::new(source, entry.value.span.clone(), what).cure(cure));
                }
            } else {
                let what = format!("unknown key `{}`", entry.key);
                mistakes.push(Mistake::new(source, entry.key_span.clone(), what).cure_from(&entry.key, ["target"]));
            }
        }
        mistakes.sort_by_key(|mistake| mistake.span.start);
        if mistakes.is_empty() { Ok(profile) } else { Err(mistakes) }
    }

    /// The target of this name.
    #[must_use]
    pub fn target(&self, name: &str) -> Option<&Target> {
        self.targets.get(name)
    }

    /// The names of all targets, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.targets.keys().map(String::as_str)
    }

    /// The target of this name.
    ///
    /// # Errors
    ///
    /// When there is none: the error names the target that was probably meant, or all there are.
    pub fn pick(&self, name: &str) -> Result<&Target, UnknownTarget> {
        self.target(name).ok_or_else(|| {
            let cure = match closest(name, self.names()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if self.targets.is_empty() => format!("add a table `[target.{name}]`"),
                None => format!("it has {}", self.names().collect::<Vec<_>>().join(", ")),
            };
            UnknownTarget { file: self.file.clone(), name: name.to_owned(), cure }
        })
    }
}

fn read_target(source: &Source, name: &str, node: &Node) -> Result<Target, Vec<Mistake>> {
    let mut node = node.clone();
    capability::flatten_absent(&mut node);
    let mut mistakes = keys::complete(source, &mut node);
    let (target, faults) = decode_rest::<Target>(source, &node);
    if let Some(target) = &target {
        mistakes.extend(check::check(source, &node, &faults, target));
    }
    mistakes.extend(faults.into_iter().map(|fault| keys::cured(&node, fault)));
    match target {
        Some(target) if mistakes.is_empty() => {
            Ok(Target { name: name.to_owned(), places: credentials::places(source, &node), ..target })
        }
        _ => Err(mistakes),
    }
}
