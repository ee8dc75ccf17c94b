use std::fmt;

use serde::{
    Deserialize,
    de::{
        self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};

use super::{Entry, Kind, Mistake, Node, Source, Span};

/// Turns `node` into a `T`, with every mistake that stands in it.
///
/// # Errors
///
/// All mistakes, in the order in which they were met; never empty.
pub fn decode<'de, T: Deserialize<'de>>(source: &Source, node: &Node) -> Result<T, Vec<Mistake>> {
    match decode_rest(source, node) {
        (Some(value), mistakes) if mistakes.is_empty() => Ok(value),
        (_, mistakes) => Err(mistakes),
    }
}

/// Every mistake in `node`, and the `T` that is left without the faulty parts, where one is.
///
/// serde ends at the first fault. Here the faulty part is cut out and the rest is read again, until nothing new is found.
#[must_use]
pub fn decode_rest<'de, T: Deserialize<'de>>(source: &Source, node: &Node) -> (Option<T>, Vec<Mistake>) {
    let mut rest = node.clone();
    let mut mistakes = Vec::new();
    let mut cut: Vec<(String, Span)> = Vec::new();
    loop {
        match T::deserialize(At(&rest)) {
            Ok(value) => return (Some(value), mistakes),
            Err(fault) => {
                let span = fault.span.clone().unwrap_or_else(|| node.span.clone());
                // What was cut out may be all that is missing, or all that a table of its own kind complains about.
                let consequence = match &fault.kind {
                    FaultKind::MissingField(name) => cut.iter().any(|(key, _)| key == name),
                    FaultKind::Other(_) => node.find(&span).is_some_and(|at| cut.iter().any(|(_, cut)| at.holds(cut))),
                    FaultKind::Unknown { .. } => false,
                };
                if !consequence {
                    mistakes.push(fault.into_mistake(source, span.clone()));
                }
                match prune(&mut rest, &span) {
                    Some(key) => cut.push((key, span)),
                    None => return (None, mistakes),
                }
            }
        }
    }
}

/// Cuts the innermost entry or item that stands at `span` out of `node`, and names its key.
///
/// A fault's place is always that of a key or of a value. The place of a parent does not tell: that of a TOML table is
/// its header alone.
fn prune(node: &mut Node, span: &Span) -> Option<String> {
    match &mut node.kind {
        Kind::Map(entries) => {
            for at in 0..entries.len() {
                if let Some(key) = prune(&mut entries[at].value, span) {
                    return Some(key);
                }
                if entries[at].key_span == *span || entries[at].value.span == *span {
                    return Some(entries.remove(at).key);
                }
            }
            None
        }
        Kind::List(items) => {
            for at in 0..items.len() {
                if let Some(key) = prune(&mut items[at], span) {
                    return Some(key);
                }
                if items[at].span == *span {
                    items.remove(at);
                    return Some(String::new());
                }
            }
            None
        }
        _ => None,
    }
}

/// Parts what is wrong from what to do in the text of one error.
const CURE: char = '\u{1e}';

/// The text of an error that a type raises while it is read, with a cure that [`decode`] hands on to the [`Mistake`].
pub fn with_cure(what: impl fmt::Display, cure: impl fmt::Display) -> String {
    format!("{what}{CURE}{cure}")
}

/// What serde calls by a type's name, as a person who writes YAML or TOML calls it.
fn in_words(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        other => other,
    }
}

#[derive(Debug)]
struct Fault {
    span: Option<Span>,
    kind: FaultKind,
}

