//! Secrets: values that no file, log line or error of ours may ever hold.
//!
//! A secret is a [`Secret`] from the moment it is read. Where it has to be named, its [`Vault`] gives it a fingerprint:
//! the same secret always has the same one within a run, and nobody can go back from it to the value.

mod chained;
mod encoding;
mod needles;
mod spelling;
mod vault;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

pub use chained::Chained;
pub use encoding::{Encoding, encodings, hex};
pub use needles::{Needles, SHORTEST};
pub use spelling::spellings;
pub use vault::{SecretKind, Vault};

/// A value that must not be shown. It has no `Display` and does not serialise; its `Debug` tells its length alone.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a value out of sight.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value itself. Only what puts it on a wire, or compares it, has a reason to ask.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.expose().len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}
