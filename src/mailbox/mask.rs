use super::known::{Agencies, Keys};
use crate::secret::Vault;

/// A run of so many characters may be a secret that nobody knows yet: the key of a delivery that never reached us.
const SHORTEST_RUN: usize = 16;

/// Hides what one mail says of secrets.
pub(super) struct Mask<'a> {
    pub(super) vault: &'a Vault,
    pub(super) keys: &'a Keys,
    pub(super) agencies: &'a Agencies,
}

impl Mask<'_> {
    /// The text without any secret that is known.
    pub(super) fn known(&self, text: &str) -> String {
        self.vault.mask(&self.keys.masked(text))
    }

    /// The text without any secret that is known, and without what may be one. What only may be one does not go into the
    /// vault: it may as well be the name of a host, which other artefacts hold rightly.
    pub(super) fn whole(&self, text: &str) -> String {
        let masked = self.known(text);
        let mut out = String::with_capacity(masked.len());
        let mut rest = masked.as_str();
        while let Some(start) = rest.find(in_run) {
            let length = rest[start..].find(|letter| !in_run(letter)).unwrap_or(rest.len() - start);
            let (before, run) = (&rest[..start], &rest[start..start + length]);
            out.push_str(before);
            if run.len() >= SHORTEST_RUN && !self.is_ours(run) {
                let digest = self.vault.digest(run.as_bytes());
                out.extend(["hidden-", &digest[..8], "-", &run.len().to_string(), "b"]);
            } else {
                out.push_str(run);
            }
            rest = &rest[start + length..];
        }
        out.push_str(rest);
        out
    }

    /// Whether a run is a fingerprint, or names an agency.
    fn is_ours(&self, run: &str) -> bool {
        self.vault.secret(run).is_some() || !self.agencies.named_in(run).is_empty()
    }
}

/// What keys, tokens and encodings of them are made of. Dots and `@` part the names of hosts and people.
fn in_run(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+/_~-".contains(letter)
}