#[derive(Debug)]
enum FaultKind {
    Other(String),
    MissingField(String),
    Unknown { what: &'static str, written: String, known: &'static [&'static str] },
}

impl Fault {
    fn at(mut self, span: &Span) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }

    fn into_mistake(self, source: &Source, span: Span) -> Mistake {
        match &self.kind {
            FaultKind::Unknown { written, known, .. } => {
                Mistake::new(source, span, self.to_string()).cure_from(written, known.iter().copied())
            }
            FaultKind::Other(text) if text.contains(CURE) => {
                let (what, cure) = text.split_once(CURE).unwrap_or((text, ""));
                Mistake::new(source, span, what).cure(cure)
            }
            _ => Mistake::new(source, span, self.to_string()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Other(what) => f.write_str(what),
            FaultKind::MissingField(name) => write!(f, "`{name}` is missing"),
            FaultKind::Unknown { what, written, .. } => write!(f, "unknown {what} `{written}`"),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { span: None, kind: FaultKind::Other(message.to_string()) }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { span: None, kind: FaultKind::MissingField(field.to_owned()) }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self { span: None, kind: FaultKind::Unknown { what: "key", written: field.to_owned(), known: expected } }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self { span: None, kind: FaultKind::Unknown { what: "value", written: variant.to_owned(), known: expected } }
    }
}

#[derive(Clone, Copy)]
struct At<'a>(&'a Node);

impl At<'_> {
    fn wrong_type(self, expected: &dyn de::Expected) -> Fault {
        de::Error::custom(format_args!("expected {}, found {}", in_words(&expected.to_string()), self.0.describe()))
    }
}

/// Reports a value of another type than asked for with the words of [`Node::describe`].
struct Describing<'a, V>(At<'a>, V);

macro_rules! visits {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            let Self(at, inner) = self;
            let expected = inner.expecting_text();
            inner.$visit::<E>(value).map_err(|error| at.retype(error, &expected))
        })*
    };
}

impl At<'_> {
    /// serde's own words for a wrong type (`invalid type: integer`) are replaced; any other message is kept.
    fn retype<E: de::Error>(self, error: E, expected: &str) -> E {
        let text = error.to_string();
        if text.starts_with("invalid type") || text.starts_with("invalid value") {
            E::custom(format_args!("expected {}, found {}", in_words(expected), self.0.describe()))
        } else {
            error
        }
    }
}

trait ExpectingText {
    fn expecting_text(&self) -> String;
}

impl<'de, V: Visitor<'de>> ExpectingText for V {
    fn expecting_text(&self) -> String {
        struct Show<'v, V>(&'v V);
        impl<'de, V: Visitor<'de>> fmt::Display for Show<'_, V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.expecting(f)
            }
        }
        Show(self).to_string()
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Describing<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.expecting(f)
    }

    visits!(visit_bool: bool, visit_i64: i64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        let Self(at, inner) = self;
        let expected = inner.expecting_text();
        inner.visit_unit::<E>().map_err(|error| at.retype(error, &expected))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self(at, inner) = self;
        let expected = inner.expecting_text();
        inner.visit_seq(access).map_err(|error| at.retype(error, &expected))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let Self(at, inner) = self;
        let expected = inner.expecting_text();
        inner.visit_map(access).map_err(|error| at.retype(error, &expected))
    }
}

impl<'de> Deserializer<'de> for At<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let visitor = Describing(self, visitor);
        match &self.0.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Int(value) => visitor.visit_i64(*value),
            Kind::Float(value) => visitor.visit_f64(*value),
            Kind::Text(text) => visitor.visit_str(text),
            Kind::List(items) => visitor.visit_seq(Items { rest: items.iter() }),
            Kind::Map(entries) => visitor.visit_map(Entries { rest: entries.iter(), current: None }),
        }
        .map_err(|fault: Fault| fault.at(&self.0.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.0.kind {
            Kind::Text(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Kind::Map(entries) if entries.len() == 1 => visitor.visit_enum(Variant(&entries[0])),
            _ => Err(self.wrong_type(&"a name, or a mapping with one key")),
        }
        .map_err(|fault: Fault| fault.at(&self.0.span))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.kind {
            // Whoever writes `3` where a fraction may stand means 3.0.
            #[expect(clippy::cast_precision_loss, reason = "a person's number, far below 2^52")]
            Kind::Int(value) => visitor.visit_f64(value as f64),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a> {
    rest: std::slice::Iter<'a, Node>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        self.rest.next().map(|node| seed.deserialize(At(node)).map_err(|fault| fault.at(&node.span))).transpose()
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.current = self.rest.next();
        self.current
            .map(|entry| {
                seed.deserialize(entry.key.as_str().into_deserializer())
                    .map_err(|fault: Fault| fault.at(&entry.key_span))
            })
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let entry = self.current.take().ok_or_else(|| de::Error::custom("a value was asked for before its key"))?;
        seed.deserialize(At(&entry.value)).map_err(|fault| fault.at(&entry.value.span))
    }
}

struct Variant<'a>(&'a Entry);

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Fault;
    type Variant = At<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, At<'a>), Fault> {
        let name = seed
            .deserialize(self.0.key.as_str().into_deserializer())
            .map_err(|fault: Fault| fault.at(&self.0.key_span))?;
        Ok((name, At(&self.0.value)))
    }
}

