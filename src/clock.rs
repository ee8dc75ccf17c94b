//! Time, as a value that is passed in.
//!
//! Every moment of a run is a number of milliseconds since its clock began, so that evidence is ordered and comparable
//! without a calendar.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use tokio::time::Instant;

/// A monotonic clock that began with the run. Cloning gives another handle to the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Origin>);

#[derive(Debug)]
struct Origin {
    monotonic: Instant,
    wall: Timestamp,
}

impl Clock {
    /// A clock that begins now.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Origin { monotonic: Instant::now(), wall: Timestamp::now() }))
    }

    /// The time since the clock began.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.0.monotonic.elapsed()
    }

    /// The time since the clock began, in milliseconds with a fraction.
    #[must_use]
    pub fn now_ms(&self) -> f64 {
        milliseconds(self.now())
    }

    /// When the clock began, on the calendar.
    #[must_use]
    pub fn began(&self) -> Timestamp {
        self.0.wall
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// A duration in milliseconds, to the microsecond: the one unit of all evidence.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// A length of time as people write it: `30s`, `5m`, `1h 30m`, `5.5h`, `250ms`.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Period(pub Duration);

impl Period {
    /// The period in milliseconds.
    #[must_use]
    pub fn ms(self) -> f64 {
        milliseconds(self.0)
    }
}

impl std::str::FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a length of time such as `30s`, `5m` or `1h 30m`, found `{text}`");
        let signed: SignedDuration = text.trim().parse().map_err(|_| wrong())?;
        Duration::try_from(signed).map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(signed) => write!(f, "{signed:#}"),
            Err(_) => write!(f, "{:?}", self.0),
        }
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A length of time: 250ms, 30s, 5m, 1h 30m, 5.5h.", "examples": ["30s"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_read_as_people_write_them() {
        for (text, ms) in [("250ms", 250.0), ("30s", 30_000.0), ("5.5h", 19_800_000.0), ("1h 30m", 5_400_000.0)] {
            assert!((text.parse::<Period>().unwrap().ms() - ms).abs() < f64::EPSILON, "{text}");
        }
        for text in ["", "5", "-3s", "soon", "1y"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_period_reads_back_as_it_was_shown(ms in 0_u64..1_000_000_000) {
            let period = Period(Duration::from_millis(ms));
            proptest::prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
        }
    }
}
