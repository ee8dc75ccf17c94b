use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
};

use super::Node;

/// One text that a person wrote, with the name under which messages cite it.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    name: String,
    text: String,
    /// What stands in it as YAML, once somebody asked.
    tree: OnceLock<Arc<Node>>,
}

impl Source {
    /// `name` is the path as the user typed it, or `shipped:<path>` for a file inside the binary.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self(Arc::new(Inner { name: name.into(), text: text.into(), tree: OnceLock::new() }))
    }

    /// The name under which messages cite this text.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Where what it says is kept once it was parsed.
    pub(super) fn tree(&self) -> &OnceLock<Arc<Node>> {
        &self.0.tree
    }

    /// The place of `span` as `(line, column)`, both counted from 1 and the column in characters.
    #[must_use]
    pub fn line_column(&self, span: &Span) -> (usize, usize) {
        let start = floor_boundary(self.text(), span.start);
        let before = &self.text()[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name()).finish()
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.text() == other.text()
    }
}

/// A byte range of a [`Source`]'s text.
pub type Span = Range<usize>;

/// The largest character boundary that is not beyond `at`.
pub(super) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
