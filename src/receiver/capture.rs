use std::sync::{PoisonError, atomic::Ordering};

use serde_json::Value;

use super::{
    Shared,
    ledger::{Admitted, Taken},
    mask::Mask,
    payload::{Payload, as_text},
    request::{Body, Head},
};
use crate::evidence::{Arrived, Header, Record};

/// Of so many requests for nobody is recorded what they say. Whoever sends more must fill neither memory nor disk, nor the
/// vault with what might be secrets.
const MOST_STRANGERS: usize = 200;

/// A stranger's agencyId that is longer, in bytes, is not kept.
const LONGEST_ID: usize = 1024;

/// A request that was read, with all that is known of it besides.
pub(super) struct Incoming<'a> {
    pub(super) connection: u64,
    pub(super) peer: String,
    pub(super) canary: bool,
    pub(super) at_ms: f64,
    pub(super) read_ms: f64,
    pub(super) head: &'a Head,
    pub(super) body: &'a Body,
}

/// A request that was attributed, numbered and recorded.
pub(super) struct Captured {
    pub(super) agency: Option<String>,
    pub(super) admitted: Admitted,
    /// Whether it stands in the evidence.
    pub(super) is_recorded: bool,
}

impl Shared {
    /// Attributes a request to its agency and records it, before anything is answered.
    pub(super) fn capture(&self, incoming: &Incoming<'_>) -> Captured {
        let payload = Payload::read(incoming.body);
        let agency = self.attribute(&payload, &incoming.head.target).or_else(|| self.adopted(&payload));
        let number = || self.recorder.number();
        let key = payload.keys().pop();
        let admitted = self.ledger.admit(agency.as_deref(), incoming.canary, key.as_ref(), incoming.at_ms, number);
        if let Some(agency) =
            agency.clone().or_else(|| payload.agency_id().map(as_text)).filter(|id| self.passes_by(id))
        {
            let is_exact = payload.agency_id() == Some(&Value::String(agency.clone()));
            let taken = Taken { key, is_exact };
            self.ledger.taken(&agency, taken, self.recorder.now_ms());
            return Captured { agency: Some(agency), admitted, is_recorded: false };
        }
        let is_told = agency.is_some() || self.strangers_told.fetch_add(1, Ordering::Relaxed) < MOST_STRANGERS;
        let arrived = if is_told {
            self.arrived(incoming, &payload, agency.clone(), &admitted)
        } else {
            Self::untold(incoming, &admitted)
        };
        let key = arrived.key.clone();
        self.recorder.record(Record::Arrived(Box::new(arrived)));
        self.ledger.arrived(agency.as_deref(), incoming.canary, key.as_deref(), self.recorder.now_ms());
        Captured { agency, admitted, is_recorded: true }
    }

    /// The stranger that a payload is for, once it has a script; nothing where strangers have none, or there are too many.
    fn adopted(&self, payload: &Payload) -> Option<String> {
        let script = self.strangers.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let id = payload.agency_id().map(as_text).unwrap_or_default();
        // An id that is a key, or of no sane length, is nobody's.
        let sane = id.len() <= LONGEST_ID && payload.keys().iter().all(|key| !id.contains(key.expose()));
        let id = if sane { id } else { String::new() };
        self.ledger.adopt(&id, script, self.recorder.now_ms()).then_some(id)
    }

    /// Whether an agency is one of those that leave no record.
    fn passes_by(&self, agency: &str) -> bool {
        let prefix = self.unrecorded.read().unwrap_or_else(PoisonError::into_inner);
        prefix.as_deref().is_some_and(|prefix| agency.starts_with(prefix))
    }

    /// The armed agency that a payload is for: by its agencyId alone where it has one.
    fn attribute(&self, payload: &Payload, target: &str) -> Option<String> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        match payload.agency_id() {
            Some(value) => index.find(&as_text(value)),
            None => index.find(&payload.text).or_else(|| index.find(target)),
        }
    }

    /// A request for nobody of which it is noted that it came, and nothing that it says.
    fn untold(incoming: &Incoming<'_>, admitted: &Admitted) -> Arrived {
        Arrived {
            id: admitted.id,
            connection: incoming.connection,
            peer: incoming.peer.clone(),
            delivery: admitted.delivery,
            attempt: admitted.attempt,
            canary: incoming.canary,
            at_ms: incoming.at_ms,
            read_ms: incoming.read_ms,
            body_bytes: incoming.body.length,
            ..Arrived::default()
        }
    }

    fn arrived(
        &self,
        incoming: &Incoming<'_>,
        payload: &Payload,
        agency: Option<String>,
        admitted: &Admitted,
    ) -> Arrived {
        let (head, body) = (incoming.head, incoming.body);
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let mask = Mask::new(&self.vault, &index, &self.target, head, payload);
        let mut key_outside_body = Vec::new();
        let (target, key_in_target) = mask.place(&head.target);
        if key_in_target {
            key_outside_body.push("target".to_owned());
        }
        let (headers, with_key) = headers(&mask, head);
        key_outside_body.extend(with_key.into_iter().map(|name| format!("header {name}")));
        let key = payload.keys().pop();
        let agency_id = payload.agency_id();
        let ids = [agency.clone(), agency_id.map(as_text)];
        let ids: Vec<&str> = ids.iter().flatten().map(String::as_str).collect();
        Arrived {
            method: mask.text(&head.method),
            target,
            registered_target: !incoming.canary && head.method == "POST" && origin_form(&head.target) == self.target,
            key_outside_body,
            headers,
            content_type: mask.text(&head.content_type()),
            body: mask.body(payload),
            body_digest: self.vault.digest(&body.digest()),
            json: payload.members.is_some(),
            key_facts: key.as_ref().map(|key| self.keys.take(key, &ids)),
            key: key.map(|key| mask.fingerprint(&key)),
            agency_id: agency_id.map(|value| mask.value(value)),
            agency,
            ..Self::untold(incoming, admitted)
        }
    }
}

/// The headers as they may be shown, and the names of those that a key stands in.
fn headers(mask: &Mask<'_>, head: &Head) -> (Vec<Header>, Vec<String>) {
    let (mut headers, mut with_key) = (Vec::new(), Vec::new());
    for (name, value) in &head.headers {
        let (name, (value, has_key)) = (mask.text(name), mask.place(value));
        if has_key {
            with_key.push(name.clone());
        }
        headers.push(Header { name, value });
    }
    (headers, with_key)
}

/// Path and query of a request target, which a sender may give with scheme and host before it (RFC 9112 §3.2.2).
fn origin_form(target: &str) -> &str {
    let rest = ["http://", "https://"].iter().find_map(|scheme| target.strip_prefix(scheme));
    rest.and_then(|rest| rest.find('/').map(|slash| &rest[slash..])).unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use super::origin_form;

    #[test]
    fn scheme_and_host_are_no_part_of_a_registered_target() {
        for (target, origin) in [
            ("/hook?x=1", "/hook?x=1"),
            ("http://a.example/hook?x=1", "/hook?x=1"),
            ("https://a.example:8443/hook", "/hook"),
            ("http://a.example", "http://a.example"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(origin_form(target), origin);
        }
    }
}
