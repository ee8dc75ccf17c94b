//! The engine: users who send what is due, and the hand that starts, watches and stops them.
//!
//! A ticket is one pass through a group's flow. Its time runs from when it was due, whatever kept it, so that no stall of the
//! target is hidden; what the generator itself was late by is told apart (`lateness`).

mod action;
mod connection;
mod deadline;
mod gate;
mod goose;
mod group;
mod health;
mod meter;
mod outcome;
mod pool;
mod pump;
mod user;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::{Mutex, watch};

pub(crate) use action::{Action, Pass};
pub(crate) use connection::{Answer, Call, Connections, Destination, Keep, Trouble};
pub(crate) use goose::{Dashboard, GooseFault};
pub(crate) use group::{Expect, Group, Patience, UnderWay};
pub(crate) use health::Health;
#[cfg(test)]
pub(crate) use meter::Times;
pub(crate) use meter::{Counts, Figures, Meter};
pub(crate) use outcome::Outcome;
pub(crate) use pool::{Budget, Pool};

use gate::Gate;
use user::User;

/// How long all users together may take to connect. Those that could not by then connect when they are needed.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);
/// From when all users are there until the first ticket is due; and what each user adds to it, who makes its first request
/// ready meanwhile.
const HEAD_START: Duration = Duration::from_millis(20);
const HEAD_START_EACH: Duration = Duration::from_micros(20);
/// goose has one killswitch for all runs of a process.
static ALONE: Mutex<()> = Mutex::const_new(());
/// How often goose is told to stop, until it has.
const STOP_AGAIN: Duration = Duration::from_millis(50);

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
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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

impl<W: Watch + ?Sized> Watch for &mut W {
    fn begun(&mut self, at: Timestamp) {
        (**self).begun(at);
    }

    fn second(&mut self, second: Second, groups: &[Arc<Group>]) -> Next {
        (**self).second(second, groups)
    }
}

/// How a load ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    /// How long it lasted, from when the first ticket was due.
    pub(crate) lasted: Duration,
    /// For each group the tickets that were due and not sent.
    pub(crate) unsent: Vec<u64>,
    /// For each group the passes that were under way when it ended. They are in no other figure: with those that ended and
    /// those that were not sent they are all that were due.
    pub(crate) unanswered: Vec<u64>,
    /// Why it ended before its schedule did.
    pub(crate) stopped: Option<String>,
    /// Whether waits were kept to some tens of microseconds, or to half a millisecond where there are many.
    pub(crate) precise: bool,
}

/// Sends a load. `interrupted` turns true when it is to end with what it has: it does within about half a second.
///
/// It is to run on a current-thread runtime. Of several in a process one runs after the other.
///
/// # Errors
///
/// goose could not be started.
pub(crate) async fn run(
    load: &Load,
    watch: &mut dyn Watch,
    interrupted: watch::Receiver<bool>,
) -> Result<Ended, GooseFault> {
    let _alone = ALONE.lock().await;
    let gate = Arc::new(Gate::new());
    let count = load.groups.iter().map(|group| group.users).sum();
    let gone = watch::Sender::new(false);
    let carried = async {
        let ran = Box::pin(goose::run(&load.base_url, count, users(load, &gate), load.dashboard)).await;
        gone.send_replace(true);
        ran
    };
    let conducted = async {
        let mut ear = Ear { interrupted, gone: gone.subscribe() };
        let ended = conduct(load, &gate, count, watch, &mut ear).await;
        gate.end();
        while !*ear.gone.borrow() {
            goose::stop();
            let _ = tokio::time::timeout(STOP_AGAIN, turns_true(&mut ear.gone)).await;
        }
        ended
    };
    let (ran, mut ended) = tokio::join!(carried, conducted);
    ran?;
    // All users are gone, so what they had drawn and not sent is back in the pools.
    for group in &load.groups {
        let is_begun = ended.lasted > Duration::ZERO;
        ended.unsent.push(if is_begun { group.pool.drop_due(ended.lasted) } else { 0 });
        ended.unanswered.push(group.pool.out());
    }
    Ok(ended)
}

/// Makes the users, group by group.
fn users(load: &Load, gate: &Arc<Gate>) -> goose::Users {
    let seats: Vec<(Arc<Group>, usize)> =
        load.groups.iter().flat_map(|group| (0..group.users).map(|number| (Arc::clone(group), number))).collect();
    let (next, gate) = (AtomicUsize::new(0), Arc::clone(gate));
    Arc::new(move || {
        // goose starts exactly as many users as there are seats; should it start more, they share the last one's.
        let seat = next.fetch_add(1, Ordering::Relaxed).min(seats.len() - 1);
        let (group, number) = &seats[seat];
        User::new(Arc::clone(group), Arc::clone(&gate), *number)
    })
}

/// Hears what ends a run before its schedule does.
struct Ear {
    interrupted: watch::Receiver<bool>,
    gone: watch::Receiver<bool>,
}

impl Ear {
    /// Waits until somebody wants it to end; tells why.
    async fn told(&mut self) -> &'static str {
        tokio::select! {
            () = turns_true(&mut self.interrupted) => INTERRUPTED,
            // It could not start, or heard of a Ctrl-C before we did.
            () = turns_true(&mut self.gone) => "goose ended it",
        }
    }
}

async fn turns_true(told: &mut watch::Receiver<bool>) {
    if told.wait_for(|told| *told).await.is_err() {
        // Nobody is left who could tell.
        std::future::pending::<()>().await;
    }
}

async fn conduct(load: &Load, gate: &Gate, users: usize, watch: &mut dyn Watch, ear: &mut Ear) -> Ended {
    let precise = gate.timer.is_precise();
    let ended = |lasted: Duration, stopped: Option<String>| Ended {
        lasted,
        stopped,
        precise,
        unsent: Vec::new(),
        unanswered: Vec::new(),
    };
    tokio::select! {
        _ = tokio::time::timeout(CONNECT_WITHIN, gate.all_here(users)) => {}
        why = ear.told() => return ended(Duration::ZERO, Some(why.to_owned())),
    }
    let head_start = HEAD_START + HEAD_START_EACH * u32::try_from(users).unwrap_or(u32::MAX);
    let begin = Instant::now() + head_start;
    watch.begun(Timestamp::now() + head_start);
    gate.begin(begin);
    let mut health = health::Meter::start();
    let mut from = Duration::ZERO;
    loop {
        let over = tokio::select! {
            () = tokio::time::sleep_until((begin + from + Duration::from_secs(1)).into()) => None,
            why = drained(load, begin) => Some(why),
            why = ear.told() => Some(Some(why.to_owned())),
        };
        let to = begin.elapsed();
        let next = watch.second(Second { from, to, laps: laps(load), health: health.lap() }, &load.groups);
        match (over, next) {
            (Some(stopped), _) => return ended(to, stopped),
            (None, Next::Stop(why)) => return ended(to, Some(why)),
            (None, Next::Go) => from += Duration::from_secs(1),
        }
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

#[cfg(test)]
mod tests;
