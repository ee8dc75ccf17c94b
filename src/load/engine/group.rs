//! A group of users as it runs: its flow, its tickets, its figures.

use std::{sync::Arc, time::Duration};

use super::{action::Action, connection::Destination, meter::Meter, outcome::Outcome, pool::Pool};

/// A group of users that pass through the same flow.
pub(crate) struct Group {
    /// Its name.
    pub(crate) name: String,
    /// What a pass does, in order; at least one step.
    pub(crate) flow: Vec<Box<dyn Action>>,
    /// How many users it has.
    pub(crate) users: usize,
    /// Its tickets.
    pub(crate) pool: Pool,
    /// Its figures.
    pub(crate) meter: Meter,
    /// Where its users connect before the load begins.
    pub(crate) destination: Arc<Destination>,
    /// How long one request may take.
    pub(crate) within: Duration,
    /// What is no error for it beside a success.
    pub(crate) expect: Expect,
}

/// What is no error beside a success.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expect {
    /// A limited answer.
    pub(crate) limited: bool,
    /// Any other 4xx.
    pub(crate) refused: bool,
    /// These statuses.
    pub(crate) statuses: Vec<u16>,
}

impl Expect {
    /// Whether an outcome is no error.
    pub(crate) fn covers(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Done => true,
            Outcome::Limited(_) => self.limited || self.statuses.contains(&429),
            Outcome::Status(status) => {
                self.statuses.contains(&status.as_u16()) || (self.refused && status.is_client_error())
            }
            Outcome::Unreadable(_) | Outcome::Trouble(_) => false,
        }
    }
}
