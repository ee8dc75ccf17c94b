use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::{
    Call, Reply, Wire,
    moment::{http_date, length_or_moment, seconds, until},
};
use crate::evidence::Exchange;

/// Headers that tell when a limit is over, with what a plain number in them means. The first that is there counts.
const LIMITS: &[&str] =
    &["ratelimit", "ratelimit-reset", "x-ratelimit-reset-after", "x-ratelimit-reset", "x-rate-limit-reset"];

/// The shortest wait after a refusal, so that a told wait of nothing does not make a flood.
const SHORTEST: Duration = Duration::from_millis(100);

impl Wire {
    /// Sends a request again while it is limited, as long as the waits told fit into `budget`; gives the last reply.
    ///
    /// Limited means a 429 (RFC 6585), or a 503 that says when to come back. A 429 that says nothing is waited for 1 s,
    /// then 2 s, and so on, doubling.
    ///
    /// Waiting that used a whole budget up for nothing is not begun again at that endpoint: where a limit never ends, a run
    /// does.
    pub async fn send_patiently(&self, call: Call, budget: Duration) -> Reply {
        let deadline = Instant::now() + budget;
        let mut tries = 0;
        loop {
            let reply = self.send(call.clone()).await;
            let Some(wait) = wait_after(&reply.exchange, tries, Timestamp::now()) else { return reply };
            let over = Instant::now() + wait > deadline;
            if over || self.waited_in_vain(call.endpoint) {
                if over && tries > 0 {
                    self.wait_no_more(call.endpoint);
                }
                return reply;
            }
            sleep(wait).await;
            tries += 1;
        }
    }
}

/// How long to wait before the same request is sent again; nothing where the answer is not one of a limit.
fn wait_after(exchange: &Exchange, tries: u32, now: Timestamp) -> Option<Duration> {
    let told = told_wait(exchange, now);
    match exchange.status {
        429 => Some(told.unwrap_or_else(|| Duration::from_secs(1 << tries.min(12))).max(SHORTEST)),
        503 if exchange.headers.contains_key("retry-after") => told.map(|wait| wait.max(SHORTEST)),
        _ => None,
    }
}

/// When an answer says to come back, as a wait from its arrival.
///
/// `Retry-After` (RFC 9110, section 10.2.3) counts first, as seconds or as a date, and a date counts from the answer's own
/// `Date` where it has one, or else from `now`. Then come the fields of rate limits, of the IETF's drafts and of wide use.
#[must_use]
pub fn told_wait(exchange: &Exchange, now: Timestamp) -> Option<Duration> {
    told_by(|name| exchange.headers.get(name).map(String::as_str), now)
}

/// The same of headers as they came.
#[must_use]
pub fn told_wait_in(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    told_by(|name| headers.get(name)?.to_str().ok(), now)
}

fn told_by<'h>(header: impl Fn(&str) -> Option<&'h str>, now: Timestamp) -> Option<Duration> {
    let field = |name: &str| header(name).map(str::trim);
    let now = field("date").and_then(http_date).unwrap_or(now);
    if let Some(told) = field("retry-after") {
        let date = || Some(until(http_date(told)?, now));
        if let Some(wait) = told.parse().ok().and_then(seconds).or_else(date) {
            return Some(wait);
        }
    }
    LIMITS.iter().find_map(|name| reset(field(name)?, now))
}

/// The longest wait that a field of rate limits names: `30`, `limit=10, reset=30`, `"default";r=0;t=30`, or a moment.
fn reset(value: &str, now: Timestamp) -> Option<Duration> {
    // Policies of one field, and fields of one name, are parted by commas.
    value.split(',').filter_map(number_of).filter_map(|number| length_or_moment(number, now)).max()
}

/// The number that one part of such a field gives for its reset; nothing for a policy of which something remains.
fn number_of(part: &str) -> Option<f64> {
    let parameter = |wanted: &str| {
        let pairs = part.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, _)| *name == wanted).find_map(|(_, number)| number.trim().parse::<f64>().ok())
    };
    if parameter("r").is_some_and(|remaining| remaining > 0.0) {
        return None;
    }
    parameter("t").or_else(|| parameter("reset")).or_else(|| part.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-23T12:00:00Z";

    fn answer(status: u16, headers: &[(&str, &str)]) -> Exchange {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Exchange { status, headers, ..Exchange::default() }
    }

    fn told(headers: &[(&str, &str)]) -> Option<f64> {
        told_wait(&answer(429, headers), NOW.parse().unwrap()).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn every_way_of_telling_a_wait_is_read() {
        for (headers, seconds) in [
            (&[("retry-after", "30")][..], 30.0),
            (&[("retry-after", "0")], 0.0),
            (&[("retry-after", "Mon, 23 Nov 2026 12:00:30 GMT")], 30.0),
            (&[("retry-after", "Mon, 23 Nov 2026 11:00:00 GMT")], 0.0),
            (&[("date", "Mon, 23 Nov 2026 10:00:00 GMT"), ("retry-after", "Mon, 23 Nov 2026 10:00:30 GMT")], 30.0),
            (&[("retry-after", "soon"), ("ratelimit-reset", "7")], 7.0),
            (&[("ratelimit", "limit=10, remaining=0, reset=30")], 30.0),
            (&[("ratelimit", r#""minute";r=0;t=30, "day";r=5;t=3600"#)], 30.0),
            (&[("x-ratelimit-reset", "1795435230")], 30.0),
            (&[("x-ratelimit-reset", "1795435230000")], 30.0),
            (&[("x-ratelimit-reset-after", "0.25")], 0.25),
        ] {
            assert_eq!(told(headers), Some(seconds), "{headers:?}");
        }
        let mut as_they_came = HeaderMap::new();
        as_they_came.insert("retry-after", http::HeaderValue::from_static(" 30 "));
        assert_eq!(told_wait_in(&as_they_came, NOW.parse().unwrap()), Some(Duration::from_secs(30)));
        for headers in [&[][..], &[("retry-after", "-"), ("ratelimit", "x")], &[("retry-after", "1e999")]] {
            assert_eq!(told(headers), None, "{headers:?}");
        }
    }

    #[test]
    fn only_a_limit_is_waited_for() {
        let wait =
            |answer: &Exchange, tries| wait_after(answer, tries, NOW.parse().unwrap()).map(|wait| wait.as_millis());
        assert_eq!(wait(&answer(429, &[]), 0), Some(1000));
        assert_eq!(wait(&answer(429, &[]), 3), Some(8000));
        assert_eq!(wait(&answer(429, &[("retry-after", "0")]), 0), Some(100));
        assert_eq!(wait(&answer(503, &[]), 0), None);
        assert_eq!(wait(&answer(503, &[("retry-after", "2")]), 5), Some(2000));
        assert_eq!(wait(&answer(200, &[("ratelimit-reset", "30")]), 0), None);
    }
}
