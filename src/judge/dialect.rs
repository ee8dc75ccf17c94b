use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::Value;

use crate::{
    clock::Period,
    dialect::{Answer, Dialect, Drift},
    evidence::{Delivery, Evidence, Exchange, Found},
};

/// The dialect that a run's evidence shows, and by which records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeenDialect {
    /// What was seen.
    pub dialect: Dialect,
    /// The number of the exchange or delivery that showed a part, by the part's name.
    pub evidence: BTreeMap<&'static str, u64>,
}

/// A part that an answer to a wrong request shows: the scenarios that send it, and the name to which they bind the answer.
struct Refusal {
    part: &'static str,
    scenarios: &'static [&'static str],
    name: &'static str,
    /// Of several answers under the name, the `variant` of the one that is meant.
    variant: &'static str,
    set: fn(&mut Dialect, Answer),
}

const REFUSALS: &[Refusal] = &[
    Refusal {
        part: "wrong_secret",
        scenarios: &["discover/wrong-secret", "platform/auth-credentials"],
        name: "wrong",
        variant: "one_character",
        set: |dialect, answer| dialect.wrong_secret = Some(answer),
    },
    Refusal {
        part: "wrong_token",
        scenarios: &["discover/link-refusals", "platform/link-refusals"],
        name: "garbage",
        variant: "",
        set: |dialect, answer| dialect.wrong_token = Some(answer),
    },
    Refusal {
        part: "missing_agency",
        scenarios: &["discover/link-refusals", "platform/link-refusals"],
        name: "missing",
        variant: "",
        set: |dialect, answer| dialect.missing_agency = Some(answer),
    },
];

/// Headers that HTTP, a proxy or tracing puts on a request, and not the platform: what follows from the way is no dialect.
const OF_THE_WAY: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "baggage",
    "cache-control",
    "cdn-loop",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "pragma",
    "priority",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-amzn-trace-id",
    "x-cloud-trace-context",
    "x-correlation-id",
    "x-real-ip",
    "x-request-id",
];

/// The begins of further such headers.
const OF_THE_WAY_TOO: &[&str] = &["cf-", "fly-", "ngrok-", "sec-", "x-b3-", "x-forwarded-", "x-envoy-"];

/// The longest name of a field or header that is told: a longer one is no name.
const LONGEST_NAME: usize = 64;

impl SeenDialect {
    /// What a run saw of its target's dialect. A part that it had no look at is absent.
    #[must_use]
    pub fn of(evidence: &Evidence) -> Self {
        let mut seen = Self::default();
        seen.found(evidence);
        for refusal in REFUSALS {
            if let Some(exchange) = refused(evidence, refusal)
                && let Some(answer) = answer(exchange)
            {
                (refusal.set)(&mut seen.dialect, answer);
                seen.evidence.insert(refusal.part, exchange.id);
            }
        }
        if let Some(delivery) = evidence.deliveries.values().find(|delivery| is_first(delivery)) {
            seen.delivery(delivery);
        }
        seen
    }

    /// Where what was seen differs from what is pinned.
    #[must_use]
    pub fn drift_from(&self, pinned: &Dialect) -> Vec<Drift> {
        Drift::between(pinned, &self.dialect, |part| self.evidence.get(part).copied())
    }

    /// Token and link, as the preflight found them.
    fn found(&mut self, evidence: &Evidence) {
        for Found { what, place, exchange, told_life_ms, .. } in &evidence.found {
            let place = Some(place.clone());
            let exchange = exchange.and_then(|id| evidence.exchanges.get(&id));
            let parts = if what == "token" {
                self.dialect.token = place;
                self.dialect.token_answer = exchange.and_then(answer);
                self.dialect.token_life = told_life_ms.map(whole_seconds);
                self.dialect.limit_headers = exchange.map(limit_headers);
                ["token", "token_answer", "token_life", "limit_headers"].as_slice()
            } else {
                self.dialect.link = place;
                self.dialect.link_answer = exchange.and_then(answer);
                ["link", "link_answer"].as_slice()
            };
            self.evidence.extend(parts.iter().filter_map(|part| Some((*part, exchange?.id))));
        }
    }

