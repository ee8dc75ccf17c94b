use std::{
    cmp::Ordering,
    collections::BTreeSet,
    ops::Bound,
    sync::{Mutex, PoisonError},
};

use crate::{
    evidence::KeyFacts,
    secret::{Encoding, Secret, encodings},
};

/// The keys of a run, for what can only be read off their plain values.
#[derive(Default)]
pub(super) struct Keys(Mutex<BTreeSet<Sorted>>);

/// A secret in the order of its value: the key with the longest common prefix is a neighbour.
struct Sorted(Secret);

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.expose().cmp(other.0.expose())
    }
}

impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sorted {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sorted {}

impl Keys {
    /// Takes a key in and tells what it is like, beside the keys before it.
    pub(super) fn take(&self, key: &Secret, agency_ids: &[&str]) -> KeyFacts {
        let value = key.expose();
        let mut letters: Vec<char> = value.chars().collect();
        letters.sort_unstable();
        let mut counts: Vec<usize> = letters.chunk_by(|one, two| one == two).map(<[char]>::len).collect();
        KeyFacts {
            length: letters.len() as u64,
            distinct: counts.len() as u64,
            alphabet: alphabet(value),
            entropy_bits: entropy_bits(&mut counts, letters.len()),
            shared_prefix: self.shared_prefix(key),
            holds_agency_id: agency_ids.iter().any(|id| holds(value, id)),
        }
    }

    fn shared_prefix(&self, key: &Secret) -> u64 {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Sorted(key.clone());
        let below = keys.range((Bound::Unbounded, Bound::Excluded(&key))).next_back();
        let above = keys.range((Bound::Excluded(&key), Bound::Unbounded)).next();
        let common = |other: &Sorted| {
            key.0.expose().chars().zip(other.0.expose().chars()).take_while(|(one, two)| one == two).count()
        };
        let longest = below.into_iter().chain(above).map(common).max().unwrap_or_default();
        keys.insert(key);
        longest as u64
    }
}

/// A size, and whether a character belongs.
type Alphabet = (u64, fn(char) -> bool);

/// The size of the smallest usual alphabet that holds all characters.
fn alphabet(value: &str) -> u64 {
    const ALPHABETS: &[Alphabet] = &[
        (10, |letter| letter.is_ascii_digit()),
        (16, |letter| matches!(letter, '0'..='9' | 'a'..='f')),
        (16, |letter| matches!(letter, '0'..='9' | 'A'..='F')),
        (26, |letter| letter.is_ascii_lowercase()),
        (26, |letter| letter.is_ascii_uppercase()),
        // RFC 4648 §6 and §7, then Crockford's.
        (32, |letter| matches!(letter, 'a'..='z' | '2'..='7' | '=')),
        (32, |letter| matches!(letter, 'A'..='Z' | '2'..='7' | '=')),
        (32, |letter| matches!(letter, '0'..='9' | 'a'..='v')),
        (32, |letter| matches!(letter, '0'..='9' | 'A'..='V')),
        (32, |letter| matches!(letter, '0'..='9' | 'a'..='z') && !"ilou".contains(letter)),
        (32, |letter| matches!(letter, '0'..='9' | 'A'..='Z') && !"ILOU".contains(letter)),
        (36, |letter| matches!(letter, '0'..='9' | 'a'..='z')),
        (36, |letter| matches!(letter, '0'..='9' | 'A'..='Z')),
        (52, |letter| letter.is_ascii_alphabetic()),
        (62, |letter| letter.is_ascii_alphanumeric()),
        // RFC 4648 §4 and §5.
        (64, |letter| letter.is_ascii_alphanumeric() || "+/=".contains(letter)),
        (64, |letter| letter.is_ascii_alphanumeric() || "-_=".contains(letter)),
        (95, |letter| matches!(letter, ' '..='~')),
    ];
    ALPHABETS.iter().find(|(_, holds)| value.chars().all(holds)).map_or(256, |(size, _)| *size)
}

/// The Shannon entropy of a text whose characters occur so many times each, in bits for the whole text.
#[expect(clippy::cast_precision_loss, reason = "a key has far fewer than 2^52 characters")]
fn entropy_bits(counts: &mut [usize], length: usize) -> f64 {
    // A sum of fractions depends on its order: keys with the same counts are to have the same entropy.
    counts.sort_unstable();
    let bits: f64 = counts.iter().map(|count| *count as f64 * (length as f64 / *count as f64).log2()).sum();
    (bits * 1e3).round() / 1e3
}

fn holds(key: &str, agency_id: &str) -> bool {
    // Base64 of fewer than 4 bytes leaves too few sure characters to tell it from chance.
    let telling = |encoding| match encoding {
        Encoding::Raw | Encoding::Hex => true,
        Encoding::Base64 | Encoding::Base64Url => agency_id.len() >= 4,
        _ => false,
    };
    encodings(agency_id)
        .iter()
        .filter(|(encoding, _)| telling(*encoding))
        .any(|(_, form)| std::str::from_utf8(form).is_ok_and(|form| key.contains(form)))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn the_smallest_usual_alphabet_is_named() {
        for (key, size) in [
            ("0123456789", 10),
            ("0123abcdef", 16),
            ("0123ABCDEF", 16),
            ("qwertyuiop", 26),
            ("JBSWY3DPEHPK3PXP", 32),
            ("01arz3ndektsv4rrffq69g5fav", 32),
            ("0il1zzzz", 36),
            ("qWeRtYuIoP", 52),
            ("qWeRtY0123", 62),
            ("ab+/AB01==", 64),
            ("ab-_AB01", 64),
            ("ab-/AB01", 95),
            ("ab cd!", 95),
            ("schlüssel", 256),
        ] {
            assert_eq!(alphabet(key), size, "{key}");
        }
    }

    #[test]
    fn a_key_is_measured_beside_the_keys_before_it() {
        let keys = Keys::default();
        let first = keys.take(&Secret::new("mh_live_aaaa0000"), &["flat"]);
        assert_eq!((first.length, first.distinct, first.shared_prefix), (16, 9, 0));
        assert_eq!(keys.take(&Secret::new("mh_live_aaaa0000"), &[]).shared_prefix, 0, "the same key again");
        assert_eq!(keys.take(&Secret::new("zz"), &[]).shared_prefix, 0);
        assert_eq!(keys.take(&Secret::new("mh_live_aaab0000"), &[]).shared_prefix, 11);
        assert_eq!(keys.take(&Secret::new("mh_live_aaab"), &[]).shared_prefix, 12);
    }

    #[test]
    fn entropy_is_that_of_the_whole_key() {
        let bits = |key: &str| Keys::default().take(&Secret::new(key), &[]).entropy_bits;
        assert!((bits("aaaaaaaa") - 0.0).abs() < 1e-9);
        assert!((bits("abababab") - 8.0).abs() < 1e-9);
        assert!((bits("0123456789abcdef") - 64.0).abs() < 1e-9);
        assert!((bits("") - 0.0).abs() < 1e-9);
    }

    #[test]
    fn an_agency_id_inside_a_key_is_seen() {
        let id = "flat-k3v9x2m8";
        for key in [
            format!("live-{id}-1"),
            "zz666C61742D6B33763978326D38".to_owned(),
            URL_SAFE_NO_PAD.encode(format!("x:{id}:y")),
        ] {
            assert!(Keys::default().take(&Secret::new(key.clone()), &["other", id]).holds_agency_id, "{key}");
        }
        assert!(!Keys::default().take(&Secret::new("live-k3v9"), &[id, ""]).holds_agency_id);
    }
}
