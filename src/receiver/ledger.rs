use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::{
    answer::Answer,
    exchange::Outcome,
    script::{Moment, Script},
};
use crate::{clock::milliseconds, secret::Secret};

/// More strangers than this are not told apart: whoever makes ids up must not fill the memory.
const MOST_AGENCIES: usize = 100_000;

/// One wire attempt for an agency, as far as pacing asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// Its number in the evidence.
    pub id: u64,
    /// The number of its delivery for its agency, from 1.
    pub delivery: u32,
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
    /// How many keys an agency has, each with a delivery of its own.
    keys_per_agency: AtomicUsize,
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
    /// Whether nobody made it known.
    is_stranger: bool,
    /// When the script was given, in milliseconds of the run's clock.
    script_ms: f64,
    /// How many attempts had come when the script was given.
    before_script: usize,
    attempts: Vec<Attempt>,
    /// The keys that came, as many as there are deliveries to tell apart.
    keys: Vec<Secret>,
    key: Option<String>,
    /// What came last of a delivery that is not recorded.
    taken: Option<Taken>,
    /// How many attempts were recorded.
    arrived: watch::Sender<usize>,
}

/// What a delivery that is not recorded said.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// The `x-api-key`; nothing where it is no string.
    pub key: Option<Secret>,
    /// Whether its `agencyId` is the one that was armed, letter by letter.
    pub is_exact: bool,
}

/// An attempt that has its number and its answer.
pub(super) struct Admitted {
    pub(super) id: u64,
    /// The number of its delivery for its agency, from 1.
    pub(super) delivery: u32,
    /// Its number within its delivery, from 1; for a canary, the number of the attempt before it.
    pub(super) attempt: u32,
    pub(super) answer: Answer,
}

impl Ledger {
    pub(super) fn new(now_ms: f64) -> Self {
        Self {
            keys_per_agency: AtomicUsize::new(1),
            agencies: Mutex::default(),
            changes: watch::Sender::new(0),
            open: AtomicUsize::new(0),
            unreadable: AtomicU64::new(0),
            last_activity: AtomicU64::new(now_ms.to_bits()),
        }
    }

    /// Gives an agency its script; what came for it before stays counted.
    pub(super) fn script(&self, agency: &str, script: Script, now_ms: f64) {
        let mut agencies = self.agencies();
        let known = agencies.entry(agency.to_owned()).or_default();
        known.before_script = known.attempts.len();
        known.script_ms = now_ms;
        known.script = script;
        known.is_stranger = false;
    }

    /// Gives a stranger the script, unless it has one; false where there are too many strangers.
    pub(super) fn adopt(&self, agency: &str, script: Script, now_ms: f64) -> bool {
        let mut agencies = self.agencies();
        if agencies.contains_key(agency) {
            return true;
        }
        let room = agencies.len() < MOST_AGENCIES;
        if room {
            let stranger = Agency { script, script_ms: now_ms, is_stranger: true, ..Agency::default() };
            agencies.insert(agency.to_owned(), stranger);
        }
        room
    }

    /// Lets all strangers begin anew.
    pub(super) fn forget_strangers(&self) {
        self.agencies().retain(|_, agency| !agency.is_stranger);
    }

    /// From now on, so many keys of one agency are deliveries of their own.
    pub(super) fn tell_keys_apart(&self, keys_per_agency: usize) {
        self.keys_per_agency.store(keys_per_agency, Ordering::Relaxed);
    }

    /// Numbers a request and chooses its answer. A canary is answered 200 and counts for no script.
    pub(super) fn admit(
        &self,
        agency: Option<&str>,
        canary: bool,
        key: Option<&Secret>,
        at_ms: f64,
        number: impl FnOnce() -> u64,
    ) -> Admitted {
        let most = self.keys_per_agency.load(Ordering::Relaxed);
        let mut agencies = self.agencies();
        // The number is taken under the lock, so that numbers rise with the attempts of an agency.
        let id = number();
        let Some((name, agency)) = agency.and_then(|name| Some((name, agencies.get_mut(name)?))) else {
            return Admitted { id, delivery: 1, attempt: 1, answer: Answer::default() };
        };
        let delivery = agency.delivery(key, most);
        let before = agency.attempts.iter().filter(|one| one.delivery == delivery).count();
        if canary {
            return Admitted { id, delivery, attempt: count(before), answer: Answer::default() };
        }
        let answer = agency.answer(name, delivery, at_ms);
        let connection_fault = answer.fault().is_some_and(|fault| fault.connection_fault);
        agency.attempts.push(Attempt { id, delivery, at_ms, status: 0, ended_ms: 0.0, connection_fault });
        Admitted { id, delivery, attempt: count(before + 1), answer }
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

    /// An attempt arrived that leaves no record.
    pub(super) fn taken(&self, agency: &str, taken: Taken, now_ms: f64) {
        if let Some(agency) = self.agencies().get_mut(agency) {
            agency.taken = Some(taken);
        }
        self.arrived(Some(agency), false, None, now_ms);
    }

    /// What the last delivery said that left no record.
    pub(super) fn last_taken(&self, agency: &str) -> Option<Taken> {
        self.agencies().get(agency)?.taken.clone()
    }

    /// Knows an agency no more.
    pub(super) fn forget(&self, agency: &str) {
        self.agencies().remove(agency);
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

impl Agency {
    /// What the script says to another attempt of a delivery.
    fn answer(&self, name: &str, delivery: u32, at_ms: f64) -> Answer {
        let earlier = &self.attempts[self.before_script..];
        let index = earlier.iter().filter(|one| one.delivery == delivery).count();
        let since = Duration::try_from_secs_f64((at_ms - self.script_ms) / 1000.0).unwrap_or_default();
        let within = |length: Duration| {
            let from_ms = at_ms - milliseconds(length);
            earlier.iter().rev().take_while(|attempt| attempt.at_ms >= from_ms).count()
        };
        self.script.answer(&Moment { agency: name, index, since, within: &within })
    }

    /// The number of the delivery to which an attempt with this key belongs. A key more than an agency has is no delivery
    /// of its own: it counts with the latest one.
    fn delivery(&mut self, key: Option<&Secret>, most: usize) -> u32 {
        let known = key.and_then(|key| self.keys.iter().position(|one| one == key));
        match (known, key) {
            (Some(at), _) => return count(at + 1),
            (None, Some(key)) if self.keys.len() < most => self.keys.push(key.clone()),
            _ => {}
        }
        count(self.keys.len().max(1))
    }
}

fn count(attempts: usize) -> u32 {
    u32::try_from(attempts).unwrap_or(u32::MAX)
}
