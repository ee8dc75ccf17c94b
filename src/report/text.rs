//! Text from outside, made fit to be shown, and lines of a given width.

use unicode_width::UnicodeWidthStr;

/// So many of something, such as `1 line` or `2 lines`.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Text in which nothing can move a cursor, change a colour, reorder letters or end a line: what could is spelt out.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unsafe(letter) { out.extend(letter.escape_default()) } else { out.push(letter) }
    }
    out
}

/// Controls, line and paragraph ends, marks that reorder or hide letters, and what XML 1.0 does not allow.
fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(letter, '\u{61c}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// How many columns a clean text takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks a clean text into lines of at most `width` columns, between words; a longer word is cut.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for piece in pieces(word, width) {
            if !line.is_empty() && columns(&line) + 1 + columns(piece) > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(piece);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A word in pieces of at most `width` columns, at least one letter each.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, letter) in word.char_indices() {
        if at > start && columns(&word[start..at + letter.len_utf8()]) > width {
            pieces.push(&word[start..at]);
            start = at;
        }
    }
    pieces.push(&word[start..]);
    pieces
}

/// A clean text filled up with spaces to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_on_a_terminal_is_spelt_out() {
        assert_eq!(
            clean("a\u{1b}[31mb\r\n\tc\u{9b}d\u{202e}e\u{feff}"),
            r"a\u{1b}[31mb\r\n\tc\u{9b}d\u{202e}e\u{feff}"
        );
        assert_eq!(clean("Agência “Zoë” 东京 🏠"), "Agência “Zoë” 东京 🏠");
    }

    #[test]
    fn lines_break_between_words_and_long_words_are_cut() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefgh", 3), ["a", "abc", "def", "gh"]);
        assert_eq!(wrap("东京东京", 5), ["东京", "东京"]);
        assert_eq!(wrap("", 5), [""]);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_gets_lost(text in ".{0,120}", width in 2_usize..40) {
            let text = clean(&text);
            let lines = wrap(&text, width);
            for line in &lines {
                proptest::prop_assert!(columns(line) <= width || line.chars().count() == 1, "{line:?}");
            }
            let letters = |text: &str| text.chars().filter(|letter| *letter != ' ').collect::<String>();
            proptest::prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }

        #[test]
        fn clean_text_has_no_control_in_it_and_stays_as_it_is(text in "\\PC{0,20}.{0,20}") {
            let once = clean(&text);
            proptest::prop_assert!(!once.chars().any(char::is_control));
            proptest::prop_assert_eq!(clean(&once), once);
        }
    }
}
