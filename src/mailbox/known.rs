use std::collections::BTreeSet;

use crate::secret::{Encoding, Needles, Vault, encodings, spellings};

/// The agencies of the run, as a mail may name them.
#[derive(Default)]
pub(super) struct Agencies {
    ids: Needles<String>,
    accounts: Needles<String>,
}

impl Agencies {
    pub(super) fn add_id(&mut self, agency_id: &str, core: &str) {
        for name in spellings(agency_id).iter().map(String::as_str).chain([agency_id, core]) {
            self.ids.add(name.to_lowercase(), agency_id.to_owned());
        }
    }

    pub(super) fn add_account(&mut self, agency_id: &str, name: &str) {
        self.accounts.add(name.to_lowercase(), agency_id.to_owned());
    }

    /// The agencies whose id, or its random part, stands in a text.
    pub(super) fn named_in(&self, text: &str) -> BTreeSet<String> {
        all(&self.ids, text)
    }

    /// The agencies whose account's name stands in a text.
    pub(super) fn accounts_in(&self, text: &str) -> BTreeSet<String> {
        all(&self.accounts, text)
    }
}

fn all(needles: &Needles<String>, text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    needles.each_in(text.to_lowercase().as_bytes(), 0, |_, id| {
        found.insert(id.clone());
    });
    found
}

/// The keys of the run, in every form in which a mail may hold them.
#[derive(Default)]
pub(super) struct Keys {
    /// How many of the vault's secrets are known already.
    known: usize,
    forms: Needles<(String, Encoding)>,
}

/// How the fingerprint of a key begins.
const KEY: &str = "mp-key-";

impl Keys {
    /// Learns the keys that have come to the vault since.
    pub(super) fn refresh(&mut self, vault: &Vault) {
        let new = vault.after(self.known);
        self.known += new.len();
        for (fingerprint, secret) in new.into_iter().filter(|(fingerprint, _)| fingerprint.starts_with(KEY)) {
            for (encoding, form) in encodings(secret.expose()) {
                // Whole texts, so that what is found begins and ends between characters.
                if let Ok(form) = String::from_utf8(form) {
                    self.forms.add(form, (fingerprint.clone(), encoding));
                }
            }
        }
    }

    /// The keys that stand in a text, each with its encoding.
    pub(super) fn found_in(&self, text: &str) -> BTreeSet<(String, Encoding)> {
        self.forms.leftmost_longest(text.as_bytes()).into_iter().map(|(_, key)| key.clone()).collect()
    }

    /// The text with every form of a key replaced by its fingerprint.
    pub(super) fn masked(&self, text: &str) -> String {
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for (found, (fingerprint, _)) in self.forms.leftmost_longest(text.as_bytes()) {
            out.push_str(&text[at..found.start]);
            out.push_str(fingerprint);
            at = found.end;
        }
        out.push_str(&text[at..]);
        out
    }
}
