//! The rate limit, on the virtual clock.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::response::Response;
use governor::{RateLimiter, middleware::NoOpMiddleware, state::keyed::HashMapStateStore};
use http::{HeaderName, HeaderValue, StatusCode};
use jiff::{Timestamp, fmt::rfc2822};

use super::{
    answer,
    behaviour::{Advice, LimitedLinks, Quota, Rate, Refusal},
    time::Time,
};

type Bucket = RateLimiter<String, HashMapStateStore<String>, Time, NoOpMiddleware<Duration>>;

/// The buckets of all partners.
pub(super) struct Limits {
    rate: Rate,
    time: Time,
    tokens: Option<Bucket>,
    links: Option<Bucket>,
    refused_until: Mutex<HashMap<String, Locked>>,
}

/// Until when a partner was told to stay away, and until when it is refused whatever it was told.
#[derive(Clone, Copy)]
struct Locked {
    told: Duration,
    locked: Duration,
}

/// A call was refused; come back after this long.
#[derive(Debug)]
pub(super) struct Limited(Duration);

impl Limits {
    pub(super) fn new(rate: &Rate, time: &Time) -> Self {
        let bucket = |quota: Quota| {
            let burst = NonZeroU32::new(quota.burst).unwrap_or(NonZeroU32::MIN);
            governor::Quota::with_period(quota.refill)
                .map(|period| RateLimiter::hashmap_with_clock(period.allow_burst(burst), time.clone()))
        };
        Self {
            tokens: rate.quota.and_then(bucket),
            links: rate.quota.filter(|_| rate.links == LimitedLinks::OwnBucket).and_then(bucket),
            rate: rate.clone(),
            time: time.clone(),
            refused_until: Mutex::default(),
        }
    }

    /// Counts a token call of the partner that calls itself `id`.
    pub(super) fn token_call(&self, id: &str) -> Result<(), Limited> {
        self.take(self.tokens.as_ref(), id)
    }

    /// Counts a link call of a partner, where links count.
    pub(super) fn link_call(&self, id: &str) -> Result<(), Limited> {
        match self.rate.links {
            LimitedLinks::Free => Ok(()),
            LimitedLinks::Counted => self.take(self.tokens.as_ref(), id),
            LimitedLinks::OwnBucket => self.take(self.links.as_ref(), id),
            LimitedLinks::RefusedMeanwhile => {
                let left = self.locked(self.name(id)).map(|locked| locked.told.saturating_sub(self.time.now()));
                left.filter(|left| !left.is_zero()).map_or(Ok(()), |left| Err(Limited(left)))
            }
        }
    }

    /// The answer to a call that was refused.
    pub(super) fn answer(&self, limited: &Limited, refusal: Refusal) -> Response {
        let status = StatusCode::from_u16(self.rate.status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
        let mut response = answer::refusal(refusal, status, "too many calls");
        let seconds = limited.whole_seconds();
        for (name, value) in advice(self.rate.advice, seconds, self.rate.quota, &self.time) {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn take(&self, bucket: Option<&Bucket>, id: &str) -> Result<(), Limited> {
        let Some(bucket) = bucket else { return Ok(()) };
        let (name, now) = (self.name(id), self.time.now());
        if let Some(left) = self.locked(name).and_then(|locked| locked.locked.checked_sub(now)) {
            self.prolong(name);
            // What is told is what an honest bucket would tell.
            return Err(Limited(left.min(self.rate.quota.map_or(left, |quota| quota.refill))));
        }
        let Err(refused) = bucket.check_key(&name.to_owned()) else { return Ok(()) };
        let limited = Limited(refused.wait_time_from(now));
        let told = now + Duration::from_secs(limited.whole_seconds());
        let longer = !self.rate.lock.is_zero() || !self.rate.prolonged.is_zero();
        let locked = if longer { told.saturating_add(self.rate.lock) } else { Duration::ZERO };
        self.refused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), Locked { told, locked });
        Err(limited)
    }

    fn prolong(&self, name: &str) {
        let mut refused_until = self.refused_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = refused_until.get_mut(name) {
            known.locked = known.locked.saturating_add(self.rate.prolonged);
        }
    }

    fn locked(&self, name: &str) -> Option<Locked> {
        self.refused_until.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    fn name<'a>(&self, id: &'a str) -> &'a str {
        if self.rate.shared { "" } else { id }
    }
}

