//! The engine: users who send what is due, and the hand that starts, watches and stops them.
//!
//! A ticket is one pass through a group's flow. Its time runs from when it was due, whatever kept it, so that no stall of the
//! target is hidden; what the generator itself was late by is told apart (`lateness`).

mod action;
mod connection;
mod gate;
mod goose;
mod group;
mod health;
mod meter;
mod outcome;
mod pool;
mod timer;
mod user;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::watch;

pub(crate) use action::{Action, Pass};
pub(crate) use connection::{Answer, Call, Connections, Destination, Trouble};
pub(crate) use goose::{Dashboard, GooseFault};
pub(crate) use group::{Expect, Group};
pub(crate) use health::Health;
pub(crate) use meter::{Counts, Figures, Meter};
pub(crate) use outcome::Outcome;
pub(crate) use pool::Pool;

use gate::Gate;
use user::User;

/// How long all users together may take to connect. Those that could not by then connect when they are needed.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);
/// From when all users are there until the first ticket is due.
const HEAD_START: Duration = Duration::from_millis(20);

/// Why a load stopped that was interrupted from outside.
pub(crate) const INTERRUPTED: &str = "interrupted";

/// What is to be sent.
pub(crate) struct Load {
    /// The target, for goose's own notes.
    pub(crate) base_url: String,
    /// The groups.
    pub(crate) groups: Vec<Arc<Group>>,
    /// How long after the end of the schedule what is due may still be sent and answered.
    pub(crate) drain: Duration,
    /// Where goose shows what goes on, if it is to.
    pub(crate) dashboard: Option<Dashboard>,
}

/// What was measured in a second, or in the shorter rest at the end.
pub(crate) struct Second {
    /// When it began, since the begin of the load.
    pub(crate) from: Duration,
    /// When it ended.
    pub(crate) to: Duration,
    /// The figures, by group, stage and step.
    pub(crate) laps: Vec<Lap>,
    /// How the generator itself did.
    pub(crate) health: Health,
}

/// The figures of a second for one step of a group, or for its whole passes, in one stage.
pub(crate) struct Lap {
    /// The group's number.
    pub(crate) group: usize,
    /// The stage's number: that in which the tickets were due.
    pub(crate) stage: usize,
    /// The step's number; nothing for whole passes.
    pub(crate) step: Option<usize>,
    /// The figures.
    pub(crate) figures: Figures,
}

/// What to do after a second.
pub(crate) enum Next {
    /// Go on.
    Go,
    /// End it, for this reason.
    Stop(String),
}

/// Sees the figures as they come.
pub(crate) trait Watch: Send {
    /// The clock has started.
    fn begun(&mut self, at: Timestamp);

    /// Another second is over.
    fn second(&mut self, second: Second, groups: &[Arc<Group>]) -> Next;
}

/// How a load ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    /// How long it lasted, from when the first ticket was due.
    pub(crate) lasted: Duration,
    /// For each group the tickets that were due and not sent.
    pub(crate) unsent: Vec<u64>,
    /// Why it ended before its schedule did.
    pub(crate) stopped: Option<String>,
    /// Whether waits were kept to some tens of microseconds.
    pub(crate) precise: bool,
}

/// Sends a load. `interrupted` turns true when it is to end with what it has.
///
/// # Errors
///
/// goose could not be started.
pub(crate) async fn run(
    load: &Load,
    watch: &mut dyn Watch,
    mut interrupted: watch::Receiver<bool>,
) -> Result<Ended, GooseFault> {
    let gate = Arc::new(Gate::new());
    let seats: Vec<(Arc<Group>, usize)> =
        load.groups.iter().flat_map(|group| (0..group.users).map(|number| (Arc::clone(group), number))).collect();
    let count = seats.len();
    let next = AtomicUsize::new(0);
    let users: goose::Users = {
        let gate = Arc::clone(&gate);
        Arc::new(move || {
            // goose starts exactly as many users as there are seats; should it start more, they share the last one's.
            let seat = next.fetch_add(1, Ordering::Relaxed).min(count - 1);
            let (group, number) = &seats[seat];
            User::new(Arc::clone(group), Arc::clone(&gate), *number)
        })
    };
    let conduct = async {
        let ended = conduct(load, &gate, count, watch, &mut interrupted).await;
        goose::stop();
        ended
    };
    let (ran, ended) = tokio::join!(goose::run(&load.base_url, count, users, load.dashboard), conduct);
    ran.map(|()| ended)
}

async fn conduct(
    load: &Load,
    gate: &Gate,
    users: usize,
    watch: &mut dyn Watch,
    interrupted: &mut watch::Receiver<bool>,
) -> Ended {
    let mut ended =
        Ended { lasted: Duration::ZERO, unsent: Vec::new(), stopped: None, precise: gate.timer.is_precise() };
    tokio::select! {
        _ = tokio::time::timeout(CONNECT_WITHIN, gate.all_here(users)) => {}
        () = told(interrupted) => {
            ended.stopped = Some(INTERRUPTED.into());
            return ended;
        }
    }
    let begin = Instant::now() + HEAD_START;
    watch.begun(Timestamp::now() + HEAD_START);
    gate.begin(begin);
    let mut health = health::Meter::start();
    let mut from = Duration::ZERO;
    loop {
        let over = tokio::select! {
            () = tokio::time::sleep_until((begin + from + Duration::from_secs(1)).into()) => false,
            over = drained(load, begin) => { ended.stopped = over; true }
            () = told(interrupted) => { ended.stopped = Some(INTERRUPTED.into()); true }
        };
        if over {
            gate.end();
        }
        let to = begin.elapsed();
        let second = Second { from, to, laps: laps(load), health: health.lap() };
        from = if over { to } else { from + Duration::from_secs(1) };
        let next = watch.second(second, &load.groups);
        if let (false, Next::Stop(reason)) = (over, next) {
            ended.stopped = Some(reason);
            gate.end();
            break;
        }
        if over {
            break;
        }
    }
    ended.lasted = begin.elapsed();
    ended.unsent = load.groups.iter().map(|group| group.pool.unsent(ended.lasted)).collect();
    ended
}

async fn told(interrupted: &mut watch::Receiver<bool>) {
    if interrupted.wait_for(|interrupted| *interrupted).await.is_err() {
        // Nobody is left who could interrupt.
        std::future::pending::<()>().await;
    }
}

/// Waits until the schedule is over and all that was due is answered; tells why, where it gave up waiting.
async fn drained(load: &Load, begin: Instant) -> Option<String> {
    let pools = || load.groups.iter().map(|group| &group.pool);
    loop {
        let end = pools().map(Pool::end).max().unwrap_or_default();
        let now = begin.elapsed();
        if now < end {
            tokio::time::sleep_until((begin + end).into()).await;
        } else if pools().all(Pool::is_done) {
            return None;
        } else if now > end + load.drain {
            return Some(format!("what was due was not answered within {} s of the end", load.drain.as_secs()));
        } else {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn laps(load: &Load) -> Vec<Lap> {
    let groups = load.groups.iter().enumerate();
    groups
        .flat_map(|(number, group)| {
            let taken = group.meter.take().into_iter();
            taken.map(move |(stage, step, figures)| Lap { group: number, stage, step, figures })
        })
        .collect()
}
