use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    Raw,
    discover::token_candidates,
    moment::{http_date, length_or_moment, seconds, until},
};

/// Folded names of a life in seconds from now.
const LIVES: &[&str] = &[
    "expiresin",
    "expiresinseconds",
    "expirein",
    "ttl",
    "lifetime",
    "maxage",
    "validfor",
    "tokenexpiresin",
    "validity",
    "xcrmtokenexpiresin",
    "expiresafter",
];

/// Folded names of a moment at which a life ends.
const ENDS: &[&str] = &[
    "expiresat",
    "expireat",
    "expiresatms",
    "expiry",
    "expires",
    "expiration",
    "expirationtime",
    "expirydate",
    "expirationdate",
    "expireson",
    "exp",
    "validuntil",
    "tokenexpiry",
    "tokenexpiresat",
    "xcrmtokenexpiresat",
];

/// How long an answer of `/crm/oauth` says that its token lives; nothing where it does not say.
///
/// It is read off a header or a JSON member of a usual name, as seconds, as RFC 3339 or as seconds or milliseconds since
/// 1970, or else off the token itself where that is a JWT (RFC 7519). A moment counts from the answer's own `Date`, so
/// that a difference of clocks does not matter; without one it counts from `now`.
#[must_use]
pub fn told_life(raw: &Raw, now: Timestamp) -> Option<Duration> {
    let now = raw.header("date").and_then(http_date).unwrap_or(now);
    let headers = raw.headers.keys().filter(|name| *name != http::header::EXPIRES);
    let in_headers = headers.filter_map(|name| life_of(name.as_str(), &Value::from(raw.header(name.as_str())?), now));
    let json = raw.json();
    let in_json = json.iter().flat_map(|json| members(json)).filter_map(|(name, value)| life_of(name, value, now));
    let in_token = || token_candidates(raw).iter().find_map(|candidate| jwt_life(candidate.value.expose(), now));
    in_headers.chain(in_json).next().or_else(in_token)
}

fn life_of(name: &str, value: &Value, now: Timestamp) -> Option<Duration> {
    let name = super::discover::folded(name);
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    match number {
        Some(number) if LIVES.contains(&name.as_str()) => seconds(number),
        // Some servers call a length `expires`.
        Some(number) if ENDS.contains(&name.as_str()) => length_or_moment(number, now),
        None if ENDS.contains(&name.as_str()) => {
            let text = value.as_str()?.trim();
            Some(until(text.parse().ok().or_else(|| http_date(text))?, now))
        }
        _ => None,
    }
}

/// Every member of every object.
fn members(value: &Value) -> Vec<(&str, &Value)> {
    match value {
        Value::Object(entries) => entries
            .iter()
            .flat_map(|(name, value)| std::iter::once((name.as_str(), value)).chain(members(value)))
            .collect(),
        Value::Array(items) => items.iter().flat_map(members).collect(),
        _ => Vec::new(),
    }
}

fn jwt_life(token: &str, now: Timestamp) -> Option<Duration> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let end = claims.get("exp")?.as_f64()?;
    match claims.get("iat").and_then(Value::as_f64) {
        Some(begin) => seconds(end - begin),
        None => length_or_moment(end, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{raw, raw_with};

    const NOW: &str = "2026-11-23T12:00:00Z";

    fn life(body: &str) -> Option<u64> {
        told_life(&raw(200, body), NOW.parse().unwrap()).map(|life| life.as_secs())
    }

    #[test]
    fn a_life_is_read_in_every_usual_form() {
        for (body, seconds) in [
            (r#"{"token": "t", "expires_in": 21600}"#, 21600),
            (r#"{"token": "t", "expiresIn": "21600"}"#, 21600),
            (r#"{"data": [{"expires_at": "2026-11-23T18:00:00Z"}]}"#, 21600),
            (r#"{"expires_at": "2026-11-23T19:00:00+01:00"}"#, 21600),
            (r#"{"expiry": 1795456800}"#, 21600),
            (r#"{"expiry": 1795456800000}"#, 21600),
            (r#"{"expires": 21600}"#, 21600),
            (r#"{"expires": "Mon, 23 Nov 2026 18:00:00 GMT"}"#, 21600),
            (r#"{"expires_in": -5}"#, 0),
            (r#"{"expires_at": "2020-01-01T00:00:00Z"}"#, 0),
        ] {
            assert_eq!(life(body), Some(seconds), "{body}");
        }
        for body in
            ["", "{", r#"{"expires_in": null}"#, r#"{"expires_at": "soon"}"#, r#"{"n": 21600}"#, r#"{"exp": 1e300}"#]
        {
            assert_eq!(life(body), None, "{body}");
        }
    }

    #[test]
    fn a_jwt_tells_its_own_life() {
        let token = |claims: &str| format!(r#"{{"token": "e30.{}.c2ln"}}"#, URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(life(&token(r#"{"iat": 1000, "exp": 22600}"#)), Some(21600));
        assert_eq!(life(&token(r#"{"exp": 1795456800}"#)), Some(21600));
        assert_eq!(life(&token("{}")), None);
    }

    #[test]
    fn a_moment_counts_from_the_answers_own_date() {
        let answer = raw_with(
            200,
            &[("date", "Mon, 23 Nov 2026 10:00:00 GMT"), ("expires", "Mon, 23 Nov 2020 10:00:00 GMT")],
            r#"{"expires_at": "2026-11-23T16:00:00Z"}"#,
        );
        assert_eq!(told_life(&answer, NOW.parse().unwrap()), Some(Duration::from_hours(6)));
    }
}
