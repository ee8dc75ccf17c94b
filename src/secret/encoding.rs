use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// How a secret may be written into a text.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Encoding {
    /// As it is.
    Raw,
    /// Inside a JSON string, or inside a JSON string of a JSON string (RFC 8259 §7).
    Json,
    /// With character references of HTML.
    Html,
    /// Percent-encoded (RFC 3986 §2.1), or as a form does it.
    Percent,
    /// Hexadecimal digits in either case.
    Hex,
    /// Base64 (RFC 4648 §4), wherever in the encoded text it begins.
    Base64,
    /// Base64 with the URL-safe alphabet (RFC 4648 §5), wherever in the encoded text it begins.
    Base64Url,
    /// UTF-16, little-endian.
    Utf16,
}

impl Encoding {
    /// The name that a report shows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Encoding::Raw => "raw",
            Encoding::Json => "json",
            Encoding::Html => "html",
            Encoding::Percent => "percent",
            Encoding::Hex => "hex",
            Encoding::Base64 => "base64",
            Encoding::Base64Url => "base64url",
            Encoding::Utf16 => "utf-16",
        }
    }
}

/// What percent-encoders encode, and which bytes that of the first they encode or keep otherwise: where a value has none of them, it
/// looks as the first makes it.
const KEPT: [(&AsciiSet, &[u8]); 4] = [
    (RESERVED, b""),
    (&RESERVED.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')'), b"!*'()"),
    (&RESERVED.remove(b'/'), b"/"),
    (NON_ALPHANUMERIC, b"-._~"),
];
/// All but what RFC 3986, section 2.3, calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How writers of HTML refer to an apostrophe and to a slash, and which byte it is that they write otherwise than the first.
const REFERENCES: [(&str, &str, &[u8]); 4] =
    [("&#39;", "/", b""), ("&#x27;", "/", b"'"), ("&#x27;", "&#x2f;", b"/"), ("&apos;", "/", b"'")];

/// Every form in which `value` may stand in a text, each once and the raw one first; none of an empty value.
///
/// Of base64 only those characters are given that do not depend on what stands before or after the value.
#[must_use]
pub fn encodings(value: &str) -> Vec<(Encoding, Vec<u8>)> {
    let mut forms = spelled(value);
    let mut add = |encoding, form: String| add(&mut forms, encoding, form);
    let hex = hex(value.as_bytes());
    add(Encoding::Hex, hex.to_ascii_uppercase());
    add(Encoding::Hex, hex);
    for offset in 0..3 {
        let standard = base64_at(value.as_bytes(), offset);
        let url_safe = standard.contains(['+', '/']).then(|| standard.replace('+', "-").replace('/', "_"));
        add(Encoding::Base64, standard);
        if let Some(form) = url_safe {
            add(Encoding::Base64Url, form);
        }
    }
    forms.extend((!value.is_empty()).then(|| (Encoding::Utf16, utf16(value))));
    forms
}

/// `value` as it is, and as JSON, HTML, URLs and forms spell it.
///
/// What a syntax leaves as it is costs nothing: secrets are letters and digits for the most part, and there are many.
pub(super) fn spelled(value: &str) -> Vec<(Encoding, Vec<u8>)> {
    let has = |special: &dyn Fn(u8) -> bool| value.bytes().any(special);
    let differs = |beside: &[u8]| beside.is_empty() || has(&|byte| beside.contains(&byte));
    let mut forms: Vec<(Encoding, Vec<u8>)> = Vec::new();
    let mut add = |encoding, form: String| add(&mut forms, encoding, form);
    add(Encoding::Raw, value.to_owned());
    if has(&|byte| !byte.is_ascii() || byte.is_ascii_control() || b"\"\\/&".contains(&byte)) {
        let plain = json(value);
        let slashed = plain.replace('/', "\\/");
        // Some writers escape what HTML would read: `&` as `\u0026`.
        let ampersands = plain.contains('&').then(|| [plain.replace('&', "\\u0026"), slashed.replace('&', "\\u0026")]);
        let ascii = (!plain.is_ascii()).then(|| json_ascii(&plain));
        for once in [plain, slashed].into_iter().chain(ascii).chain(ampersands.into_iter().flatten()) {
            add(Encoding::Json, json(&once));
            add(Encoding::Json, once);
        }
    }
    if has(&|byte| b"&<>\"/'".contains(&byte)) {
        for (apostrophe, slash, beside) in REFERENCES {
            if differs(beside) {
                add(Encoding::Html, html(value, apostrophe, slash));
            }
        }
    }
    if has(&|byte| !byte.is_ascii_alphanumeric()) {
        for (kept, beside) in KEPT {
            if differs(beside) {
                let mut upper = String::with_capacity(2 * value.len());
                upper.extend(utf8_percent_encode(value, kept));
                add(Encoding::Percent, lower_hex_of_percent(&upper));
                if has(&|byte| byte == b' ') {
                    add(Encoding::Percent, upper.replace("%20", "+"));
                }
                add(Encoding::Percent, upper);
            }
        }
    }
    forms
}

