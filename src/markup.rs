//! HTML from strangers, parsed within bounds.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use scraper::Html;

use crate::secret::Secret;

/// What is parsed of a page at most, in bytes; more is not meant for a person.
const MOST_HTML: usize = 512 << 10;

/// How many elements may be open at once. Browsers end at 512 too; the parser's time grows with the square of it.
const DEEPEST: usize = 512;

/// Elements that have no end tag, or seldom have one because the next of their kind ends them.
const UNCLOSED: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "p",
    "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot",
];

/// The text of an answer, and the page in it: parsed for the first who reads it, and kept for the others. Its `Debug` shows nothing
/// of it.
///
/// Cloning gives another handle to the same text.
#[derive(Clone)]
pub struct Document(Arc<Inner>);

struct Inner {
    text: Secret,
    /// Behind a lock, since a parsed page is not one that several threads may read.
    page: Mutex<Option<Html>>,
}

impl Document {
    /// A document of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Inner { text: Secret::new(text), page: Mutex::new(None) }))
    }

    /// The text itself, as of a [`Secret`].
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.text.expose()
    }

    /// What `read` reads in the text as [`parse`] gives it. It must not read in the same document again: that would wait for itself.
    pub fn read<T>(&self, read: impl FnOnce(&Html) -> T) -> T {
        let mut page = self.0.page.lock().unwrap_or_else(PoisonError::into_inner);
        read(page.get_or_insert_with(|| parse(self.expose())))
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").finish_non_exhaustive()
    }
}

/// Parses a page: its first 512 KiB, and no further than to the place where more than 512 elements are open.
#[must_use]
pub fn parse(text: &str) -> Html {
    let text = &text[..text.floor_char_boundary(MOST_HTML)];
    Html::parse_document(&text[..shallow(text)])
}

/// The length of the part of a text in which elements are not nested too deep.
fn shallow(text: &str) -> usize {
    let mut open: HashMap<String, usize> = HashMap::new();
    let mut depth = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        let tag = at + found;
        at = tag + 1;
        let (name, closes) = tag_name(&text[at..]);
        if name.is_empty() || UNCLOSED.contains(&name.as_str()) {
            continue;
        }
        if matches!(name.as_str(), "script" | "style") && !closes {
            // What looks like tags in there is none.
            at += text[at..].find("</").unwrap_or(0);
            continue;
        }
        let count = open.entry(name).or_default();
        if !closes {
            *count += 1;
            depth += 1;
        } else if *count > 0 {
            *count -= 1;
            depth -= 1;
        }
        if depth > DEEPEST {
            return tag;
        }
    }
    text.len()
}

/// The name in lower case of the tag whose inside begins here, and whether it is an end tag; no name where it is none.
fn tag_name(inside: &str) -> (String, bool) {
    let (rest, closes) = inside.strip_prefix('/').map_or((inside, false), |rest| (rest, true));
    let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).take(32).count();
    (rest[..length].to_ascii_lowercase(), closes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_pages_are_parsed_whole() {
        let page = format!(
            "<ul>{}</ul><script>{}</script>{}",
            "<li>x".repeat(2000),
            "'<div>'".repeat(2000),
            "<p><b>y</b>".repeat(2000)
        );
        assert_eq!(shallow(&page), page.len());
    }

    #[test]
    fn a_document_is_parsed_once() {
        let document = Document::new("<p>secret");
        let root = |page: &Html| std::ptr::from_ref(page.root_element().value());
        assert_eq!(document.read(root), document.read(root));
        assert_eq!(document.read(|page| page.root_element().text().collect::<String>()), document.expose()[3..]);
        assert!(!format!("{document:?}").contains("secret"));
    }

    #[test]
    fn what_is_nested_without_end_is_cut() {
        let deep = "<div></span>".repeat(100_000);
        assert_eq!(shallow(&deep), DEEPEST * "<div></span>".len());
        assert!(parse(&deep).root_element().descendent_elements().count() < DEEPEST + 10);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_panic(text in "(<[/a-z!é]{0,5}[ >]?|.){0,80}") {
            proptest::prop_assert!(parse(&text).root_element().descendent_elements().count() > 0);
        }
    }
}
