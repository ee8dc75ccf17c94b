use serde::de::DeserializeOwned;

use crate::syntax::{Entry, Kind, Mistake, Node, Source, Span, decode_rest};

/// Collects the mistakes of one file while its parts are read.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub(super) fn told(&mut self, span: &Span, what: impl Into<String>, cure: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.source, span.clone(), what).cure(cure));
    }

    pub(super) fn unknown<'k>(
        &mut self,
        span: &Span,
        what: &str,
        written: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let mistake = Mistake::new(self.source, span.clone(), format!("unknown {what} `{written}`"));
        self.mistakes.push(mistake.cure_from(written, known));
    }

    /// What can be read of a node as a `T`.
    pub(super) fn read<T: DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        let (value, mistakes) = decode_rest(self.source, node);
        self.mistakes.extend(mistakes);
        value
    }

    /// The items of a list that is not empty; none where something else stands.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> &'n [Node] {
        match &node.kind {
            Kind::List(items) if !items.is_empty() => return items,
            Kind::List(_) => {
                self.told(&node.span, format!("no {what} here"), format!("write some, such as `{example}`"));
            }
            _ => {
                let what = format!("expected a list of {what}, found {}", node.describe());
                self.told(&node.span, what, format!("write it as `{example}`"));
            }
        }
        &[]
    }

    /// A mistake where a name was given before.
    pub(super) fn twice(&mut self, span: &Span, what: &str, name: &str, before: &[&str]) {
        if before.contains(&name) {
            self.told(span, format!("the {what} `{name}` stands here twice"), "give one of them another name");
        }
    }
}

/// The entry of a mapping under a key.
pub(super) fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    node.entries().iter().find(|entry| entry.key == key)
}

/// Where a key of a mapping stands; the begin of the mapping where it lacks.
pub(super) fn place(node: &Node, key: &str) -> Span {
    entry(node, key).map_or(node.span.start..node.span.start, |entry| entry.key_span.clone())
}