fn add(forms: &mut Vec<(Encoding, Vec<u8>)>, encoding: Encoding, form: String) {
    let form = form.into_bytes();
    if !form.is_empty() && forms.iter().all(|(_, known)| *known != form) {
        forms.push((encoding, form));
    }
}

fn json(value: &str) -> String {
    // A text is always written, and between quotation marks.
    serde_json::to_string(value).map_or_else(|_| String::new(), |quoted| quoted[1..quoted.len() - 1].to_owned())
}

/// The same with everything beyond ASCII escaped.
fn json_ascii(json: &str) -> String {
    let mut out = String::new();
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

fn html(value: &str, apostrophe: &str, slash: &str) -> String {
    let (mut out, mut done) = (String::with_capacity(value.len() + 32), 0);
    for (at, byte) in value.bytes().enumerate() {
        let reference = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'/' => slash,
            b'\'' => apostrophe,
            _ => continue,
        };
        out.push_str(&value[done..at]);
        out.push_str(reference);
        done = at + 1;
    }
    out.push_str(&value[done..]);
    out
}

fn lower_hex_of_percent(text: &str) -> String {
    let mut out = text.to_owned();
    for (at, _) in text.match_indices('%') {
        if let Some(digits) = out.get_mut(at + 1..at + 3) {
            digits.make_ascii_lowercase();
        }
    }
    out
}

/// Bytes as hexadecimal digits in lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        out.extend([byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)])));
    }
    out
}

/// The base64 characters that `bytes` alone decide when `offset` bytes stand before it in their group of three.
fn base64_at(bytes: &[u8], offset: usize) -> String {
    let encoded = STANDARD_NO_PAD.encode([&[0; 2][..offset], bytes].concat());
    // A character holds 6 bits: those that hold a bit of a neighbour are left off at either end.
    let first = (offset * 8).div_ceil(6);
    let last = (offset + bytes.len()) * 8 / 6;
    encoded.get(first..last).unwrap_or_default().to_owned()
}

fn utf16(value: &str) -> Vec<u8> {
    value.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn holds(text: &[u8], value: &str, encoding: Encoding) -> bool {
        encodings(value)
            .iter()
            .any(|(known, form)| *known == encoding && text.windows(form.len()).any(|window| window == form))
    }

    #[test]
    fn each_form_is_what_its_encoder_writes() {
        let value = "a\"b/c'd e+f&gé";
        for (encoding, text) in [
            (Encoding::Raw, "a\"b/c'd e+f&gé"),
            (Encoding::Json, r#"{"k":"a\"b/c'd e+f&gé"}"#),
            (Encoding::Json, r#"{"k":"a\"b\/c'd e+f&gé"}"#),
            (Encoding::Json, r#"{"k":"a\"b/c'd e+f&g\u00e9"}"#),
            (Encoding::Json, r#""{\"k\":\"a\\\"b/c'd e+f&gé\"}""#),
            (Encoding::Html, "a&quot;b/c&#39;d e+f&amp;gé"),
            (Encoding::Html, "a&quot;b&#x2f;c&#x27;d e+f&amp;gé"),
            (Encoding::Percent, "?k=a%22b%2Fc%27d%20e%2Bf%26g%C3%A9"),
            (Encoding::Percent, "?k=a%22b%2fc%27d%20e%2bf%26g%c3%a9"),
            (Encoding::Percent, "?k=a%22b%2Fc'd%20e%2Bf%26g%C3%A9"),
            (Encoding::Percent, "k=a%22b%2Fc%27d+e%2Bf%26g%C3%A9"),
        ] {
            assert!(holds(text.as_bytes(), value, encoding), "{encoding:?} {text}");
        }
        assert!(holds(b"6f6e65", "one", Encoding::Hex));
        assert!(holds(b"6F6E65", "one", Encoding::Hex));
        assert!(holds(b"o\0n\0e\0", "one", Encoding::Utf16));
    }

    #[test]
    fn a_plain_value_has_no_form_twice() {
        let forms = encodings("abcdefgh");
        let words: Vec<_> = forms.iter().map(|(encoding, _)| encoding.word()).collect();
        assert_eq!(words, ["raw", "hex", "base64", "base64", "base64", "utf-16"]);
        assert!(encodings("").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn base64_is_found_behind_and_before_anything(before in ".{0,7}", value in "[ -~]{4,40}", after in ".{0,7}") {
            let text = format!("{before}{value}{after}");
            proptest::prop_assert!(holds(STANDARD_NO_PAD.encode(&text).as_bytes(), &value, Encoding::Base64));
            let url_safe = URL_SAFE_NO_PAD.encode(&text);
            // Where both alphabets write the same, the form counts as plain base64.
            proptest::prop_assert!(
                holds(url_safe.as_bytes(), &value, Encoding::Base64Url)
                    || holds(url_safe.as_bytes(), &value, Encoding::Base64)
            );
        }
    }
}