impl<'de> VariantAccess<'de> for At<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.0.kind {
            Kind::Null => Ok(()),
            _ => Err(self.wrong_type(&"nothing")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse_yaml;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Step {
        agency: String,
        count: Option<u32>,
        share: Option<f64>,
        until: Option<Ending>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Ending {
        Quiet,
        Count(u32),
    }

    fn read(text: &str) -> Result<Step, Vec<String>> {
        let source = Source::new("a.yaml", text);
        decode(&source, &parse_yaml(&source).unwrap()).map_err(|mistakes| {
            mistakes
                .iter()
                .map(|mistake| {
                    let (line, column) = source.line_column(&mistake.span);
                    format!("{line}:{column} {} {}", mistake.what, mistake.cure.as_deref().unwrap_or_default())
                })
                .collect()
        })
    }

    #[test]
    fn a_good_node_becomes_its_type() {
        let step = Step { agency: "flat".into(), count: Some(3), share: Some(1.0), until: Some(Ending::Count(2)) };
        assert_eq!(read("agency: flat\ncount: 3\nshare: 1\nuntil: { count: 2 }"), Ok(step));
        assert_eq!(read("agency: flat\nuntil: quiet").unwrap().until, Some(Ending::Quiet));
    }

    #[test]
    fn every_mistake_is_told_with_its_place_and_cure() {
        insta::assert_debug_snapshot!(read("agancy: flat\ncount: many\nuntil: quite\nshare: [1]\n").unwrap_err(), @r#"
        [
            "1:1 unknown key `agancy` did you mean `agency`?",
            "2:8 expected a whole number that is not negative, found the text \"many\" ",
            "3:8 unknown value `quite` did you mean `quiet`?",
            "4:8 expected a number, found a list ",
            "1:1 `agency` is missing ",
        ]
        "#);
    }

    #[test]
    fn mistakes_in_tables_of_their_own_do_not_hide_each_other() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its mistakes are looked at")]
        struct Top {
            inner: Option<Step>,
            other: Option<u32>,
        }
        let source = Source::new("a.toml", "other = true\n[inner]\nagency = 'a'\ncount = 'x'\nshare = []\n[outer]\n");
        let mistakes = decode::<Top>(&source, &crate::syntax::parse_toml(&source).unwrap()).unwrap_err();
        let lines: Vec<usize> = mistakes.iter().map(|mistake| source.line_column(&mistake.span).0).collect();
        assert_eq!(lines, [1, 4, 5, 6]);
    }

    #[test]
    fn an_error_of_a_type_carries_its_cure() {
        #[derive(Debug)]
        struct Odd;
        impl<'de> Deserialize<'de> for Odd {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = u32::deserialize(deserializer)?;
                if number % 2 == 1 { Ok(Odd) } else { Err(de::Error::custom(with_cure("even", "add one"))) }
            }
        }
        let source = Source::new("a.yaml", "4");
        let mistakes = decode::<Odd>(&source, &parse_yaml(&source).unwrap()).unwrap_err();
        assert_eq!((mistakes[0].what.as_str(), mistakes[0].cure.as_deref()), ("even", Some("add one")));
    }

    #[test]
    fn what_was_cut_out_is_not_told_as_missing() {
        assert_eq!(read("agency: [1]\n").unwrap_err(), ["1:9 expected a string, found a list "]);
    }
}
