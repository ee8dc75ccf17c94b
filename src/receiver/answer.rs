use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{
    exchange::LONGEST_HOLD,
    fault::{Fault, RequestFault},
    header::Headers,
};
use crate::clock::Period;

/// What one attempt is answered, or done to it instead. The default is a plain 200.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer(Details);

/// An answer as a mapping.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
struct Details {
    /// A fault of the receiver in place of a plain answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<RequestFault>,
    /// The status, 100 to 999. A status below 200 is sent, and nothing after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    /// Headers, in this order.
    #[serde(skip_serializing_if = "Headers::is_empty")]
    headers: Headers,
    /// The body, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The time from the end of the request until the headers are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<Delay>,
    /// The time between headers and body.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_delay: Option<Period>,
    /// The time that each byte of the body takes; with the fault `slow`, each byte of the whole answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    drip: Option<Period>,
    /// The longest time for which an unanswered request is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<Period>,
    /// How many bytes a fault makes of what it makes too much of.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// The wait for which a fault asks in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    wait: Option<Period>,
}

/// A length of time, or a share of the time that a sender waits for an answer.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(untagged, expecting = "expected a length of time such as `200ms`, or `{ attempt_timeouts: 0.4, or: 200ms }`")]
#[schemars(inline)]
enum Delay {
    Time(Period),
    Share(Share),
}

/// A share of the time that a sender waits for an answer, as far as that is known.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Share {
    /// So many times the target's pinned `retry.attempt_timeout`, from 0 to 10; 190 s at most.
    #[schemars(range(min = 0.0, max = 10.0))]
    attempt_timeouts: f64,
    /// The time where none is pinned, and for a receiver that has no target.
    or: Period,
}

impl Answer {
    /// A plain answer with this status, from 100 to 999.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self(Details { status: Some(Status(status)), ..Details::default() })
    }

    /// The fault that stands in place of a plain answer.
    #[must_use]
    pub fn fault(&self) -> Option<&'static Fault> {
        self.0.fault.map(|name| name.0)
    }

    /// Whether it is a 200 without delay or fault.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let waits = self.0.delay.is_some() || self.0.body_delay.is_some() || self.0.drip.is_some();
        self.fault().is_none() && self.status_or(200) == 200 && !waits
    }

    /// The status as written, or `default`.
    #[must_use]
    pub fn status_or(&self, default: u16) -> u16 {
        self.0.status.map_or(default, |status| status.0)
    }

    pub(super) fn headers(&self) -> &[(String, String)] {
        &self.0.headers.0
    }

    pub(super) fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    pub(super) fn delay(&self) -> Period {
        match self.0.delay {
            Some(Delay::Time(time) | Delay::Share(Share { or: time, .. })) => time,
            None => Period::default(),
        }
    }

    /// Makes a delay that is a share of the sender's time-out, in milliseconds, into a time.
    pub(super) fn resolve(&mut self, attempt_timeout_ms: f64) {
        if let Some(Delay::Share(share)) = self.0.delay {
            let time = Duration::try_from_secs_f64(attempt_timeout_ms * share.attempt_timeouts / 1000.0);
            self.0.delay = Some(Delay::Time(Period(time.unwrap_or(LONGEST_HOLD).min(LONGEST_HOLD))));
        }
    }

    pub(super) fn body_delay(&self) -> Period {
        self.0.body_delay.unwrap_or_default()
    }

    pub(super) fn drip(&self) -> Option<Period> {
        self.0.drip
    }

    pub(super) fn hold(&self) -> Option<Period> {
        self.0.hold
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.0.size
    }

    pub(super) fn wait_or(&self, default: Duration) -> Duration {
        self.0.wait.map_or(default, |wait| wait.0)
    }

    /// The names of the arguments that were written.
    fn written(&self) -> impl Iterator<Item = &'static str> {
        let details = &self.0;
        [
            ("status", details.status.is_some()),
            ("headers", !details.headers.is_empty()),
            ("body", details.body.is_some()),
            ("delay", details.delay.is_some()),
            ("body_delay", details.body_delay.is_some()),
            ("drip", details.drip.is_some()),
            ("hold", details.hold.is_some()),
            ("size", details.size.is_some()),
            ("wait", details.wait.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, written)| written.then_some(name))
    }

    /// What serde cannot see: which arguments go together.
    fn check(&self) -> Result<(), String> {
        if let Some(Delay::Share(Share { attempt_timeouts, .. })) = self.0.delay
            && !(0.0..=10.0).contains(&attempt_timeouts)
        {
            return Err(format!("expected `attempt_timeouts` from 0 to 10, found {attempt_timeouts}"));
        }
        match self.fault() {
            Some(fault) => {
                if let Some(name) = self.written().find(|name| !fault.arguments.contains(name)) {
                    let taken = if fault.arguments.is_empty() { "nothing".into() } else { fault.arguments.join(", ") };
                    return Err(format!("the fault `{}` takes no `{name}`; it takes: {taken}", fault.name));
                }
                match (fault.statuses, self.0.status) {
                    ([_, ..], Some(Status(status))) if !fault.statuses.contains(&status) => {
                        let known = fault.statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
                        Err(format!("the fault `{}` takes a status of {known}, found {status}", fault.name))
                    }
                    _ => Ok(()),
                }
            }
            None if self.0.hold.is_some() => Err("`hold` goes with a `fault` that holds the request".into()),
            None if self.0.size.is_some() => Err("`size` goes with a `fault` that makes too much of something".into()),
            None if self.0.wait.is_some() => Err("`wait` goes with a `fault` that asks for one".into()),
            None if self.0.body.is_none() && (self.0.body_delay.is_some() || self.0.drip.is_some()) => {
                Err("`body_delay` and `drip` act on the body: expected a `body` beside them".into())
            }
            None => Ok(()),
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.fault(), self.written().collect::<Vec<_>>().as_slice()) {
            (None, [] | ["status"]) => serializer.serialize_u16(self.status_or(200)),
            _ => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnswerVisitor;

        impl<'de> Visitor<'de> for AnswerVisitor {
            type Value = Answer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status such as `503`, or a mapping such as `{ status: 503 }` or `{ fault: close }`")
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Answer, E> {
                StatusVisitor.visit_i64(value).map(|status| Answer::status(status.0))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Answer, E> {
                StatusVisitor.visit_u64(value).map(|status| Answer::status(status.0))
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Answer, A::Error> {
                let answer = Answer(Details::deserialize(MapAccessDeserializer::new(access))?);
                answer.check().map_err(A::Error::custom)?;
                Ok(answer)
            }
        }

        deserializer.deserialize_any(AnswerVisitor)
    }
}

impl JsonSchema for Answer {
    fn schema_name() -> Cow<'static, str> {
        "Answer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (status, details) = (Status::json_schema(generator), Details::json_schema(generator));
        json_schema!({ "description": "What one attempt is answered.", "anyOf": [status, details] })
    }
}

/// A status of HTTP, or at least a number of its form.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Status(u16);

struct StatusVisitor;

impl Visitor<'_> for StatusVisitor {
    type Value = Status;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a status from 100 to 999")
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Status, E> {
        match u16::try_from(value) {
            Ok(status @ 100..=999) => Ok(Status(status)),
            _ => Err(E::custom(format!("expected a status from 100 to 999, found the number {value}"))),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Status, E> {
        self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StatusVisitor)
    }
}

impl JsonSchema for Status {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 100, "maximum": 999 })
    }
}
