use std::fmt::Write as _;

use super::{
    data::{Bank, PHRASES, adjectives},
    draw::Draw,
    kind::Usual,
    place::Place,
    terms::Market,
};

/// What sentences about one property are made from.
pub(super) struct Writer<'a> {
    pub(super) usual: &'a Usual,
    pub(super) place: &'a Place,
    pub(super) market: Market,
}

const NUMBERS: [&str; 10] = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];

impl Writer<'_> {
    /// One line: `Three bedroom cottage for sale in Truro`.
    pub(super) fn title(&self, beds: u32) -> String {
        let purpose = if self.market == Market::Sale { "for sale" } else { "to let" };
        let town = self.place.town();
        let noun = self.usual.noun;
        let counted = self.usual.form.is_home() && beds > 0 && !noun.starts_with("room");
        match NUMBERS.get(beds as usize) {
            Some(number) if counted => format!("{number} bedroom {noun} {purpose} in {town}"),
            _ => format!("{}{} {purpose} in {town}", noun[..1].to_uppercase(), &noun[1..]),
        }
    }

    /// Two sentences.
    pub(super) fn summary(&self, draw: &mut Draw) -> String {
        let mut text = String::with_capacity(260);
        let adjective = draw.pick(adjectives(self.usual.form));
        let article = if adjective.starts_with(['a', 'e', 'i', 'o', 'u']) { "An" } else { "A" };
        let _ =
            write!(text, "{article} {adjective} {} on {}, {}. ", self.usual.noun, self.place.street, self.place.town());
        self.phrase(draw, &mut text, &self.said(|bank| bank == Bank::Around));
        text
    }

    /// Paragraphs of at least one and at most so many characters.
    pub(super) fn description(&self, draw: &mut Draw, (least, most): (u32, u32)) -> String {
        let length = draw.between(least, most) as usize;
        let mut said = self.said(|_| true);
        draw.shuffle(&mut said);
        // Most letters take one byte; a few take two or three.
        let mut text = String::with_capacity(length + length / 16);
        let mut letters = 0;
        for round in 0.. {
            let before = text.len();
            self.phrase(draw, &mut text, &said[round % said.len()..][..1]);
            letters += text[before..].chars().count() + 1;
            if letters >= length {
                break;
            }
            text.push_str(if round % 4 == 3 { "\n" } else { " " });
        }
        if let Some((end, _)) = text.char_indices().nth(length) {
            text.truncate(end);
        }
        text
    }

    /// Sentences that may be said of this property.
    fn said(&self, wanted: impl Fn(Bank) -> bool) -> Vec<&'static str> {
        let fits = |(bank, _): &&(Bank, &str)| bank.fits(self.usual.form, self.market) && wanted(*bank);
        PHRASES.iter().filter(fits).map(|(_, phrase)| *phrase).collect()
    }

    /// Appends one of these sentences with its places filled in.
    fn phrase(&self, draw: &mut Draw, text: &mut String, from: &[&'static str]) {
        let mut rest: &str = draw.pick(from);
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            match name {
                "town" => text.push_str(self.place.town()),
                "street" => text.push_str(self.place.street),
                "noun" => text.push_str(self.usual.noun),
                "adjective" => text.push_str(draw.pick(adjectives(self.usual.form))),
                "year" => _ = write!(text, "{}", draw.between(1998, 2024)),
                _ => _ = write!(text, "{}", draw.between(3, 20)),
            }
            rest = after;
        }
        text.push_str(rest);
    }
}

/// Plain text of exactly so many bytes, in which no flavour has anything to escape.
pub(super) fn filling(draw: &mut Draw, bytes: usize) -> String {
    const WORDS: &[&str] =
        &["well", "placed", "near", "the", "park", "and", "close", "to", "shops", "with", "good", "light"];
    let mut text = String::with_capacity(bytes + 8);
    while text.len() < bytes {
        text.push_str(draw.pick(WORDS));
        text.push(' ');
    }
    text.truncate(bytes);
    // A text that ends with a space may come back without it.
    if text.ends_with(' ') {
        text.pop();
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filling_has_the_bytes_asked_for_and_no_space_at_its_end() {
        for bytes in 0..200 {
            let text = filling(&mut Draw::of(&[bytes]), usize::try_from(bytes).unwrap());
            assert_eq!(text.len() as u64, bytes);
            assert!(text.is_ascii() && !text.ends_with(' '));
        }
    }

    #[test]
    fn every_place_in_a_sentence_is_one_that_is_filled_in() {
        for (_, phrase) in PHRASES {
            for place in phrase.split('{').skip(1) {
                let name = place.split_once('}').unwrap().0;
                assert!(["town", "street", "noun", "adjective", "year", "minutes"].contains(&name), "{phrase}");
            }
        }
    }
}
