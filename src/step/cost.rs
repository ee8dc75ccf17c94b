use std::ops::{Add, AddAssign};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a step, a scenario or a run costs its target at most.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Cost {
    /// Calls of `/crm/oauth` with the right credentials.
    pub tokens: u64,
    /// Calls of `/crm/oauth` with deliberately wrong credentials.
    pub refused_credentials: u64,
    /// Calls of `/crm/integrate`.
    pub links: u64,
    /// Visits of an agency's page.
    pub visits: u64,
    /// Listings pushed.
    pub listings: u64,
    /// Any other requests.
    pub requests: u64,
    /// Deliveries that exhaust their retries, each of which may send an e-mail to the developer.
    pub notices: u64,
}

impl Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost {
            tokens: self.tokens + other.tokens,
            refused_credentials: self.refused_credentials + other.refused_credentials,
            links: self.links + other.links,
            visits: self.visits + other.visits,
            listings: self.listings + other.listings,
            requests: self.requests + other.requests,
            notices: self.notices + other.notices,
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        *self = *self + other;
    }
}

impl Cost {
    /// The same, `times` over.
    #[must_use]
    pub fn times(self, times: u64) -> Cost {
        let by = |count: u64| count.saturating_mul(times);
        Cost {
            tokens: by(self.tokens),
            refused_credentials: by(self.refused_credentials),
            links: by(self.links),
            visits: by(self.visits),
            listings: by(self.listings),
            requests: by(self.requests),
            notices: by(self.notices),
        }
    }
}
