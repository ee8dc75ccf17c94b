use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bounded, value::positive};
use crate::clock::Period;

/// `rate`: what is known of the limit on `/crm/oauth`, and how far a run may go to find it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table of the rate limit")]
pub struct Rate {
    /// How many calls a run makes at most to meet the limit: 1 to 10000. See [`Rate::probe_limit`] for the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe_limit: Option<Bounded<1, 10_000>>,
    /// How many calls a window allows, as Matchouse told it: 1 to 10000. No default: a limit that is not pinned and not
    /// met is inconclusive; one that is pinned and not met fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Bounded<1, 10_000>>,
    /// How long to wait after a limited answer that does not tell. No default.
    #[serde(deserialize_with = "positive", skip_serializing_if = "Option::is_none")]
    pub window: Option<Period>,
    /// Whether a run may use the limit up. Default: on loopback only; see [`super::Target::may_spend_limit`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend: Option<bool>,
}

impl Rate {
    /// Calls that a run makes at most where the profile does not say.
    pub const DEFAULT_PROBE_LIMIT: u32 = 50;

    /// How many calls a run makes at most to meet the limit. Default: one more than `limit`, or else 50.
    #[must_use]
    pub fn probe_limit(&self) -> u32 {
        match (self.probe_limit, self.limit) {
            (Some(calls), _) => calls.get(),
            (None, Some(limit)) => limit.get() + 1,
            (None, None) => Self::DEFAULT_PROBE_LIMIT,
        }
    }
}

/// `load`: whether and how hard a load stage may press the target.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table with `allow` and `max_rate`")]
pub struct Load {
    /// Whether load is allowed. Default: on loopback only; see [`super::Target::may_load`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<bool>,
    /// The most requests a second: 1 to 1000000. No default: nothing is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_rate: Option<Bounded<1, 1_000_000>>,
}
