//! A virtual user: draws tickets, waits until they are due, and passes through its group's flow.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt as _;

use super::{
    action::Pass,
    connection::{Call, Connections, Trouble},
    deadline::Deadline,
    gate::Gate,
    group::Group,
    meter::Times,
    outcome::Outcome,
};
use crate::schedule::Ticket;

/// The longest that a user keeps to itself before goose, which counts and stops users, has it again. The end of the run needs no
/// turn's end to be heard. Five times as many turns cost a twentieth of all that a generator of 2,000/s does.
const TURN: Duration = Duration::from_millis(500);
/// How long a turn takes after the end of the run.
const AGAIN: Duration = Duration::from_millis(10);
/// Turns end at one of so many moments, evenly spread: users who end theirs together share one alarm, and few enough of them
/// do that nobody's ticket waits for the rest.
const PHASES: u32 = 10;
/// The least time that a pass without an answer takes from a user that is due again at once. A target that refuses every
/// connection would otherwise be tried as fast as the generator can.
const PAUSE: Duration = Duration::from_millis(50);

/// A virtual user.
pub(crate) struct User {
    group: Arc<Group>,
    gate: Arc<Gate>,
    /// Its number within the group, from 0.
    number: usize,
    connections: Connections,
    deadline: Deadline,
    drawn: Option<Drawn>,
    sampled: Instant,
    sample: Option<Sample>,
}

/// One pass of the last second, for a dashboard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// How long it took from when it was due.
    pub(crate) took: Duration,
    /// Whether it ended as expected.
    pub(crate) as_expected: bool,
}

/// A ticket, with the request that is ready for it. It stays where it is until its pass has ended.
struct Drawn {
    ticket: Ticket,
    due: Instant,
    /// Whether it fell due before any user was free to draw it.
    queued: bool,
    pass: Pass,
    ready: Option<Call>,
    /// Whether its pass has begun: nobody else can take it over then.
    is_begun: bool,
}

impl User {
    /// A user of a group. It has not connected yet.
    pub(crate) fn new(group: Arc<Group>, gate: Arc<Gate>, number: usize) -> Self {
        Self {
            group,
            gate,
            number,
            connections: Connections::default(),
            deadline: Deadline::default(),
            drawn: None,
            sampled: Instant::now(),
            sample: None,
        }
    }

    /// The name of its group.
    pub(crate) fn group(&self) -> &str {
        &self.group.name
    }

    /// Connects, and tells that it is there.
    pub(crate) async fn arrive(&mut self) {
        // A target that is out of reach shows in the figures, where it is counted.
        let connecting = self.connections.open(&self.group.destination).map(drop);
        self.gate.unless_over(connecting).await;
        self.gate.arrived();
    }

    /// Works for half a second at most. It never ends at once, for who calls it calls it again; it ends later where an
    /// answer is awaited. At the end of the run it gives up.
    pub(crate) async fn turn(&mut self) {
        let gate = Arc::clone(&self.gate);
        let until = self.turn_end(Instant::now());
        let work = async {
            if let Some(begin) = gate.begun(until).await {
                self.work(begin, until).await;
            }
            gate.timer.until(until).await;
        };
        gate.unless_over(work).await;
        if gate.is_over() {
            // Until goose has heard of it, it calls again and again.
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn turn_end(&self, now: Instant) -> Instant {
        let phase = TURN / PHASES * u32::try_from(self.number).map_or(0, |number| number % PHASES);
        let since = (now.saturating_duration_since(self.gate.made) + TURN.saturating_sub(phase)).as_nanos();
        let into = u64::try_from(since % TURN.as_nanos()).unwrap_or_default();
        now + TURN.saturating_sub(Duration::from_nanos(into))
    }

    async fn work(&mut self, begin: Instant, until: Instant) {
        let mut now = Instant::now();
        while !self.gate.is_over() && now < until {
            if self.drawn.is_none() {
                self.drawn = self.draw(begin, now);
            }
            let Some(due) = self.drawn.as_ref().map(|drawn| drawn.due).filter(|due| *due <= until) else { return };
            if due > now {
                self.gate.timer.until(due).await;
            }
            if let Some(held) = self.group.held_until() {
                self.drawn = None;
                self.group.pool.used();
                if self.group.pool.is_closed() {
                    self.gate.timer.until(held.min(until)).await;
                }
                now = Instant::now();
                continue;
            }
            let at = now.max(due);
            let Some((last, ended)) = self.pass().await else { return };
            if self.group.pool.is_closed() && matches!(last, Outcome::Trouble(_)) {
                self.gate.timer.until(at + PAUSE).await;
                now = Instant::now();
            } else {
                now = ended;
            }
        }
    }

    /// Leaves: what it drew and did not use is for another.
    pub(crate) fn leave(&mut self) {
        if let Some(drawn) = self.drawn.take().filter(|drawn| !drawn.is_begun) {
            self.group.pool.give_back(drawn.ticket);
        }
        self.connections.close();
    }

    fn draw(&self, begin: Instant, now: Instant) -> Option<Drawn> {
        let ticket = self.group.pool.draw(self.number, now.saturating_duration_since(begin))?;
        let due = begin + ticket.due;
        let mut pass = Pass::new(ticket.number, ticket.stage);
        let ready = self.group.flow[0].prepare(&mut pass);
        Some(Drawn { queued: due < now, ticket, due, pass, ready, is_begun: false })
    }

    /// One passage through the flow, for the ticket that was drawn. It ends at the first step that is not done; this is how,
    /// and when.
    async fn pass(&mut self) -> Option<(Outcome, Instant)> {
        let Self { group, connections, deadline, drawn, .. } = self;
        let Drawn { ticket, due, queued, pass, ready, is_begun } = drawn.as_mut()?;
        *is_begun = true;
        let (stage, due, queued) = (ticket.stage, *due, *queued);
        let began = Instant::now();
        group.began();
        let lateness = Some(began.saturating_duration_since(due));
        let mut last = Outcome::Done;
        // When the step at hand was due, and when it was sent.
        let (mut from, mut sent) = (due, began);
        let mut is_first = true;
        for (index, action) in group.flow.iter().enumerate() {
            if index > 0 {
                *ready = action.prepare(pass);
                sent = Instant::now();
            }
            let perform = action.perform(pass, ready, connections);
            let answered = deadline.by(sent + group.within, perform).await;
            last = answered.unwrap_or(Outcome::Trouble(Trouble::TimedOut));
            if action.is_timed() {
                let ended = Instant::now();
                let lateness = lateness.filter(|_| is_first);
                let step =
                    Times { response: ended - from, service: ended - sent, lateness, queued: queued && is_first };
                group.meter.record(stage, Some(index), &step, &last, group.expect.covers(&last));
                (from, is_first) = (ended, false);
            }
            if !matches!(last, Outcome::Done) {
                break;
            }
        }
        group.ended(&last, from);
        // `from` is when the last step ended.
        let times = Times { response: from - due, service: from - began, lateness, queued };
        let as_expected = group.expect.covers(&last);
        // What is not timed has left nothing behind.
        if is_first || group.meter.tells_passes_apart() {
            group.meter.record(stage, None, &times, &last, as_expected);
        }
        group.pool.used();
        self.drawn = None;
        self.sample = Some(Sample { took: times.response, as_expected });
        // A flow that measures nothing has not looked at the clock.
        Some((last, if is_first { Instant::now() } else { from }))
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
