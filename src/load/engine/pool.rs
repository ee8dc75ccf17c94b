//! The tickets of a group: who sends next, and when.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::schedule::{Segment, Ticket, Walk};

/// The tickets of a group.
///
/// In the open model they are due by the schedule; users draw them in order, and one that stops gives back what it has not
/// used. In the closed model each user that is on duty draws one whenever it is free, due at once.
pub(crate) struct Pool {
    inner: Mutex<Inner>,
    is_closed: bool,
    /// What all groups may send together, and how many requests a pass of this one may need.
    budget: Option<(Arc<Budget>, u64)>,
}

/// How many requests may still be sent.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicU64,
    /// Whether more was asked than was left.
    overdrawn: AtomicBool,
}

impl Budget {
    /// A budget of so many requests.
    pub(crate) fn new(most: u64) -> Self {
        Self { left: AtomicU64::new(most), overdrawn: AtomicBool::new(false) }
    }

    /// Whether a pass was held back for it.
    pub(crate) fn is_overdrawn(&self) -> bool {
        self.overdrawn.load(Ordering::Relaxed)
    }

    fn take(&self, requests: u64) -> bool {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(requests));
        self.overdrawn.fetch_or(taken.is_err(), Ordering::Relaxed);
        taken.is_ok()
    }

    fn give_back(&self, requests: u64) {
        self.left.fetch_add(requests, Ordering::Relaxed);
    }
}

struct Inner {
    source: Source,
    /// Drawn so far: the number of the next ticket of a closed model.
    drawn: u64,
    /// Drawn, and the pass has not ended.
    out: u64,
    /// Dropped, because nobody had drawn them in time.
    unsent: u64,
}

enum Source {
    Open {
        walk: Walk,
        returned: VecDeque<Ticket>,
    },
    /// Segments whose rates are numbers of users on duty.
    Closed(Vec<Segment>),
}

impl Pool {
    /// The pool of an open model.
    pub(crate) fn open(walk: Walk) -> Self {
        Self::of(Source::Open { walk, returned: VecDeque::new() })
    }

    /// The pool of a closed model, over segments of users on duty.
    pub(crate) fn closed(on_duty: Vec<Segment>) -> Self {
        Self::of(Source::Closed(on_duty))
    }

    fn of(source: Source) -> Self {
        let is_closed = matches!(source, Source::Closed(_));
        Self { inner: Mutex::new(Inner { source, drawn: 0, out: 0, unsent: 0 }), is_closed, budget: None }
    }

    /// Keeps it to what a budget leaves, where its passes need up to so many requests.
    pub(crate) fn within(mut self, budget: Option<Arc<Budget>>, requests: u64) -> Self {
        self.budget = budget.map(|budget| (budget, requests));
        self
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is a closed model's: a user is due again as soon as it is free.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The next ticket for a user, by its number within the group, where there is one for it now.
    pub(crate) fn draw(&self, user: usize, now: Duration) -> Option<Ticket> {
        let mut inner = self.inner();
        let number = inner.drawn;
        let ticket = match &mut inner.source {
            Source::Open { walk, returned } => returned.pop_front().or_else(|| walk.next()),
            Source::Closed(on_duty) => on_duty_at(on_duty, now)
                .filter(|(users, _)| below(user, *users))
                .map(|(_, stage)| Ticket { number, due: now, stage }),
        }?;
        if self.budget.as_ref().is_some_and(|(budget, requests)| !budget.take(*requests)) {
            inner.put_back(ticket);
            return None;
        }
        inner.drawn += 1;
        inner.out += 1;
        Some(ticket)
    }

    /// Gives a ticket back, for another user.
    pub(crate) fn give_back(&self, ticket: Ticket) {
        if let Some((budget, requests)) = &self.budget {
            budget.give_back(*requests);
        }
        let mut inner = self.inner();
        inner.out -= 1;
        inner.put_back(ticket);
    }

    /// Tells that a drawn ticket's pass has ended.
    pub(crate) fn used(&self) {
        self.inner().out -= 1;
    }

    /// When its schedule ends.
    pub(crate) fn end(&self) -> Duration {
        match &self.inner().source {
            Source::Open { walk, .. } => walk.end(),
            Source::Closed(on_duty) => on_duty.iter().map(|segment| segment.duration).sum(),
        }
    }

    /// Whether every ticket was drawn, and every pass has ended; for a time after the end of the schedule.
    pub(crate) fn is_done(&self) -> bool {
        let mut inner = self.inner();
        let waiting = match &mut inner.source {
            Source::Open { walk, returned } => {
                // A ticket that is looked at is not lost: it waits with those that were given back.
                if returned.is_empty() {
                    returned.extend(walk.next());
                }
                !returned.is_empty()
            }
            Source::Closed(_) => false,
        };
        !waiting && inner.out == 0
    }

    /// Puts a segment behind the schedule: for one that finds its rate as it goes.
    pub(crate) fn extend(&self, segment: Segment) {
        match &mut self.inner().source {
            Source::Open { walk, .. } => walk.extend(segment),
            Source::Closed(on_duty) => on_duty.push(segment),
        }
    }

    /// Drops the tickets that are due by some moment and that nobody has drawn, and tells how many it has dropped in all.
    pub(crate) fn drop_due(&self, by: Duration) -> u64 {
        let mut inner = self.inner();
        let Inner { source, unsent, .. } = &mut *inner;
        if let Source::Open { walk, returned } = source {
            loop {
                match returned.pop_front().or_else(|| walk.next()) {
                    Some(ticket) if ticket.due <= by => *unsent += 1,
                    Some(later) => {
                        returned.push_front(later);
                        break;
                    }
                    None => break,
                }
            }
        }
        *unsent
    }

    /// How many tickets are drawn whose pass has not ended.
    pub(crate) fn out(&self) -> u64 {
        self.inner().out
    }
}

impl Inner {
    fn put_back(&mut self, ticket: Ticket) {
        if let Source::Open { returned, .. } = &mut self.source {
            let place = returned.partition_point(|other| other.number < ticket.number);
            returned.insert(place, ticket);
        }
    }
}

/// How many users are on duty at a moment, and in which stage it falls; nothing after the last segment.
fn on_duty_at(segments: &[Segment], now: Duration) -> Option<(f64, usize)> {
    let mut begin = Duration::ZERO;
    for segment in segments {
        let into = now.saturating_sub(begin);
        if into < segment.duration {
            let share = into.as_secs_f64() / segment.duration.as_secs_f64();
            return Some((segment.from + (segment.to - segment.from) * share, segment.stage));
        }
        begin += segment.duration;
    }
    None
}

/// Whether a user, by its number, is among the first so many.
fn below(user: usize, users: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "there are far fewer users than 2^53")]
    let user = user as f64;
    user < users
}

#[cfg(test)]
mod tests;
