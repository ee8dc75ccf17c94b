//! A mistake shows the line in which it stands, and that line may hold a secret that has no business in the file.

use super::Variable;
use crate::syntax::{Kind, Node, Source, Span, closest};

/// The same text with everything that may be a secret blanked out, byte for byte, so that every place still holds.
pub(super) fn parsed(source: &Source, node: &Node) -> Source {
    let mut spans = Vec::new();
    collect(node, false, &mut spans);
    spans.extend(userinfo(source.text()));
    blank(source, &spans)
}

/// The same for a text that could not be read: what follows a key that looks like a secret's, up to the end of its line.
pub(super) fn unparsed(source: &Source) -> Source {
    let text = source.text();
    let mut spans = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let secret = line.match_indices('=').find(|(at, _)| {
            let key = line[..*at].trim_end().trim_end_matches(['"', '\'']);
            secretive(key.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or(key))
        });
        if let Some((at, _)) = secret {
            let value = line[at + 1..].trim();
            // A table names where the secret is; anything else may be the secret, which may go on below.
            if !value.starts_with('{') || !value.contains("env") && !value.contains("file") {
                let rest = &text[line_start + at + 1..];
                let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| value.starts_with(quotes));
                let length = quotes.map_or(line.len() - at - 1, |quotes| {
                    rest.match_indices(quotes).nth(1).map_or(rest.len(), |(end, _)| end)
                });
                spans.push(line_start + at + 1..line_start + at + 1 + length);
            }
        }
        line_start += line.len();
    }
    spans.extend(userinfo(text));
    blank(source, &spans)
}

/// Whether what stood at `span` was blanked out.
pub(super) fn is_blank(masked: &Source, span: &Span) -> bool {
    let text = masked.text().get(span.clone()).unwrap_or_default();
    text.contains('*') && text.bytes().all(|byte| matches!(byte, b'*' | b'"' | b'\'' | b'\n' | b'\r'))
}

/// Whether a key of this name holds a secret, or was meant to.
fn secretive(key: &str) -> bool {
    let key = key.to_lowercase();
    ["secret", "passw"].iter().any(|part| key.contains(part)) && key != "probe_secrets"
        || closest(&key, ["client_secret"]).is_some()
}

fn collect(node: &Node, secret: bool, spans: &mut Vec<Span>) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                // In `{ env = …, file = … }` stand names, unless a name cannot be one.
                let named = match entry.key.as_str() {
                    "env" => entry.value.text().is_some_and(Variable::is_name),
                    "file" => entry.value.text().is_some(),
                    _ => false,
                };
                collect(&entry.value, !named && (secret || secretive(&entry.key)), spans);
            }
        }
        Kind::List(items) => items.iter().for_each(|item| collect(item, secret, spans)),
        Kind::Bool(_) => {}
        _ if secret => spans.push(node.span.clone()),
        _ => {}
    }
}

/// Where a user name and password stand in the URLs of a text.
fn userinfo(text: &str) -> Vec<Span> {
    text.match_indices("://")
        .filter_map(|(at, _)| {
            let from = at + 3;
            let authority = &text[from..];
            let end = authority.find(['/', '?', '#', '"', '\'', ' ', '\n']).unwrap_or(authority.len());
            let length = authority[..end].rfind('@')?;
            Some(from..from + length)
        })
        .collect()
}

fn blank(source: &Source, spans: &[Span]) -> Source {
    let mut bytes = source.text().as_bytes().to_vec();
    for span in spans {
        let end = span.end.min(bytes.len());
        for byte in &mut bytes[span.start.min(end)..end] {
            if !matches!(byte, b'\n' | b'\r' | b'"' | b'\'') {
                *byte = b'*';
            }
        }
    }
    // A span may cut a character of several bytes where the text was not as expected.
    Source::new(source.name(), String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse_toml;

    fn masked(text: &str) -> String {
        let source = Source::new("m.toml", text);
        match parse_toml(&source) {
            Ok(node) => parsed(&source, &node).text().to_owned(),
            Err(_) => unparsed(&source).text().to_owned(),
        }
    }

    #[test]
    fn what_may_be_a_secret_is_blanked_and_the_rest_stays() {
        for (text, shown) in [
            ("client_secret = 'hunter2'", "client_secret = '*******'"),
            ("client_secrte = 'hunter2'", "client_secrte = '*******'"),
            ("client_secret = { value = 'hunter2' }", "client_secret = { value = '*******' }"),
            ("client_secret = { env = 'hunter-2' }", "client_secret = { env = '********' }"),
            ("client_secret = { env = 'NAME' }", "client_secret = { env = 'NAME' }"),
            ("probe_secrets = 'yes'", "probe_secrets = 'yes'"),
            ("proxy = 'http://me:hunter2@proxy.example/a@b'", "proxy = 'http://**********@proxy.example/a@b'"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn a_text_that_cannot_be_read_shows_no_secret_either() {
        for text in [
            "client_secret = hunter2",
            "client_secret = \"hunter2\nbase_url = 'x'",
            "second = { client_id = 'a', client_secret = 'hunter2', }}",
            "'client_secret' = 'hunter2' x",
            "target.a.client_secret = '''\nhunter2\n''' x",
            "proxy = 'http://me:hunter2@proxy.example' x",
        ] {
            assert!(!masked(text).contains("hunter2"), "{}", masked(text));
            assert_eq!(masked(text).len(), text.len());
        }
    }
}
