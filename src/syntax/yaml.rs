use std::{cell::Cell, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned};

use super::{Entry, Kind, Mistake, Node, Source, Span};

/// Reads one YAML document.
///
/// # Errors
///
/// The first place where the text is not YAML, uses a key twice, or nests or repeats beyond the parser's budget.
pub fn parse_yaml(source: &Source) -> Result<Node, Mistake> {
    if source.text().trim().is_empty() {
        return Ok(Node { kind: Kind::Null, span: 0..0 });
    }
    match serde_saphyr::from_str::<Located>(source.text()) {
        Ok(located) => Ok(located.into_node()),
        Err(error) => {
            let span = error.location().map_or(0..0, |location| point(source.text(), &location));
            Err(Mistake::new(source, span, strip_place(&error.without_snippet().to_string())))
        }
    }
}

/// The same of a source that many read: parsed for the first of them, and kept with the source.
///
/// # Errors
///
/// As those of [`parse_yaml`].
pub fn parse_yaml_once(source: &Source) -> Result<Arc<Node>, Mistake> {
    if let Some(tree) = source.tree().get() {
        return Ok(Arc::clone(tree));
    }
    let tree = Arc::new(parse_yaml(source)?);
    Ok(Arc::clone(source.tree().get_or_init(|| tree)))
}

/// The parser's message without its own rendering of the place, which the mistake's rendering repeats.
fn strip_place(message: &str) -> String {
    let first = message.lines().next().unwrap_or("not YAML");
    let cut = first.find(" at line ").or_else(|| first.find(" (line ")).unwrap_or(first.len());
    first[..cut].trim_start_matches("error: ").to_owned()
}

fn span_of(location: &Location) -> Span {
    let span = location.span();
    let start = usize::try_from(span.byte_offset().unwrap_or_default()).unwrap_or(usize::MAX);
    let length = usize::try_from(span.byte_len().unwrap_or_default()).unwrap_or_default();
    start..start.saturating_add(length)
}

/// Where a fault of the syntax stands: the parser gives line and column only.
fn point(text: &str, location: &Location) -> Span {
    let line = usize::try_from(location.line()).unwrap_or(usize::MAX).max(1);
    let column = usize::try_from(location.column()).unwrap_or_default().max(1);
    let line_start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let at = text[line_start..].char_indices().nth(column - 1).map_or(text.len(), |(at, _)| line_start + at);
    at..at + text[at..].chars().next().map_or(0, char::len_utf8)
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// No file of ours nests deeper; a deeper one would end the process by its stack.
const DEEPEST: usize = 64;

struct Located(Spanned<Content>);

enum Content {
    Scalar(Kind),
    List(Vec<Located>),
    Map(Vec<(Spanned<String>, Located)>),
}

impl Located {
    fn into_node(self) -> Node {
        let span = span_of(&self.0.referenced);
        let kind = match self.0.value {
            Content::Scalar(kind) => kind,
            Content::List(items) => Kind::List(items.into_iter().map(Located::into_node).collect()),
            Content::Map(entries) => Kind::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key_span: span_of(&key.referenced),
                        key: key.value,
                        value: value.into_node(),
                    })
                    .collect(),
            ),
        };
        let span = covering(span, &kind);
        Node { kind, span }
    }
}

/// The parser gives the begin of a list or mapping alone; its place is that of all that stands in it.
fn covering(span: Span, kind: &Kind) -> Span {
    let inner: Vec<&Span> = match kind {
        Kind::List(items) => items.iter().map(|item| &item.span).collect(),
        Kind::Map(entries) => entries.iter().flat_map(|entry| [&entry.key_span, &entry.value.span]).collect(),
        _ => return span,
    };
    let known = inner.into_iter().filter(|inner| !inner.is_empty());
    let first = known.clone().map(|inner| inner.start).min();
    let last = known.map(|inner| inner.end).max();
    let start = if span.is_empty() { first.unwrap_or(span.start) } else { span.start };
    start..last.unwrap_or(span.end).max(span.end).max(start)
}

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let depth = DEPTH.with(|depth| depth.replace(depth.get() + 1));
        let read = if depth < DEEPEST {
            Spanned::deserialize(deserializer).map(Located)
        } else {
            Err(serde::de::Error::custom(format!("nested more than {DEEPEST} levels deep")))
        };
        DEPTH.with(|cell| cell.set(depth));
        read
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(Kind::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(Kind::Int(value)))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Content, E> {
        i64::try_from(value).map(|value| Content::Scalar(Kind::Int(value))).map_err(|_| E::custom("number too large"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Scalar(Kind::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(Kind::Text(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Kind::Null))
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Kind::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Content::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place() {
        let source = Source::new("a.yaml", "steps:\n  - connect: { agency: flat, count: 3 }\n");
        let node = parse_yaml(&source).unwrap();
        let connect = node.get("steps").unwrap().items()[0].get("connect").unwrap();
        let agency = connect.get("agency").unwrap();
        assert_eq!(&source.text()[agency.span.clone()], "flat");
        assert_eq!(connect.get("count").unwrap().kind, Kind::Int(3));
        assert_eq!(&source.text()[connect.entries()[1].key_span.clone()], "count");
    }

    #[test]
    fn broken_yaml_names_its_place() {
        let source = Source::new("a.yaml", "title: x\nsteps: [a, b\nchecks: []\n");
        let mistake = parse_yaml(&source).unwrap_err();
        assert!(source.line_column(&mistake.span).0 >= 2, "{mistake:?}");
    }

    #[test]
    fn deep_nesting_is_a_mistake_and_not_a_crash() {
        let source = Source::new("a.yaml", "[".repeat(100_000));
        assert!(parse_yaml(&source).is_err());
    }
}
