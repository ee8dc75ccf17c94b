use std::collections::{BTreeSet, HashMap};

/// Shorter cores occur by chance; an agency with such a core is found by its whole id alone.
const SHORTEST_CORE: usize = 6;

/// Finds the armed agency that a text names, however the sender mangled its id.
#[derive(Default)]
pub(super) struct Index {
    /// The core of each id.
    cores: HashMap<String, String>,
    /// The id of each core.
    by_core: HashMap<String, String>,
    /// The lengths of all cores: one look-up for each at each place of a text.
    lengths: BTreeSet<usize>,
}

impl Index {
    /// `core` is a random part of `id` of lower-case letters and digits.
    pub(super) fn add(&mut self, id: &str, core: &str) {
        self.cores.insert(id.to_owned(), core.to_owned());
        if core.len() >= SHORTEST_CORE {
            self.lengths.insert(core.len());
            self.by_core.insert(core.to_owned(), id.to_owned());
        }
    }

    /// Takes an id out.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(core) = self.cores.remove(id) {
            self.by_core.remove(&core);
        }
    }

    /// The core of an armed agency's id.
    pub(super) fn core(&self, id: &str) -> Option<&str> {
        self.cores.get(id).map(String::as_str)
    }

    /// The id that equals `text`, or else the one whose core stands in it in any case.
    pub(super) fn find(&self, text: &str) -> Option<String> {
        if self.cores.contains_key(text) {
            return Some(text.to_owned());
        }
        let folded = text.to_ascii_lowercase();
        let mut runs = folded.split(|letter: char| !letter.is_ascii_alphanumeric());
        runs.find_map(|run| self.find_in_run(run)).cloned()
    }

    /// A run of ASCII letters and digits: mostly it is a core, or nothing of ours.
    fn find_in_run(&self, run: &str) -> Option<&String> {
        let within = |length: usize| {
            let last = run.len().checked_sub(length)?;
            (0..=last).find_map(|start| self.by_core.get(&run[start..start + length]))
        };
        self.by_core.get(run).or_else(|| self.lengths.iter().rev().find_map(|length| within(*length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        index.add("007-Zoë \"Flats\"-k3v9x2m8q1wz", "k3v9x2m8q1wz");
        index.add("48203917560124", "48203917560124");
        index.add("tiny", "tiny");
        index
    }

    #[test]
    fn a_mangled_id_still_leads_to_its_agency() {
        for text in [
            "007-Zoë \"Flats\"-k3v9x2m8q1wz",
            "7-zoe-k3v9x2m8q1wz",
            "  007-ZOË \"FLATS\"-K3V9X2M8Q1WZ ",
            "xxk3v9x2m8q1wzxx",
            "{\"id\":\"k3v9x2m8q1wz\"}",
        ] {
            assert_eq!(index().find(text).as_deref(), Some("007-Zoë \"Flats\"-k3v9x2m8q1wz"), "{text}");
        }
        for text in ["48203917560124.0", "0048203917560124"] {
            assert_eq!(index().find(text).as_deref(), Some("48203917560124"), "{text}");
        }
    }

    #[test]
    fn another_id_leads_nowhere() {
        for text in ["", "k3v9x2m8q1w", "k3v9x2m8q1-wz", "a tiny thing", "ë".repeat(100).as_str()] {
            assert_eq!(index().find(text), None, "{text}");
        }
        assert_eq!(index().find("tiny").as_deref(), Some("tiny"));
    }

    #[test]
    fn the_exact_id_wins_over_a_core_within_it() {
        let mut index = index();
        index.add("both-k3v9x2m8q1wz-aaaaaaaaaa", "aaaaaaaaaa");
        assert_eq!(index.find("both-k3v9x2m8q1wz-aaaaaaaaaa").as_deref(), Some("both-k3v9x2m8q1wz-aaaaaaaaaa"));
    }
}