impl Limited {
    /// The wait in whole seconds, rounded up, at least one: `Retry-After` knows no fractions (RFC 9110 §10.2.3).
    fn whole_seconds(&self) -> u64 {
        let seconds = self.0.as_secs();
        if self.0.subsec_nanos() > 0 { seconds + 1 } else { seconds.max(1) }
    }
}

fn advice(advice: Advice, seconds: u64, quota: Option<Quota>, time: &Time) -> Vec<(&'static str, String)> {
    match advice {
        Advice::Seconds => vec![("retry-after", seconds.to_string())],
        Advice::Date => vec![("retry-after", date(time.wall() + Duration::from_secs(seconds + 1)))],
        Advice::Fields => {
            let burst = quota.map_or(0, |quota| quota.burst);
            vec![
                ("ratelimit-limit", burst.to_string()),
                ("ratelimit-remaining", "0".to_owned()),
                ("ratelimit-reset", seconds.to_string()),
            ]
        }
        Advice::Silent => Vec::new(),
        Advice::Words => vec![("retry-after", "a little later".to_owned())],
    }
}

/// A moment as HTTP writes it (RFC 9110 §5.6.7). Its whole seconds are cut off, so whoever tells it adds one.
fn date(moment: Duration) -> String {
    Timestamp::from_second(i64::try_from(moment.as_secs()).unwrap_or_default())
        .ok()
        .and_then(|moment| rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(rate: &Rate) -> (Limits, Time) {
        let time = Time::new(Duration::ZERO);
        (Limits::new(rate, &time), time)
    }

    fn spend(limits: &Limits, id: &str) -> usize {
        (0..100).take_while(|_| limits.token_call(id).is_ok()).count()
    }

    #[tokio::test]
    async fn the_bucket_empties_for_one_partner_and_fills_with_the_clock() {
        let (limits, time) = limits(&Rate::default());
        assert_eq!(spend(&limits, "a"), 10);
        assert_eq!(spend(&limits, "b"), 10, "another partner has a bucket of its own");
        assert!(limits.link_call("a").is_ok());
        time.advance(Duration::from_secs(13), Duration::ZERO).await;
        assert_eq!(spend(&limits, "a"), 2);
    }

    #[tokio::test]
    async fn a_lock_outlasts_what_was_told() {
        let (limits, time) = limits(&Rate { lock: Duration::from_mins(1), ..Rate::default() });
        spend(&limits, "a");
        let told = limits.token_call("a").unwrap_err().whole_seconds();
        assert!(told <= 6, "{told}");
        time.advance(Duration::from_secs(told + 10), Duration::ZERO).await;
        assert!(limits.token_call("a").is_err());
        time.advance(Duration::from_mins(1), Duration::ZERO).await;
        assert!(limits.token_call("a").is_ok());
    }

    #[test]
    fn links_may_share_the_limit_in_three_ways() {
        let (counted, _) = limits(&Rate { links: LimitedLinks::Counted, ..Rate::default() });
        assert!((0..10).all(|_| counted.link_call("a").is_ok()));
        assert!(counted.link_call("a").is_err() && counted.token_call("a").is_err());
        let (own, _) = limits(&Rate { links: LimitedLinks::OwnBucket, ..Rate::default() });
        assert!((0..10).all(|_| own.link_call("a").is_ok()));
        assert!(own.link_call("a").is_err() && own.token_call("a").is_ok());
        let (meanwhile, _) = limits(&Rate { links: LimitedLinks::RefusedMeanwhile, ..Rate::default() });
        assert!(meanwhile.link_call("a").is_ok());
        spend(&meanwhile, "a");
        assert!(meanwhile.link_call("a").is_err() && meanwhile.link_call("b").is_ok());
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_that_are_not_too_few() {
        for (ms, seconds) in [(0, 1), (1, 1), (999, 1), (1000, 1), (1001, 2)] {
            assert_eq!(Limited(Duration::from_millis(ms)).whole_seconds(), seconds, "{ms}");
        }
        assert_eq!(date(Duration::from_secs(784_111_777)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
