use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::sync::watch;

use super::{
    exchange::Outcome,
    script::{Answer, Script},
};

/// One wire attempt for an agency, as far as pacing asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// Its number in the evidence.
    pub id: u64,
    /// When its first byte came, in milliseconds of the run's clock.
    pub at_ms: f64,
    /// The status that it was answered; 0 while none was sent.
    pub status: u16,
    /// When its exchange ended; 0 while it has not.
    pub ended_ms: f64,
    /// Whether the script gave it a fault of the connection.
    pub connection_fault: bool,
}

/// Who is armed, what came for whom, and who waits for it.
pub(super) struct Ledger {
    agencies: Mutex<HashMap<String, Agency>>,
    changes: watch::Sender<u64>,
    open: AtomicUsize,
    unreadable: AtomicU64,
    /// Milliseconds of the run's clock, as bits: atomics hold no fractions.
    last_activity: AtomicU64,
}

#[derive(Default)]
struct Agency {
    script: Script,
    /// How many attempts had come when the script was given.
    before_script: usize,
    attempts: Vec<Attempt>,
    key: Option<String>,
    /// How many attempts were recorded.
    arrived: watch::Sender<usize>,
}

/// An attempt that has its number and its answer.
pub(super) struct Admitted {
    pub(super) id: u64,
    /// Its number for its agency, from 1; for a canary, the number of the attempt before it.
    pub(super) attempt: u32,
    pub(super) answer: Answer,
}

impl Ledger {
    pub(super) fn new(now_ms: f64) -> Self {
        Self {
            agencies: Mutex::default(),
            changes: watch::Sender::new(0),
            open: AtomicUsize::new(0),
            unreadable: AtomicU64::new(0),
            last_activity: AtomicU64::new(now_ms.to_bits()),
        }
    }

    /// Gives an agency its script; what came for it before stays counted.
    pub(super) fn script(&self, agency: &str, script: Script) {
        let mut agencies = self.agencies();
        let known = agencies.entry(agency.to_owned()).or_default();
        known.before_script = known.attempts.len();
        known.script = script;
    }

    /// Numbers a request and chooses its answer. A canary is answered 200 and counts for no script.
    pub(super) fn admit(
        &self,
        agency: Option<&str>,
        canary: bool,
        at_ms: f64,
        number: impl FnOnce() -> u64,
    ) -> Admitted {
        let mut agencies = self.agencies();
        // The number is taken under the lock, so that numbers rise with the attempts of an agency.
        let id = number();
        let Some(agency) = agency.and_then(|agency| agencies.get_mut(agency)) else {
            return Admitted { id, attempt: 1, answer: Answer::default() };
        };
        if canary {
            return Admitted { id, attempt: count(agency.attempts.len()), answer: Answer::default() };
        }
        let answer = agency.script.answer(agency.attempts.len() - agency.before_script);
        let connection_fault = answer.fault().is_some_and(|fault| fault.connection_fault);
        agency.attempts.push(Attempt { id, at_ms, status: 0, ended_ms: 0.0, connection_fault });
        Admitted { id, attempt: count(agency.attempts.len()), answer }
    }

    /// An attempt was recorded: who waits for it may go on.
    pub(super) fn arrived(&self, agency: Option<&str>, canary: bool, key: Option<&str>, now_ms: f64) {
        self.open.fetch_add(1, Ordering::Relaxed);
        if let (Some(agency), false) = (agency, canary)
            && let Some(agency) = self.agencies().get_mut(agency)
        {
            if let Some(key) = key {
                agency.key = Some(key.to_owned());
            }
            agency.arrived.send_modify(|count| *count += 1);
        }
        self.bump(now_ms);
    }

    /// An exchange ended, or was given up.
    pub(super) fn ended(&self, agency: Option<&str>, id: u64, outcome: Option<&Outcome>, now_ms: f64) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        if let (Some(agency), Some(outcome)) = (agency, outcome)
            && let Some(agency) = self.agencies().get_mut(agency)
            && let Some(attempt) = agency.attempts.iter_mut().rfind(|attempt| attempt.id == id)
        {
            attempt.status = outcome.status;
            attempt.ended_ms = outcome.ended_ms;
        }
        self.bump(now_ms);
    }

    pub(super) fn unreadable(&self) {
        self.unreadable.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn unreadable_requests(&self) -> u64 {
        self.unreadable.load(Ordering::Relaxed)
    }

    pub(super) fn attempts(&self, agency: &str) -> Vec<Attempt> {
        self.agencies().get(agency).map(|agency| agency.attempts.clone()).unwrap_or_default()
    }

    pub(super) fn key(&self, agency: &str) -> Option<String> {
        self.agencies().get(agency)?.key.clone()
    }

    pub(super) fn arrivals(&self, agency: &str) -> Option<watch::Receiver<usize>> {
        self.agencies().get(agency).map(|agency| agency.arrived.subscribe())
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn last_activity_ms(&self) -> f64 {
        f64::from_bits(self.last_activity.load(Ordering::Relaxed))
    }

    fn bump(&self, now_ms: f64) {
        self.last_activity.store(now_ms.to_bits(), Ordering::Relaxed);
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn agencies(&self) -> MutexGuard<'_, HashMap<String, Agency>> {
        self.agencies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(attempts: usize) -> u32 {
    u32::try_from(attempts).unwrap_or(u32::MAX)
}
