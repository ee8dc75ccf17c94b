use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use icu_normalizer::ComposingNormalizerBorrowed;

/// What careless code does to a text on its way through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mangling {
    /// Nothing.
    None,
    /// White space at its ends is lost.
    Trimmed,
    /// Letters become small.
    LowerCase,
    /// Small letters become capitals, and capitals small.
    SwappedCase,
    /// It is brought into Unicode's composed form.
    Composed,
    /// Zeros in front of a number are lost.
    WithoutLeadingZeros,
    /// What looks like a number is read as one and written anew.
    ThroughNumber,
    /// All beyond this many characters is lost.
    CutAt(usize),
    /// What is not ASCII becomes a question mark.
    AsciiOnly,
    /// Markup characters are escaped.
    HtmlEscaped,
    /// It is read as part of a form: `+` becomes a space, `%41` an `A`.
    FormDecoded,
    /// Double quotes are lost.
    WithoutQuotes,
    /// Line ends become spaces.
    OneLine,
    /// Its UTF-8 bytes are read as Latin-1.
    Mojibake,
}

impl Mangling {
    /// The text as it comes out.
    pub(super) fn of(self, text: &str) -> String {
        match self {
            Mangling::None => text.to_owned(),
            Mangling::Trimmed => text.trim().to_owned(),
            Mangling::LowerCase => text.to_lowercase(),
            Mangling::SwappedCase => text.chars().map(swap_case).collect(),
            Mangling::Composed => ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned(),
            Mangling::WithoutLeadingZeros => without_leading_zeros(text).to_owned(),
            Mangling::ThroughNumber => {
                number(text).map_or_else(|| text.to_owned(), |number| serde_json::Value::from(number).to_string())
            }
            Mangling::CutAt(length) => text.chars().take(length).collect(),
            Mangling::AsciiOnly => text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect(),
            Mangling::HtmlEscaped => minijinja::HtmlEscape(text).to_string(),
            Mangling::FormDecoded => form_decoded(text),
            Mangling::WithoutQuotes => text.replace('"', ""),
            Mangling::OneLine => text.replace(['\r', '\n'], " "),
            Mangling::Mojibake => text.bytes().map(char::from).collect(),
        }
    }

    /// Changes every text in a JSON value, names of members aside.
    pub(super) fn of_all(self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.of(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.of_all(item)),
            serde_json::Value::Object(members) => {
                members.iter_mut().filter(|(name, _)| *name != "reference").for_each(|(_, item)| self.of_all(item));
            }
            _ => {}
        }
    }
}

/// The number that a text looks like to a language that turns one into the other without asking.
pub(super) fn number(text: &str) -> Option<serde_json::Number> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64)
}

/// A random text of 43 characters, 256 bits of them, that no one guesses.
pub(super) fn unguessable() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

fn swap_case(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

fn without_leading_zeros(text: &str) -> &str {
    let rest = text.trim_start_matches('0');
    if rest.starts_with(|c: char| c.is_ascii_digit()) { rest } else { text }
}

fn form_decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mangling_does_what_it_says() {
        for (mangling, before, after) in [
            (Mangling::None, " Ä+ ", " Ä+ "),
            (Mangling::Trimmed, " a b ", "a b"),
            (Mangling::LowerCase, "AbÄ", "abä"),
            (Mangling::SwappedCase, "aB1", "Ab1"),
            (Mangling::Composed, "e\u{301}", "\u{e9}"),
            (Mangling::WithoutLeadingZeros, "007", "7"),
            (Mangling::WithoutLeadingZeros, "0a", "0a"),
            (Mangling::ThroughNumber, "1e3", "1000.0"),
            (Mangling::ThroughNumber, "0042", "42"),
            (Mangling::ThroughNumber, "a42", "a42"),
            (Mangling::CutAt(2), "äöü", "äö"),
            (Mangling::AsciiOnly, "aé", "a?"),
            (Mangling::HtmlEscaped, "a\"b", "a&quot;b"),
            (Mangling::FormDecoded, "a+b%41", "a bA"),
            (Mangling::WithoutQuotes, "a\"b", "ab"),
            (Mangling::OneLine, "a\nb", "a b"),
            (Mangling::Mojibake, "é", "Ã©"),
        ] {
            assert_eq!(mangling.of(before), after, "{mangling:?}");
        }
    }

    #[test]
    fn all_texts_of_a_listing_are_changed_but_its_reference() {
        let mut value = serde_json::json!({"reference": "Ä", "rooms": [{"name": "Ä"}], "price": 1});
        Mangling::AsciiOnly.of_all(&mut value);
        assert_eq!(value, serde_json::json!({"reference": "Ä", "rooms": [{"name": "?"}], "price": 1}));
    }

    #[test]
    fn unguessable_texts_are_long_and_differ() {
        assert_eq!(unguessable().len(), 43);
        assert_ne!(unguessable(), unguessable());
    }
}
