use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Evidence, Header};

/// One wire attempt of the target to deliver a key: what arrived, and what we made of it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Delivery {
    /// The request.
    #[serde(flatten)]
    pub arrived: Arrived,
    /// Our answer and the end of the exchange.
    #[serde(flatten)]
    pub answered: Answered,
}

/// The request of one webhook attempt.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Arrived {
    /// Its number in the evidence.
    pub id: u64,
    /// The number of the connection on which it came.
    pub connection: u64,
    /// The peer's address.
    pub peer: String,
    /// The agencyId, as we sent it, of the agency that it belongs to; nothing where it belongs to none of this run.
    pub agency: Option<String>,
    /// Which of that agency's deliveries it belongs to, from 1: where the profile pins how many keys an agency has, each
    /// key has a delivery of its own.
    #[serde(default)]
    pub delivery: u32,
    /// Which wire attempt of that delivery it is, from 1.
    pub attempt: u32,
    /// Whether it came to the canary on the second port.
    pub canary: bool,
    /// When its first byte came, in milliseconds of the run's clock.
    pub at_ms: f64,
    /// When its last byte came.
    pub read_ms: f64,
    /// The method.
    pub method: String,
    /// The request target: path and query as sent, secrets masked.
    pub target: String,
    /// Whether method and target are those that were registered: `POST` to the very path and query.
    pub registered_target: bool,
    /// Where else than in the body a known key stands: `target`, or `header NAME`.
    pub key_outside_body: Vec<String>,
    /// The headers in their order and case, secrets masked.
    pub headers: Vec<Header>,
    /// The content type's essence in lower case, such as `application/json`; empty without one.
    pub content_type: String,
    /// The body as text, secrets masked, cut at 16 KiB.
    pub body: String,
    /// The body's length in bytes.
    pub body_bytes: u64,
    /// A keyed digest of the body: equal bytes, equal digest within a run.
    pub body_digest: String,
    /// Whether the body is a JSON object.
    pub json: bool,
    /// The fingerprint of the `x-api-key`; nothing where it is no string.
    pub key: Option<String>,
    /// What is known of the key itself.
    pub key_facts: Option<KeyFacts>,
    /// The `agencyId` as it stands in the body, of whatever type.
    pub agency_id: Option<serde_json::Value>,
}

/// What was read off a key before it was masked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct KeyFacts {
    /// Its length in characters.
    pub length: u64,
    /// How many different characters it has.
    pub distinct: u64,
    /// The size of the smallest usual alphabet that holds it: 10, 16, 26, 32, 36, 52, 62, 64 or 95; 256 beyond.
    pub alphabet: u64,
    /// The Shannon entropy of its own characters, in bits for the whole key.
    pub entropy_bits: f64,
    /// The longest prefix in characters that it shares with another key of this run.
    pub shared_prefix: u64,
    /// Whether the agencyId stands in it, plain or in base64 or hexadecimal.
    pub holds_agency_id: bool,
}

/// What we answered to a webhook attempt, and how its exchange ended.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Answered {
    /// The number of the attempt in the evidence.
    pub id: u64,
    /// The status that we answered, or began to answer; 0 where none was sent.
    pub status: u16,
    /// The fault that the script gave this attempt; empty for a plain answer.
    pub fault: String,
    /// Whether the fault was one of the connection, after which a sender may re-send of itself.
    pub connection_fault: bool,
    /// When our answer's last byte was handed over, in milliseconds of the run's clock; 0 where none was.
    pub answered_ms: f64,
    /// When the exchange ended; 0 while it has not.
    pub ended_ms: f64,
    /// How it ended.
    pub ended: Ended,
}

/// An attempt that takes longer than this, in milliseconds, is one that we keep waiting.
const KEPT_WAITING_MS: f64 = 250.0;

impl Evidence {
    /// For how long between two moments any attempt was kept waiting for its answer, in milliseconds.
    #[must_use]
    pub fn kept_waiting_between(&self, from_ms: f64, to_ms: f64) -> f64 {
        let attempt = |one: &Delivery| {
            let ended_ms = if one.answered.ended_ms > 0.0 { one.answered.ended_ms } else { to_ms };
            (one.arrived.at_ms, ended_ms)
        };
        let kept = self.deliveries.values().map(attempt).filter(|(at, ended)| ended - at > KEPT_WAITING_MS);
        let mut kept: Vec<(f64, f64)> = kept.map(|(at, ended)| (at.max(from_ms), ended.min(to_ms))).collect();
        kept.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (mut total, mut until) = (0.0, from_ms);
        for (at, ended) in kept {
            total += (ended - at.max(until)).max(0.0);
            until = until.max(ended);
        }
        total
    }
}

/// A connection that met a fault of the accept stage: whose it was is not known.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Knock {
    /// Its number in the evidence.
    pub id: u64,
    /// The peer's address.
    pub peer: String,
    /// The fault that it met.
    pub fault: String,
    /// When it was accepted, in milliseconds of the run's clock.
    pub at_ms: f64,
    /// When it ended; 0 while it has not.
    pub ended_ms: f64,
    /// How it ended.
    pub ended: Ended,
}

impl Answered {
    /// An attempt that is still open.
    #[must_use]
    pub fn open(id: u64) -> Self {
        Self {
            id,
            status: 0,
            fault: String::new(),
            connection_fault: false,
            answered_ms: 0.0,
            ended_ms: 0.0,
            ended: Ended::Open,
        }
    }
}

impl Delivery {
    /// An attempt of which the answer alone is known.
    pub(super) fn unseen(id: u64) -> Self {
        Self { arrived: Arrived { id, ..Arrived::default() }, answered: Answered::open(id) }
    }
}

/// How the exchange of a webhook attempt ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It has not ended, or its end was not seen.
    Open,
    /// Answered whole; the connection may live on.
    Answered,
    /// The peer closed (FIN) before our answer was whole.
    PeerClosed,
    /// The peer reset (RST) before our answer was whole.
    PeerReset,
    /// We closed, as the script said.
    WeClosed,
    /// We reset, as the script said.
    WeReset,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_in_which_attempts_are_kept_waiting_counts_once() {
        let mut evidence = Evidence::default();
        for (id, at_ms, ended_ms) in [(1, 0.0, 400.0), (2, 300.0, 900.0), (3, 1000.0, 1200.0), (4, 2000.0, 0.0)] {
            let arrived = Arrived { id, at_ms, ..Arrived::default() };
            let (status, fault, ended) = (0, String::new(), Ended::Open);
            let answered = Answered { id, status, fault, connection_fault: false, answered_ms: 0.0, ended_ms, ended };
            evidence.deliveries.insert(id, Delivery { arrived, answered });
        }
        for (from, to, kept) in
            [(0.0, 1500.0, 900.0), (350.0, 1500.0, 550.0), (0.0, 350.0, 350.0), (1000.0, 2600.0, 600.0)]
        {
            let told = evidence.kept_waiting_between(from, to);
            assert!((told - kept).abs() < f64::EPSILON, "{told} between {from} and {to}");
        }
    }
}
