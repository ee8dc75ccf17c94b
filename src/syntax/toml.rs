use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Entry, Kind, Mistake, Node, Source};

/// Reads a TOML document.
///
/// # Errors
///
/// The first place where the text is not TOML.
pub fn parse_toml(source: &Source) -> Result<Node, Mistake> {
    match DeTable::parse(source.text()) {
        Ok(table) => {
            let span = table.span();
            Ok(Node { kind: map(table.into_inner()), span })
        }
        Err(error) => Err(Mistake::new(source, error.span().unwrap_or(0..0), error.message())),
    }
}

fn map(table: DeTable<'_>) -> Kind {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry { key_span: key.span(), key: key.into_inner().into_owned(), value: node(value) })
        .collect();
    // TOML's table is ordered by key; a reader expects mistakes in the order of the file.
    entries.sort_by_key(|entry| entry.key_span.start);
    Kind::Map(entries)
}

fn node(value: Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let kind = match value.into_inner() {
        DeValue::String(text) => Kind::Text(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Kind::Text(number.as_str().to_owned()), Kind::Int),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Kind::Text(number.as_str().to_owned()), Kind::Float)
        }
        DeValue::Boolean(value) => Kind::Bool(value),
        DeValue::Datetime(value) => Kind::Text(value.to_string()),
        DeValue::Array(items) => Kind::List(items.into_iter().map(node).collect()),
        DeValue::Table(table) => map(table),
    };
    Node { kind, span }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place() {
        let source = Source::new("m.toml", "[target.staging]\nbase_url = \"https://a\"\nretry = { max = 3 }\n");
        let node = parse_toml(&source).unwrap();
        let staging = node.get("target").unwrap().get("staging").unwrap();
        assert_eq!(&source.text()[staging.get("base_url").unwrap().span.clone()], "\"https://a\"");
        assert_eq!(staging.get("retry").unwrap().get("max").unwrap().kind, Kind::Int(3));
    }

    #[test]
    fn broken_toml_names_its_place() {
        let source = Source::new("m.toml", "a = 1\nb = \n");
        assert_eq!(source.line_column(&parse_toml(&source).unwrap_err().span).0, 2);
    }
}
