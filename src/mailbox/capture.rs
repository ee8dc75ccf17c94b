use std::{borrow::Cow, collections::BTreeSet, sync::PoisonError};

use mail_parser::{Message, MessageParser, PartType, decoders::html::html_to_text};

use super::{Envelope, Shared, known::Keys, mask::Mask};
use crate::evidence::{Header, KeyInMail, Mail};

/// The most bytes of a text that are recorded.
const TEXT_LIMIT: usize = 16 * 1024;

/// So many headers are recorded.
const MOST_HEADERS: usize = 100;

/// Messages within messages are looked into so deep.
const DEEPEST: usize = 4;

/// Headers that say how a message is written, and nothing else.
const STRUCTURE: &[&str] = &["content-type", "content-transfer-encoding", "mime-version", "date"];

/// What a message says, decoded, part by part.
#[derive(Default)]
struct Parts {
    subject: String,
    headers: Vec<(String, String)>,
    text: String,
    /// What no reader of a report is shown: the HTML of a part, what is attached.
    unseen: Vec<(&'static str, String)>,
}

/// Makes evidence of a message: reads it, says where in it keys stand and whom it names, and hides every secret.
pub(super) fn capture(shared: &Shared, raw: &[u8], envelope: &Envelope) -> Mail {
    let (recorder, vault) = (&shared.settings.recorder, &shared.settings.vault);
    let (id, at_ms) = (recorder.number(), recorder.now_ms());
    let source = String::from_utf8_lossy(raw);
    let parts = read(raw, &source);
    let mut keys = shared.keys.lock().unwrap_or_else(PoisonError::into_inner);
    keys.refresh(vault);
    let agencies = shared.agencies.read().unwrap_or_else(PoisonError::into_inner);
    let said = parts.said();
    let named: Vec<String> = agencies.named_in(&said).into_iter().collect();
    let accounts: Vec<String> = agencies.accounts_in(&said).into_iter().collect();
    let mask = Mask { vault, keys: &keys, agencies: &agencies };
    let header = |(name, value): &(String, String)| {
        let structure = STRUCTURE.iter().any(|known| name.eq_ignore_ascii_case(known));
        let value = if structure { mask.known(value) } else { mask.whole(value) };
        Header { name: mask.known(name), value: cut(&value).to_owned() }
    };
    Mail {
        id,
        at_ms,
        from: mask.known(&envelope.from),
        to: envelope.to.iter().map(|to| mask.known(to)).collect(),
        registered: envelope.to.iter().any(|to| to.eq_ignore_ascii_case(&shared.settings.address)),
        agencies: named,
        accounts,
        keys: places(&keys, &parts, envelope, &source).into_iter().collect(),
        subject: cut(&mask.whole(&parts.subject)).to_owned(),
        headers: parts.headers.iter().take(MOST_HEADERS).map(header).collect(),
        text: cut(&mask.whole(&parts.text)).to_owned(),
        bytes: raw.len() as u64,
    }
}

fn read(raw: &[u8], source: &str) -> Parts {
    let mut parts = Parts::default();
    match MessageParser::default().parse(raw) {
        Some(message) => parts.take(&message, 0),
        None => source.clone_into(&mut parts.text),
    }
    parts
}

impl Parts {
    fn take(&mut self, message: &Message<'_>, depth: usize) {
        if depth == 0 {
            message.subject().unwrap_or_default().clone_into(&mut self.subject);
        }
        for (name, value) in message.headers_raw() {
            self.headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        // Words that are encoded (RFC 2047) are read here; the raw headers show how they came.
        let decoded = message.headers().iter().filter_map(|header| header.value().as_text());
        self.unseen.extend(decoded.map(|text| ("header", text.to_owned())));
        for part in &message.parts {
            match &part.body {
                PartType::Text(text) => self.add_text(text),
                PartType::Html(html) => {
                    self.add_text(&html_to_text(html));
                    self.unseen.push(("text", html.to_string()));
                }
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                    self.unseen.push(("attachment", String::from_utf8_lossy(bytes).into_owned()));
                }
                PartType::Message(inner) if depth < DEEPEST => self.take(inner, depth + 1),
                PartType::Message(_) | PartType::Multipart(_) => {}
            }
        }
    }

    fn add_text(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    /// Everything that a reader of the mail is told.
    fn said(&self) -> String {
        let headers = self.headers.iter().map(|(_, value)| value.as_str());
        let unseen = self.unseen.iter().map(|(_, text)| text.as_str());
        let all: Vec<&str> =
            [self.subject.as_str(), self.text.as_str()].into_iter().chain(headers).chain(unseen).collect();
        all.join("\n")
    }
}

/// Where keys of the run stand in a message.
fn places(keys: &Keys, parts: &Parts, envelope: &Envelope, source: &str) -> BTreeSet<KeyInMail> {
    let mut found = BTreeSet::new();
    let mut search = |place: Cow<'_, str>, text: &str| {
        for (key, encoding) in keys.found_in(text) {
            found.insert(KeyInMail { key, place: place.to_string(), encoding: encoding.word().into() });
        }
    };
    search("subject".into(), &parts.subject);
    search("text".into(), &parts.text);
    // A long word may have been wrapped.
    search("text".into(), &parts.text.split_whitespace().collect::<String>());
    for (name, value) in &parts.headers {
        search(format!("header {name}").into(), value);
    }
    for (place, text) in &parts.unseen {
        search((*place).into(), text);
    }
    search("envelope".into(), &format!("{} {}", envelope.from, envelope.to.join(" ")));
    if found.is_empty() {
        for (key, encoding) in keys.found_in(source) {
            found.insert(KeyInMail { key, place: "source".into(), encoding: encoding.word().into() });
        }
    }
    found
}

/// The part of a text that is recorded.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_LIMIT)]
}
