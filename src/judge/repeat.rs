use crate::evidence::Exchange;

/// A command line that repeats an exchange, secrets as environment variables.
pub(super) fn curl(exchange: &Exchange) -> String {
    let mut line = format!("curl -i -X {} {}", exchange.method, quote(&exchange.url));
    for header in &exchange.request_headers {
        line.push_str(" -H ");
        line.push_str(&quote(&format!("{}: {}", header.name, header.value)));
    }
    if !exchange.request_body.is_empty() {
        line.push_str(" --data-raw ");
        line.push_str(&quote(&exchange.request_body));
    }
    line
}

/// A word for a POSIX shell in which fingerprints become environment variables.
fn quote(text: &str) -> String {
    let mut word = String::from("'");
    let mut rest = text;
    while let Some(at) = rest.find("mp-") {
        let end =
            rest[at..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).map_or(rest.len(), |end| at + end);
        word.push_str(&rest[..at].replace('\'', r"'\''"));
        match variable(&rest[at..end]) {
            Some(variable) => {
                word.push_str("'\"$");
                word.push_str(&variable);
                word.push_str("\"'");
            }
            None => word.push_str(&rest[at..end]),
        }
        rest = &rest[end..];
    }
    word.push_str(&rest.replace('\'', r"'\''"));
    word.push('\'');
    word.replace("''\"", "\"").replace("\"''", "\"")
}

/// `mp-token-3f9a2c41b7d0e5f1-40b` as `MP_TOKEN_3F9A2C41`.
fn variable(fingerprint: &str) -> Option<String> {
    let mut parts = fingerprint.strip_prefix("mp-")?.split('-');
    let (kind, digest) = (parts.next()?, parts.next()?);
    // `quote` cuts fingerprints of ASCII alone: each byte is a character.
    (digest.len() == 16).then(|| format!("MP_{}_{}", kind, &digest[..8]).to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Header;

    #[test]
    fn secrets_are_variables_and_quotes_are_kept() {
        let header = Header { name: "x-api-key".into(), value: "mp-key-3f9a2c41b7d0e5f1-40b".into() };
        let exchange = Exchange {
            method: "POST".into(),
            url: "http://h/listings?t=mp-token-00112233aabbccdd-9b".into(),
            request_headers: vec![header],
            request_body: r#"{"a":"it's mp-nothing"}"#.into(),
            ..Exchange::default()
        };
        assert_eq!(
            curl(&exchange),
            r#"curl -i -X POST 'http://h/listings?t='"$MP_TOKEN_00112233" -H 'x-api-key: '"$MP_KEY_3F9A2C41" --data-raw '{"a":"it'\''s mp-nothing"}'"#
        );
    }
}