    fn delivery(&mut self, delivery: &Delivery) {
        let arrived = &delivery.arrived;
        let headers = arrived.headers.iter().map(|header| header.name.to_ascii_lowercase());
        let own = headers.filter(|name| {
            !OF_THE_WAY.contains(&name.as_str()) && !OF_THE_WAY_TOO.iter().any(|begin| name.starts_with(begin))
        });
        self.dialect.delivery_type = Some(arrived.content_type.clone()).filter(|content_type| !content_type.is_empty());
        self.dialect.delivery_headers = Some(names(own));
        // A body that was cut short is no JSON any more.
        let body: Option<Value> = serde_json::from_str(&arrived.body).ok();
        self.dialect.delivery_fields =
            body.as_ref().and_then(Value::as_object).map(|fields| names(fields.keys().cloned()));
        let parts = ["delivery_type", "delivery_headers", "delivery_fields"];
        self.evidence.extend(parts.map(|part| (part, arrived.id)));
    }
}

/// The exchange in which the target refused what it had to. What it took, and what was limited or broke, is no refusal.
fn refused<'e>(evidence: &'e Evidence, refusal: &Refusal) -> Option<&'e Exchange> {
    let is_meant = |value: &&Value| refusal.variant.is_empty() || value["variant"] == refusal.variant;
    let bound = evidence.bound.iter().filter(|bound| refusal.scenarios.contains(&bound.scenario.as_str()));
    let values = bound.filter(|bound| bound.name == refusal.name).flat_map(|bound| match &bound.value {
        Value::Array(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    });
    let exchanges = values.filter(is_meant).filter_map(|value| evidence.exchanges.get(&value["$exchange"].as_u64()?));
    exchanges
        .into_iter()
        .find(|exchange| (400..500).contains(&exchange.status) && !matches!(exchange.status, 404 | 405 | 429))
}

fn answer(exchange: &Exchange) -> Option<Answer> {
    let content_type = exchange.headers.get("content-type").map_or("", String::as_str);
    Answer::new(exchange.status, content_type, exchange.body_bytes)
}

fn limit_headers(exchange: &Exchange) -> Vec<String> {
    let about_limits = |name: &&String| name.contains("ratelimit") || name.contains("rate-limit");
    names(exchange.headers.keys().filter(about_limits).cloned())
}

/// Whether it is the first attempt of a delivery that belongs to an agency of the run.
fn is_first(delivery: &Delivery) -> bool {
    let arrived = &delivery.arrived;
    arrived.agency.is_some() && arrived.attempt == 1 && !arrived.canary
}

/// Names in order, each once, those aside that are none.
fn names(all: impl Iterator<Item = String>) -> Vec<String> {
    let is_name = |name: &String| name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_graphic());
    all.filter(is_name).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A life as it is pinned: a moment at which it ends tells it with the way of the answer in it.
