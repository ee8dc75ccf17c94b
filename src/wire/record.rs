//! Making the record of an exchange: nothing leaves here unmasked.

use std::{collections::BTreeMap, time::Duration};

use http::HeaderMap;
use serde_json::Value;

use super::{
    Call, Raw, Reply,
    classify::{self, Keeper},
    send::Inner,
    trouble::trouble,
};
use crate::{
    clock::milliseconds,
    evidence::{Endpoint, Exchange, Header, Record, Trouble, TroubleKind, shallow},
    markup::Document,
    secret::{Secret, Vault},
};

/// The most of a body that is recorded, in bytes.
const MOST_RECORDED: usize = 64 << 10;

/// What stands in the place of a body that holds too many secrets.
const WITHHELD: &str = "[not recorded: too many parts of this answer may be secrets]";

/// A call with its secrets revealed: what goes on the wire.
pub(super) struct Revealed {
    pub(super) url: Secret,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) body: Option<Secret>,
}

/// What came back.
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// How long we kept the body back before it was sent.
    pub(super) held_back: Duration,
    pub(super) headers_after: Duration,
    pub(super) trouble: Option<Trouble>,
}

impl Outcome {
    /// No answer came, for this reason.
    pub(super) fn none(trouble: Trouble) -> Self {
        Self {
            status: 0,
            headers: HeaderMap::new(),
            body: Vec::new(),
            held_back: Duration::ZERO,
            headers_after: Duration::ZERO,
            trouble: Some(trouble),
        }
    }
}

/// An exchange that has begun. Dropped before its end, it is recorded as one that nobody waited for: it was sent.
pub(super) struct Pending<'a> {
    wire: &'a Inner,
    exchange: Option<Exchange>,
}

impl<'a> Pending<'a> {
    /// Numbers the exchange, and masks and notes what is sent.
    pub(super) fn begin(wire: &'a Inner, call: Call, revealed: &Revealed) -> Self {
        let vault = &wire.vault;
        classify::keep_request(vault, &revealed.headers);
        let exchange = Exchange {
            id: wire.recorder.number(),
            scenario: call.origin.scenario,
            step: call.origin.step,
            endpoint: call.endpoint,
            at_ms: wire.recorder.now_ms(),
            method: call.method,
            url: vault.mask(revealed.url.expose()),
            request_headers: revealed
                .headers
                .iter()
                .map(|(name, value)| Header { name: name.clone(), value: vault.mask(value.expose()) })
                .collect(),
            request_body: cut(vault.mask(revealed.body.as_ref().map_or("", Secret::expose))),
            ..Exchange::default()
        };
        match exchange.endpoint {
            Endpoint::Oauth | Endpoint::Integrate => {
                wire.plain.sent(&exchange.request_body);
                exchange.request_headers.iter().for_each(|header| wire.plain.sent(&header.value));
            }
            // Who logs in or registers is no secret, and what is one in a form was kept when it came.
            Endpoint::Page => wire.plain.sent(&exchange.request_body),
            Endpoint::Listing | Endpoint::Clock | Endpoint::Other => {}
        }
        Self { wire, exchange: Some(exchange) }
    }

    /// Classifies the answer, masks it and records the exchange.
    pub(super) fn finish(mut self, outcome: Outcome) -> Reply {
        let body = Document::new(String::from_utf8_lossy(&outcome.body));
        let raw = Raw { status: outcome.status, headers: outcome.headers, body };
        // Only `drop` and this function, which ends the value's life, take it.
        let mut exchange = self.exchange.take().unwrap_or_default();
        let vault = &self.wire.vault;
        let keeper = Keeper { vault, plain: &self.wire.plain, base: &self.wire.settings.base_url };
        let recordable = classify::keep_answer(&keeper, exchange.endpoint, &exchange.url, &raw);
        // What the request said may have turned out to be a secret just now.
        exchange.url = vault.mask(&exchange.url);
        exchange.request_body = vault.mask(&exchange.request_body);
        exchange.at_ms += milliseconds(outcome.held_back);
        exchange.headers_ms = milliseconds(outcome.headers_after);
        exchange.ms = (self.wire.recorder.now_ms() - exchange.at_ms).max(exchange.headers_ms);
        exchange.status = raw.status;
        exchange.headers = joined(vault, &raw.headers);
        exchange.body_bytes = outcome.body.len() as u64;
        exchange.body = if recordable { cut(vault.mask(raw.body.expose())) } else { WITHHELD.to_owned() };
        // Small members take many times their length in memory: no more is kept as a tree than as a text.
        let kept = recordable && raw.body.expose().len() <= MOST_RECORDED;
        exchange.json = if kept { raw.json().map(|json| shallow(mask_json(vault, json))) } else { None };
        exchange.trouble = outcome.trouble.map(|trouble| Trouble { detail: vault.mask(&trouble.detail), ..trouble });
        self.wire.recorder.record(Record::Exchange(Box::new(exchange.clone())));
        Reply { exchange, raw }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(mut exchange) = self.exchange.take() {
            exchange.ms = self.wire.recorder.now_ms() - exchange.at_ms;
            exchange.trouble = Some(trouble(TroubleKind::Timeout, "the run stopped waiting for the answer"));
            self.wire.recorder.record(Record::Exchange(Box::new(exchange)));
        }
    }
}

/// Headers by lower-case name, several of one name joined as RFC 9110, section 5.3, joins them.
fn joined(vault: &Vault, headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = vault.mask(&String::from_utf8_lossy(value.as_bytes()));
        all.entry(name.as_str().to_owned())
            .and_modify(|known| {
                known.push_str(", ");
                known.push_str(&value);
            })
            .or_insert(value);
    }
    all
}

/// The same JSON with every text masked, names too. The parser's limit of 128 levels bounds the recursion.
fn mask_json(vault: &Vault, json: Value) -> Value {
    match json {
        Value::String(text) => vault.mask(&text).into(),
        Value::Array(items) => items.into_iter().map(|item| mask_json(vault, item)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (vault.mask(&name), mask_json(vault, value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

/// At most what is recorded of a body.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MOST_RECORDED));
    text.shrink_to_fit();
    text
}
