use serde::{Deserialize, Serialize};

use crate::scenario::Alone;

/// When in a run a scenario takes place. The order is that of the run.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// One at a time, before anything else is armed: faults that act before it is known whom a delivery is for.
    Receiver,
    /// One at a time, before the many: attempts that hang, and so hold up a sender of few workers. They end when nothing
    /// hangs any more.
    Hang,
    /// Side by side.
    Together,
    /// One at a time, in the quiet window: these never touch the receiver.
    Limit,
    /// One at a time, after the window: these may kill the shared token.
    Token,
    /// One at a time, last: these move the target's clock.
    Clock,
}

impl Phase {
    /// The phase of a scenario by what it must have to itself.
    #[must_use]
    pub fn of(alone: Option<Alone>) -> Phase {
        match alone {
            None => Phase::Together,
            Some(Alone::Receiver) => Phase::Receiver,
            Some(Alone::Hang) => Phase::Hang,
            Some(Alone::Limit) => Phase::Limit,
            Some(Alone::Token) => Phase::Token,
            Some(Alone::Clock) => Phase::Clock,
        }
    }

    /// What a progress line calls it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Phase::Receiver => "one at a time, with the receiver to themselves",
            Phase::Hang => "one at a time, while deliveries hang",
            Phase::Together => "side by side",
            Phase::Limit => "rate limit, while all is quiet",
            Phase::Token => "tokens",
            Phase::Clock => "the target's clock",
        }
    }
}
