//! The developer's mailbox: where the platform's e-mails about failed deliveries arrive.
//!
//! A driver brings raw messages in, by SMTP or from the HTTP API of a mail catcher; what is made of them is the same for
//! all. Nothing is ever passed on.

mod capture;
mod known;
mod mailpit;
mod mask;
mod session;
mod smtp;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use thiserror::Error;
use tokio::{sync::watch, task::JoinSet};
use url::Url;

use crate::{
    evidence::{MailWatch, Record, Recorder},
    secret::Vault,
};

/// So many mails are taken in one run: a developer is told of failures, and no run makes more of them.
const MOST_MAILS: usize = 1_000;

/// The most bytes of one mail.
const MOST_BYTES: usize = 1024 * 1024;

/// What every mailbox needs.
#[derive(Clone)]
pub struct Settings {
    /// The developer's address as registered with Matchouse.
    pub address: String,
    /// Where to put what arrives.
    pub recorder: Recorder,
    /// The run's secrets.
    pub vault: Vault,
}

/// Why a mailbox could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Something else listens there.
    #[error("mail cannot be taken on {address}: the port is taken; stop what listens there or choose another")]
    Taken {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("mail cannot be taken on {address}: {source}; choose a port from 1024 on, and an address of this machine")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Mailpit does not answer as documented.
    #[error("{url} does not answer as Mailpit's API does: {why}; check `mailbox.mailpit`")]
    Mailpit {
        /// What was asked.
        url: String,
        /// What came instead.
        why: String,
    },
}

/// A mailbox that is watched. It stops when it is dropped.
pub struct Mailbox {
    shared: Arc<Shared>,
    smtp: Option<SocketAddr>,
    _tasks: JoinSet<()>,
}

/// What the tasks of a mailbox share.
struct Shared {
    settings: Settings,
    began_ms: f64,
    agencies: RwLock<known::Agencies>,
    keys: Mutex<known::Keys>,
    taken: Mutex<Vec<Taken>>,
    changes: watch::Sender<u64>,
    state: Mutex<State>,
}

/// What is kept of a mail for those who wait for it.
struct Taken {
    agencies: Vec<String>,
}

/// How far the mailbox was watched.
#[derive(Default)]
struct State {
    /// Until when nothing was missed, where that is not the present.
    seen_until_ms: Option<f64>,
    /// Why mail may be missed.
    trouble: Option<String>,
    /// Why mail was turned away, or may have gone unsent.
    missed: Option<String>,
}

impl State {
    fn trouble(&self) -> Option<String> {
        self.missed.clone().or_else(|| self.trouble.clone())
    }
}

/// From whom to whom a mail went.
#[derive(Clone, Debug, Default, PartialEq)]
struct Envelope {
    from: String,
    to: Vec<String>,
}

impl Mailbox {
    /// Takes mail by SMTP on an address of this machine; port 0 takes any free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn smtp(listen: SocketAddr, settings: Settings) -> Result<Self, StartError> {
        let shared = Shared::new(settings);
        let (address, tasks) = smtp::start(listen, Arc::clone(&shared)).await?;
        Ok(Self { shared, smtp: Some(address), _tasks: tasks })
    }

    /// Asks a Mailpit for the mail that arrives there from now on.
    ///
    /// # Errors
    ///
    /// It does not answer, or not as documented.
    pub async fn mailpit(base: &Url, settings: Settings) -> Result<Self, StartError> {
        let shared = Shared::new(settings);
        let tasks = mailpit::start(base, Arc::clone(&shared)).await?;
        Ok(Self { shared, smtp: None, _tasks: tasks })
    }

    /// Where mail is taken by SMTP; nothing with another driver.
    #[must_use]
    pub fn smtp_address(&self) -> Option<SocketAddr> {
        self.smtp
    }

    /// Makes an agency known by its agencyId and the random part of that.
    pub fn arm(&self, agency_id: &str, core: &str) {
        self.agencies().add_id(agency_id, core);
    }

    /// Makes the name known under which an agency has its account at the target.
    pub fn account(&self, agency_id: &str, name: &str) {
        self.agencies().add_account(agency_id, name);
    }

    fn agencies(&self) -> std::sync::RwLockWriteGuard<'_, known::Agencies> {
        self.shared.agencies.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many mails came that name one of the agencies, or none of the run's; tells how many did.
    pub async fn wait_for(&self, agency_ids: &[&str], count: usize, within: Duration) -> usize {
        let mut changes = self.shared.changes.subscribe();
        let _ = tokio::time::timeout(within, changes.wait_for(|_| self.shared.count(agency_ids) >= count)).await;
        self.shared.count(agency_ids)
    }

    /// Waits until no mail can be missed that came before a moment of the run's clock.
    pub async fn seen_until(&self, ms: f64, within: Duration) {
        let mut changes = self.shared.changes.subscribe();
        let seen = |_: &u64| self.shared.state().seen_until_ms.is_none_or(|until| until >= ms);
        let _ = tokio::time::timeout(within, changes.wait_for(seen)).await;
    }

    /// Records for how long the mailbox has been watched so far.
    pub fn record_watch(&self) {
        let state = self.shared.state();
        let recorder = &self.shared.settings.recorder;
        recorder.record(Record::MailWatch(MailWatch {
            from_ms: self.shared.began_ms,
            to_ms: state.seen_until_ms.unwrap_or_else(|| recorder.now_ms()),
            trouble: state.trouble(),
        }));
    }
}

impl Shared {
    fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            began_ms: settings.recorder.now_ms(),
            settings,
            agencies: RwLock::default(),
            keys: Mutex::default(),
            taken: Mutex::default(),
            changes: watch::Sender::new(0),
            state: Mutex::default(),
        })
    }

    /// Takes a mail in; not where there have been too many.
    fn take(&self, raw: &[u8], envelope: &Envelope) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() >= MOST_MAILS {
            // Who waits is told, and looks at what was taken.
            drop(taken);
            self.misses(format!("more than {MOST_MAILS} mails came, and the rest was refused"));
            return false;
        }
        let mail = capture::capture(self, raw, envelope);
        taken.push(Taken { agencies: mail.agencies.clone() });
        drop(taken);
        self.settings.recorder.record(Record::Mail(Box::new(mail)));
        self.changes.send_modify(|count| *count += 1);
        true
    }

    fn count(&self, agency_ids: &[&str]) -> usize {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let meant = |mail: &&Taken| {
            mail.agencies.is_empty() || mail.agencies.iter().any(|id| agency_ids.contains(&id.as_str()))
        };
        taken.iter().filter(meant).count()
    }

    /// Mail is turned away, or may go unsent.
    fn misses(&self, why: String) {
        self.state().missed.get_or_insert(why);
        self.changes.send_modify(|count| *count += 1);
    }

    fn trouble(&self, trouble: Option<String>) {
        self.state().trouble = trouble;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing that arrived before this moment was missed.
    fn seen_until(&self, ms: f64) {
        let mut state = self.state();
        (state.seen_until_ms, state.trouble) = (Some(ms), None);
        drop(state);
        self.changes.send_modify(|count| *count += 1);
    }
}
