//! Moments and lengths of time, as servers write them.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

/// Seconds above which a number is a moment since 1970, not a length: 3 years, or March 1973.
const EARLIEST_MOMENT: f64 = 1e8;
/// Seconds since 1970 above which a moment is in milliseconds: the year 5138.
const LATEST_SECOND: f64 = 1e11;

/// A moment as HTTP writes it (RFC 9110, section 5.6.7), or as mail does (RFC 5322, section 3.3).
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    let as_http = httpdate::parse_http_date(text.trim()).ok().and_then(|moment| moment.try_into().ok());
    // Servers that write mail's form, as Java's own formatter does, differ in the first nine days of a month: one digit for the day.
    as_http.or_else(|| DateTimeParser::new().parse_timestamp(text.trim()).ok())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_days_of_a_month_may_have_one_digit() {
        let moment = http_date("Tue, 01 Dec 2026 03:14:15 GMT").unwrap();
        assert_eq!(moment.to_string(), "2026-12-01T03:14:15Z");
        for text in
            ["Tue, 1 Dec 2026 03:14:15 GMT", " Tuesday, 01-Dec-26 03:14:15 GMT ", "Tue, 1 Dec 2026 04:14:15 +0100"]
        {
            assert_eq!(http_date(text), Some(moment), "{text}");
        }
        for text in ["", "soon", "1796094855", "Tue, 41 Dec 2026 03:14:15 GMT"] {
            assert_eq!(http_date(text), None, "{text}");
        }
    }
}
