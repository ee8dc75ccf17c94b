use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::value::positive;
use crate::{clock::Period, syntax::with_cure};

/// `retry`: the platform's retry policy, as far as it is known. What is not given is observed, and never failed by time.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table of the retry policy")]
pub struct Retry {
    /// How many retries follow the first attempt: `3`, `2` (three attempts in all), or `"auto"`, which takes either and
    /// names the one seen. Default: `"auto"`.
    #[serde(skip_serializing_if = "is_default")]
    pub max_retries: MaxRetries,
    /// How long one attempt waits for our answer before it gives up. No default: without it, a retry after a time-out
    /// has no deadline.
    #[serde(deserialize_with = "positive", skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<Period>,
    /// The wait before each retry, from the end of the failed attempt: one to three. The last one repeats. No default:
    /// without it, a retry that did not come is inconclusive.
    #[serde(deserialize_with = "gaps", skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Vec<Period>>,
    /// Which answers end the retries: `"200"` alone, as the guide says, or any `"2xx"`. Default: `"200"`.
    #[serde(skip_serializing_if = "is_default")]
    pub success: Success,
    /// Within what time after a connection fault a second wire attempt is a re-send and no retry. Default: the smaller
    /// of 1 s and half the smallest gap that the target showed after a 503; what comes later than a quarter of that is then
    /// inconclusive, for few gaps tell little of the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resend_within: Option<Period>,
}

impl Retry {
    /// The wait before each retry, one for each that the policy allows; nothing where no gaps are pinned.
    #[must_use]
    pub fn schedule(&self) -> Option<Vec<Period>> {
        let gaps = self.gaps.as_ref()?;
        let last = *gaps.last()?;
        Some((0..self.max_retries.most()).map(|at| gaps.get(at).copied().unwrap_or(last)).collect())
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn gaps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Period>>, D::Error> {
    let gaps = Vec::<Period>::deserialize(deserializer)?;
    if (1..=3).contains(&gaps.len()) {
        return Ok(Some(gaps));
    }
    Err(de::Error::custom(with_cure(
        format!("expected one to three gaps, found {}", gaps.len()),
        "write the wait before each retry, such as [\"1m\", \"5m\", \"15m\"]; the last one repeats",
    )))
}

/// How many retries follow the first attempt. The guide's "3 times" can be read both ways.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum MaxRetries {
    /// Two or three; the report names which was seen.
    #[default]
    Auto,
    /// Two retries, three attempts.
    Two,
    /// Three retries, four attempts.
    Three,
}

impl MaxRetries {
    /// The greatest number of retries.
    #[must_use]
    pub fn most(self) -> usize {
        if self == Self::Two { 2 } else { 3 }
    }

    /// The least number of retries when every attempt fails.
    #[must_use]
    pub fn least(self) -> usize {
        if self == Self::Three { 3 } else { 2 }
    }
}

struct MaxVisitor;

impl de::Visitor<'_> for MaxVisitor {
    type Value = MaxRetries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`\"auto\"`, `2` or `3`")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<MaxRetries, E> {
        match number {
            2 => Ok(MaxRetries::Two),
            3 => Ok(MaxRetries::Three),
            _ => Err(E::custom(with_cure(
                format!("{number} retries are not what the guide says"),
                "write 3 (four attempts), 2 (three attempts) or \"auto\" for either",
            ))),
        }
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<MaxRetries, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<MaxRetries, E> {
        match text {
            "auto" => Ok(MaxRetries::Auto),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
        }
    }
}

impl<'de> Deserialize<'de> for MaxRetries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaxVisitor)
    }
}

impl Serialize for MaxRetries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Two => serializer.serialize_u64(2),
            Self::Three => serializer.serialize_u64(3),
        }
    }
}

/// Which of our answers end the retries.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Success {
    /// 200 alone, as the guide says.
    #[default]
    #[serde(rename = "200")]
    Only200,
    /// Any status from 200 to 299.
    #[serde(rename = "2xx")]
    Any2xx,
}

impl Success {
    /// Whether an answer of this status ends the retries.
    #[must_use]
    pub fn covers(self, status: u16) -> bool {
        match self {
            Self::Only200 => status == 200,
            Self::Any2xx => (200..300).contains(&status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_gap_repeats_up_to_the_number_of_retries() {
        let retry = |json: serde_json::Value| serde_json::from_value::<Retry>(json).unwrap();
        let shown = |retry: Retry| retry.schedule().map(|gaps| gaps.iter().map(Period::to_string).collect::<Vec<_>>());
        assert_eq!(shown(retry(serde_json::json!({ "gaps": ["1m", "5m"] }))).unwrap(), ["1m", "5m", "5m"]);
        assert_eq!(shown(retry(serde_json::json!({ "gaps": ["9s"], "max_retries": 2 }))).unwrap(), ["9s", "9s"]);
        assert_eq!(shown(Retry::default()), None);
    }

    #[test]
    fn success_is_the_guides_200_unless_said_otherwise() {
        assert!(Success::default().covers(200) && !Success::default().covers(204));
        assert!(Success::Any2xx.covers(204) && !Success::Any2xx.covers(302));
    }
}