fn whole_seconds(ms: f64) -> Period {
    Period(Duration::try_from_secs_f64((ms / 1000.0).round()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dialect::PARTS,
        evidence::{Arrived, Bound, Endpoint, Header, Record},
        scenario::{parse, shipped, shipped_for_discovery},
    };

    fn exchange(id: u64, endpoint: Endpoint, status: u16, headers: &[(&str, &str)]) -> Record {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Record::Exchange(Box::new(Exchange { id, endpoint, status, headers, body_bytes: 9, ..Exchange::default() }))
    }

    fn bound(scenario: &str, name: &str, value: Value) -> Record {
        Record::Bound(Bound { scenario: scenario.into(), name: name.into(), value })
    }

    fn found(what: &str, place: &str, exchange: u64, told_life_ms: Option<f64>) -> Record {
        let place = place.parse().unwrap();
        Record::Found(Found { what: what.into(), place, pinned: false, exchange: Some(exchange), told_life_ms })
    }

    fn arrived(id: u64, attempt: u32, headers: &[&str], body: &str) -> Record {
        Record::Arrived(Box::new(Arrived {
            id,
            attempt,
            agency: Some("a".into()),
            content_type: "application/json".into(),
            headers: headers.iter().map(|name| Header { name: (*name).into(), value: String::new() }).collect(),
            body: body.into(),
            ..Arrived::default()
        }))
    }

    fn told(seen: &SeenDialect) -> Vec<String> {
        let told = |part: &crate::dialect::Part| {
            let number = seen.evidence.get(part.name).copied().unwrap_or_default();
            Some(format!("{} = {} by {number}", part.name, (part.shown)(&seen.dialect)?))
        };
        PARTS.iter().filter_map(told).collect()
    }

    #[test]
    fn every_part_is_seen_in_what_a_run_leaves() {
        let json = [("content-type", "application/json; charset=utf-8"), ("x-ratelimit-limit", "9")];
        let wrong = serde_json::json!([
            { "$exchange": 3, "variant": "prefix" }, { "$exchange": 4, "variant": "one_character" }
        ]);
        let evidence: Evidence = [
            exchange(1, Endpoint::Oauth, 200, &json),
            exchange(2, Endpoint::Integrate, 201, &[("location", "x")]),
            exchange(3, Endpoint::Oauth, 400, &[]),
            exchange(4, Endpoint::Oauth, 401, &[("content-type", "text/html")]),
            exchange(5, Endpoint::Integrate, 403, &json),
            exchange(6, Endpoint::Integrate, 422, &json),
            found("token", "json:/token", 1, Some(21_599_600.0)),
            found("link", "header:location", 2, None),
            bound("platform/auth-credentials", "wrong", wrong),
            bound("platform/link-refusals", "garbage", serde_json::json!({ "$exchange": 5 })),
            bound("discover/link-refusals", "missing", serde_json::json!({ "$exchange": 6 })),
            arrived(7, 2, &["x-late"], "{}"),
            arrived(
                8,
                1,
                &["Host", "X-Event", "User-Agent", "X-Forwarded-For"],
                r#"{"x-api-key": "mp-key", "agencyId": "a"}"#,
            ),
        ]
        .into_iter()
        .collect();
        insta::assert_snapshot!(told(&SeenDialect::of(&evidence)).join("\n"), @r"
        token = json:/token by 1
        token_answer = 200 application/json by 1
        token_life = 6h by 1
        limit_headers = x-ratelimit-limit by 1
        link = header:location by 2
        link_answer = 201 untyped by 2
        wrong_secret = 401 text/html by 4
        wrong_token = 403 application/json by 5
        missing_agency = 422 application/json by 6
        delivery_type = application/json by 8
        delivery_fields = agencyId, x-api-key by 8
        delivery_headers = x-event by 8
        ");
    }

    #[test]
    fn what_is_no_refusal_tells_nothing_of_refusals() {
        for status in [0, 200, 302, 404, 405, 429, 503] {
            let evidence: Evidence = [
                exchange(5, Endpoint::Integrate, status, &[]),
                bound("platform/link-refusals", "garbage", serde_json::json!({ "$exchange": 5 })),
            ]
            .into_iter()
            .collect();
            assert_eq!(SeenDialect::of(&evidence), SeenDialect::default(), "{status}");
        }
    }

    #[test]
    fn a_run_that_saw_nothing_drifts_from_nothing() {
        let pinned: Dialect =
            toml::from_str("token = 'text'\nwrong_token = '401 empty'\ndelivery_fields = []").unwrap();
        assert_eq!(SeenDialect::of(&Evidence::default()).drift_from(&pinned), []);
    }

    #[test]
    fn each_refusal_is_bound_by_the_scenarios_that_are_named() {
        let texts: BTreeMap<String, crate::syntax::Source> =
            shipped().into_iter().chain(shipped_for_discovery()).collect();
        for refusal in REFUSALS {
            assert!(PARTS.iter().any(|part| part.name == refusal.part), "{}", refusal.part);
            for path in refusal.scenarios {
                let source = texts.get(*path).unwrap_or_else(|| panic!("{path} is not shipped"));
                assert!(parse(path, source).is_ok());
                let binds = format!("as: {}", refusal.name);
                let line = source.text().lines().find(|line| line.contains(&binds)).unwrap_or_else(|| panic!("{path}"));
                let meant =
                    refusal.variant.is_empty() || line.contains("secret: wrong") || line.contains(refusal.variant);
                assert!(meant, "{path}: {line}");
            }
        }
    }
}
