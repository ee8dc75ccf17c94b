use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986, section 2.3, never needs to encode.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The other ways in which a text stands in JSON, HTML, URLs and forms; none where all spell it alike.
#[must_use]
pub fn spellings(value: &str) -> Vec<String> {
    let percent = utf8_percent_encode(value, &RESERVED).to_string();
    let json = serde_json::Value::from(value).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut all = vec![
        lower_escapes(&percent),
        percent,
        url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        json.replace('/', "\\/").replace('&', "\\u0026"),
        json.replace('/', "\\/"),
        json.replace('&', "\\u0026"),
        json,
        html.replace('"', "&quot;").replace('\'', "&#39;"),
        html.replace('"', "&#34;").replace('\'', "&#x27;"),
        html,
        value.replace('&', "&#38;"),
    ];
    all.sort();
    all.dedup();
    all.retain(|spelling| spelling != value);
    all
}

/// The same percent-encoding with its hexadecimal digits in lower case.
fn lower_escapes(percent: &str) -> String {
    let mut out = String::with_capacity(percent.len());
    let mut digits = 0_u8;
    for character in percent.chars() {
        if digits > 0 {
            out.push(character.to_ascii_lowercase());
            digits -= 1;
        } else {
            out.push(character);
            digits = if character == '%' { 2 } else { 0 };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_has_one_spelling_only() {
        assert_eq!(spellings("abc-DEF_0.1"), Vec::<String>::new());
    }

    #[test]
    fn a_link_is_known_in_json_html_and_urls() {
        let all = spellings("https://x/?a=1&b=2");
        for spelling in [
            r"https:\/\/x\/?a=1&b=2",
            r"https:\/\/x\/?a=1\u0026b=2",
            "https://x/?a=1&amp;b=2",
            "https%3A%2F%2Fx%2F%3Fa%3D1%26b%3D2",
            "https%3a%2f%2fx%2f%3fa%3d1%26b%3d2",
        ] {
            assert!(all.iter().any(|known| known == spelling), "{spelling} is not in {all:?}");
        }
    }

    #[test]
    fn a_password_is_known_in_forms() {
        assert!(spellings("p w+d!").contains(&"p+w%2Bd%21".to_owned()));
    }
}
