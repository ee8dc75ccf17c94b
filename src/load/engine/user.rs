//! A virtual user: draws tickets, waits until they are due, and passes through its group's flow.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    action::Pass,
    connection::{Call, Connections, Trouble},
    group::Group,
    meter::Times,
    outcome::Outcome,
    gate::Gate,
};
use crate::schedule::Ticket;

/// The longest that a user keeps to itself: after this it looks whether it is to stop.
const TURN: Duration = Duration::from_millis(100);

/// A virtual user.
pub(crate) struct User {
    group: Arc<Group>,
    gate: Arc<Gate>,
    /// Its number within the group, from 0.
    number: usize,
    connections: Connections,
    ticket: Option<Drawn>,
    sampled: Instant,
    sample: Option<Sample>,
}

/// One pass of the last second, for a dashboard.
pub(crate) struct Sample {
    /// The group.
    pub(crate) name: String,
    /// How long it took from when it was due.
    pub(crate) took: Duration,
    /// Whether it ended as expected.
    pub(crate) as_expected: bool,
}

/// A ticket, with the request that is ready for it.
struct Drawn {
    ticket: Ticket,
    due: Instant,
    /// Whether it fell due before any user was free to draw it.
    queued: bool,
    pass: Pass,
    ready: Option<Call>,
}

impl User {
    /// A user of a group. It has not connected yet.
    pub(crate) fn new(group: Arc<Group>, gate: Arc<Gate>, number: usize) -> Self {
        Self { group, gate, number, connections: Connections::default(), ticket: None, sampled: Instant::now(), sample: None }
    }

    /// Connects, and tells that it is there.
    pub(crate) async fn arrive(&mut self) {
        // A target that is out of reach shows in the figures, where it is counted.
        let _ = self.connections.open(&self.group.destination).await;
        self.gate.arrived();
    }

    /// Works for a tenth of a second. It never ends sooner, for who calls it calls it again at once.
    pub(crate) async fn turn(&mut self) {
        let until = Instant::now() + TURN;
        if let Some(begin) = self.gate.begun(until).await {
            self.work(begin, until).await;
        }
        self.gate.timer.until(until).await;
    }

    async fn work(&mut self, begin: Instant, until: Instant) {
        while !self.gate.is_over() && Instant::now() < until {
            let Some(drawn) = self.ticket.take().or_else(|| self.draw(begin)) else { return };
            if drawn.due > until {
                self.ticket = Some(drawn);
                return;
            }
            self.gate.timer.until(drawn.due).await;
            self.pass(drawn).await;
        }
    }

    /// Leaves: what it drew and did not use is for another.
    pub(crate) fn leave(&mut self) {
        if let Some(drawn) = self.ticket.take() {
            self.group.pool.give_back(drawn.ticket);
        }
        self.connections.close();
    }

    fn draw(&self, begin: Instant) -> Option<Drawn> {
        let now = Instant::now();
        let ticket = self.group.pool.draw(self.number, now.saturating_duration_since(begin))?;
        let due = begin + ticket.due;
        let mut pass = Pass::new(ticket.number, ticket.stage, Arc::clone(&self.group));
        let ready = self.group.flow[0].prepare(&mut pass);
        Some(Drawn { queued: due < now, ticket, due, pass, ready })
    }

    /// One passage through the flow. It ends at the first step that does not end as expected.
    async fn pass(&mut self, drawn: Drawn) {
        let Drawn { ticket, due, queued, mut pass, ready } = drawn;
        let group = Arc::clone(&self.group);
        let mut first_call = ready;
        let mut step_due = due;
        let began = Instant::now();
        let mut times = Times { response: Duration::ZERO, service: Duration::ZERO, lateness: began - due, queued };
        let mut last = Outcome::Done;
        for (index, action) in group.flow.iter().enumerate() {
            let ready = if index == 0 { first_call.take() } else { action.prepare(&mut pass) };
            let sent = Instant::now();
            let perform = action.perform(&mut pass, ready, &mut self.connections);
            last = tokio::time::timeout(group.within, perform).await.unwrap_or(Outcome::Trouble(Trouble::TimedOut));
            let ended = Instant::now();
            if last == Outcome::Trouble(Trouble::TimedOut) {
                self.connections.close();
            }
            let first = index == 0;
            let lateness = if first { sent - step_due } else { Duration::ZERO };
            let step = Times { response: ended - step_due, service: ended - sent, lateness, queued: queued && first };
            group.meter.record(ticket.stage, Some(index), &step, &last, group.expect.covers(&last));
            (times.response, times.service) = (ended - due, ended - began);
            step_due = ended;
            if last != Outcome::Done {
                break;
            }
        }
        let as_expected = group.expect.covers(&last);
        group.meter.record(ticket.stage, None, &times, &last, as_expected);
        self.sample = Some(Sample { name: group.name.clone(), took: times.response, as_expected });
        group.pool.used();
    }

    /// What to tell a dashboard, once in a second.
    pub(crate) fn sample(&mut self) -> Option<Sample> {
        if self.sampled.elapsed() < Duration::from_secs(1) {
            return None;
        }
        self.sampled = Instant::now();
        self.sample.take()
    }
}
