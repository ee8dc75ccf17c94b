//! Tokens and keys that the target never gave: made up, or a right one that was changed.

use rand::{
    RngExt as _,
    distr::{Alphanumeric, SampleString},
};

use super::tamper::change_at;
use crate::secret::{Secret, hex};

/// The words that steps take for one, in their arguments.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Counterfeit {
    /// Random hexadecimal digits.
    Garbage,
    /// Random, but of the right one's length, with letters, digits and signs where that has them: a target that looks at the
    /// form alone takes it.
    LookAlike,
    /// The right one with one character changed far behind its begin, in its last piece where dots part it: a target that
    /// compares the begin alone takes it, and one that reads a JWT without checking its signature.
    Altered,
}

impl Counterfeit {
    /// The counterfeit that a word asks for.
    pub(super) fn find(word: &str) -> Option<Self> {
        match word {
            "garbage" => Some(Self::Garbage),
            "look_alike" => Some(Self::LookAlike),
            "altered" => Some(Self::Altered),
            _ => None,
        }
    }

    /// One made after the right one.
    pub(super) fn of(self, right: &Secret) -> Secret {
        let right = right.expose();
        Secret::new(match self {
            Self::Garbage => hex(&rand::random::<[u8; 24]>()),
            Self::LookAlike => look_alike(right),
            Self::Altered => altered(right),
        })
    }
}

fn look_alike(right: &str) -> String {
    let mut rng = rand::rng();
    let mut like = |c: char| match c {
        '0'..='9' => char::from(rng.random_range(b'0'..=b'9')),
        'a'..='f' => char::from(rng.random_range(b'a'..=b'f')),
        'g'..='z' => char::from(rng.random_range(b'g'..=b'z')),
        'A'..='F' => char::from(rng.random_range(b'A'..=b'F')),
        'G'..='Z' => char::from(rng.random_range(b'G'..=b'Z')),
        other => other,
    };
    let drawn: String = right.chars().map(&mut like).collect();
    // A token of a few signs has few of its like.
    if drawn == right { Alphanumeric.sample_string(&mut rng, right.len().max(16)) } else { drawn }
}

fn altered(right: &str) -> String {
    let begin = right.rfind('.').map_or(0, |dot| dot + 1);
    let (kept, piece) = right.split_at(begin);
    if piece.is_empty() {
        format!("{right}x")
    } else {
        format!("{kept}{}", change_at(piece, piece.chars().count() * 3 / 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_altered_one_differs_in_one_place_of_its_last_piece() {
        assert_eq!(altered("abcdefgh"), "abcdefhh");
        assert_eq!(altered("eyJh.eyJi.c2lnbmF0"), "eyJh.eyJi.c2lnbmG0");
        assert_eq!(altered("ends."), "ends.x");
    }

    proptest::proptest! {
        #[test]
        fn no_counterfeit_is_the_right_one(right in "[ -~]{1,60}") {
            for one in [Counterfeit::Garbage, Counterfeit::LookAlike, Counterfeit::Altered] {
                let made = one.of(&Secret::new(right.clone()));
                proptest::prop_assert_ne!(made.expose(), right.as_str());
            }
        }

        #[test]
        fn a_look_alike_has_the_same_form(right in "[a-zA-Z0-9]{12,40}[_.-][0-9]{4}") {
            let like = look_alike(&right);
            let form = |text: &str| -> Vec<u8> {
                text.chars().map(|c| if c.is_ascii_digit() { 0 } else if c.is_ascii_hexdigit() { 1 } else { 2 }).collect()
            };
            proptest::prop_assert_eq!(form(&like), form(&right));
        }
    }
}
