use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hdrhistogram::{
    Histogram,
    serialization::{Deserializer as Reader, Serializer as _, V2DeflateSerializer},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

/// Three significant digits: a percentile is off by 0.1 % at most.
const DIGITS: u8 = 3;

/// A histogram of times in microseconds. In a report it is its standard form: V2, deflated, in base64.
#[derive(Clone)]
pub struct Times(pub Histogram<u64>);

impl Times {
    /// Adds others: times of two stretches are those of both together.
    pub fn add(&mut self, others: &Histogram<u64>) {
        // It grows to whatever another holds, so there is nothing that it could refuse.
        let _ = self.0.add(others);
    }
}

impl Default for Times {
    fn default() -> Self {
        // Three digits are within what a histogram takes, so the other way is never gone.
        Histogram::new(DIGITS).map_or_else(
            |_| Self::default(),
            |mut histogram| {
                histogram.auto(true);
                Self(histogram)
            },
        )
    }
}

impl fmt::Debug for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Times({} of {} to {} us)", self.0.len(), self.0.min(), self.0.max())
    }
}

impl PartialEq for Times {
    fn eq(&self, other: &Self) -> bool {
        let counts = |times: &Self| -> Vec<(u64, u64)> {
            times.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
        };
        counts(self) == counts(other)
    }
}

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&self.0, &mut bytes).map_err(S::Error::custom)?;
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A text is no histogram.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no histogram in base64: {0}")]
pub struct NoHistogram(String);

impl std::str::FromStr for Times {
    type Err = NoHistogram;

    fn from_str(text: &str) -> Result<Self, NoHistogram> {
        let bytes = STANDARD.decode(text).map_err(|error| NoHistogram(error.to_string()))?;
        let read: Histogram<u64> =
            Reader::new().deserialize(&mut &bytes[..]).map_err(|error| NoHistogram(error.to_string()))?;
        // What was read does not grow, and an empty one of ours does.
        let mut times = Self::default();
        times.0.add(&read).map_err(|error| NoHistogram(error.to_string()))?;
        Ok(times)
    }
}

impl JsonSchema for Times {
    fn schema_name() -> Cow<'static, str> {
        "Times".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "contentEncoding": "base64",
            "description": "an HdrHistogram of microseconds: V2, deflated, in base64",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> Times {
        let mut times = Times::default();
        for value in values {
            times.0.record(*value).unwrap();
        }
        times
    }

    #[test]
    fn what_is_no_histogram_is_told() {
        for text in ["\"\"", "\"a\"", "\"HISTFAAA\"", "3"] {
            assert!(serde_json::from_str::<Times>(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn it_reads_back_as_it_was_written(values in proptest::collection::vec(0_u64..3_600_000_000, 0..200)) {
            let times = of(&values);
            let text = serde_json::to_string(&times).unwrap();
            let read: Times = serde_json::from_str(&text).unwrap();
            proptest::prop_assert_eq!(&read, &times);
            proptest::prop_assert_eq!((read.0.max(), read.0.len()), (times.0.max(), times.0.len()));
        }

        #[test]
        fn a_percentile_is_off_by_a_thousandth_at_most(
            mut values in proptest::collection::vec(1_u64..3_600_000_000, 1..300),
            quantile in 0.001_f64..1.0,
        ) {
            let found = of(&values).0.value_at_quantile(quantile);
            values.sort_unstable();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small numbers")]
            let rank = ((quantile * values.len() as f64).ceil() as usize).max(1);
            let exact = values[rank - 1];
            proptest::prop_assert!(found.abs_diff(exact) * 1000 <= exact, "{} for {}", found, exact);
        }
    }
}
