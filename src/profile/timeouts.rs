use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::positive;
use crate::clock::Period;

/// `timeouts`: how long a request of ours waits for the target.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table with `connect`, `headers` and `total`")]
pub struct Timeouts {
    /// Until the connection stands, TLS included. Default: 10 s.
    #[serde(deserialize_with = "positive", skip_serializing_if = "Option::is_none")]
    pub connect: Option<Period>,
    /// From sending until the answer's headers have come. Default: 30 s.
    #[serde(deserialize_with = "positive", skip_serializing_if = "Option::is_none")]
    pub headers: Option<Period>,
    /// From sending until the answer is whole. Default: 60 s.
    #[serde(deserialize_with = "positive", skip_serializing_if = "Option::is_none")]
    pub total: Option<Period>,
}

impl Timeouts {
    /// How long a connection may take.
    #[must_use]
    pub fn connect(&self) -> Duration {
        self.connect.map_or(Duration::from_secs(10), |period| period.0)
    }

    /// How long the answer's headers may take.
    #[must_use]
    pub fn headers(&self) -> Duration {
        self.headers.map_or(Duration::from_secs(30), |period| period.0)
    }

    /// How long a whole answer may take.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.total.map_or(Duration::from_mins(1), |period| period.0)
    }
}
