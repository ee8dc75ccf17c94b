//! Moments and lengths of time, as servers write them.

use std::time::Duration;

use jiff::Timestamp;

/// Seconds above which a number is a moment since 1970, not a length: 3 years, or March 1973.
const EARLIEST_MOMENT: f64 = 1e8;
/// Seconds since 1970 above which a moment is in milliseconds: the year 5138.
const LATEST_SECOND: f64 = 1e11;

/// A moment as HTTP writes it (RFC 9110, section 5.6.7).
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    httpdate::parse_http_date(text.trim()).ok()?.try_into().ok()
}

/// The time from `now` until a moment; none is below zero.
pub(super) fn until(moment: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_until(moment)).unwrap_or_default()
}

/// A length in seconds; nothing where it is beyond what can be counted from now on.
pub(super) fn seconds(number: f64) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);
    Duration::try_from_secs_f64(number.max(0.0)).ok().filter(|length| *length <= LONGEST)
}

/// What a number means that may be a length in seconds, or a moment in seconds or milliseconds since 1970.
pub(super) fn length_or_moment(number: f64, now: Timestamp) -> Option<Duration> {
    let since_1970 = now.as_duration().as_secs_f64();
    match number {
        moment if moment > LATEST_SECOND => seconds(moment / 1e3 - since_1970),
        moment if moment > EARLIEST_MOMENT => seconds(moment - since_1970),
        length => seconds(length),
    }
}
