//! A group of users as it runs: its flow, its tickets, its figures.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

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
    /// How it heeds a limit; nothing where it does not.
    pub(crate) patience: Option<Patience>,
    /// Its passes under way.
    pub(crate) under_way: UnderWay,
}

/// How many passes have begun and not ended. An interrupted one counts on, since nothing is told of it any more.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(AtomicU64);

/// How long a group that heeds limits is to wait.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    until: Mutex<Option<Instant>>,
    held: AtomicU64,
}

/// How long to wait after a limited answer that does not tell.
const UNTOLD: Duration = Duration::from_secs(1);

impl Group {
    /// Until when it waits because it was limited, where the ticket of whoever asks is counted as held; nothing where it
    /// does not wait.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.patience.as_ref().and_then(|patience| patience.held_until(Instant::now()))
    }

    /// Takes that a pass begins.
    pub(super) fn began(&self) {
        self.under_way.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes how a pass ended: it waits from `now` on, where it heeds limits and the outcome is one.
    pub(super) fn ended(&self, outcome: &Outcome, now: Instant) {
        self.under_way.0.fetch_sub(1, Ordering::Relaxed);
        if let (Some(patience), Outcome::Limited(told)) = (&self.patience, outcome) {
            let mut until = patience.until.lock().unwrap_or_else(PoisonError::into_inner);
            *until = (*until).max(now.checked_add(told.unwrap_or(UNTOLD)));
        }
    }

    /// How many passes have begun and not ended.
    pub(crate) fn under_way(&self) -> u64 {
        self.under_way.0.load(Ordering::Relaxed)
    }

    /// How many tickets were dropped because it waited.
    pub(crate) fn held(&self) -> u64 {
        self.patience.as_ref().map_or(0, |patience| patience.held.load(Ordering::Relaxed))
    }
}

impl Patience {
    fn held_until(&self, now: Instant) -> Option<Instant> {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner).filter(|until| *until > now)?;
        self.held.fetch_add(1, Ordering::Relaxed);
        Some(until)
    }
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
