//! The CRM's webhook as the platform sees it: a receiver whose every answer, and every fault, is scripted.
//!
//! It speaks HTTP/1.1 over TCP by itself, because a server library neither keeps the order and case of headers nor lets
//! one break the protocol. One URL serves all agencies: a script belongs to the agencyId in the payload.
//!
//! ```text
//! server ─► connection ─► request (bytes) ─► capture (attribution, masking, record) ─► exchange (answer or fault)
//! ```

mod answer;
mod capture;
mod connection;
mod door;
mod exchange;
mod fault;
mod header;
mod index;
mod keys;
mod ledger;
mod mask;
mod payload;
mod probe;
mod request;
mod script;
mod server;
mod socket;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use door::NotRestored;
pub use fault::{AcceptFault, FAULTS, Fault, RequestFault, Stage};
pub use ledger::{Attempt, Taken};
pub use script::Script;
pub use server::StartError;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, PoisonError, RwLock, atomic::AtomicUsize},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};

use crate::{evidence::Recorder, secret::Vault, timer::Timer};

/// The path under which the canary listens on the second port.
const CANARY_PATH: &str = "/canary/";

/// What a receiver needs to start.
#[derive(Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes any free one. The canary takes any free port of the same address.
    pub listen: SocketAddr,
    /// The registered path and query, such as `/hook/3f9a?x=1`.
    pub target: String,
    /// Where to put what arrives.
    pub recorder: Recorder,
    /// Where to put the keys that arrive.
    pub vault: Vault,
}

/// An agency that the receiver knows and answers by a script.
#[derive(Clone, Debug)]
pub struct Armed {
    /// The agencyId, as it was sent.
    pub agency_id: String,
    /// A random part of the id of lower-case letters and digits, by which a mangled id is still told.
    pub core: String,
    /// How its attempts are answered.
    pub script: Script,
}

/// A running receiver. It stops when it is dropped.
pub struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    orders: mpsc::Sender<door::Order>,
    disturbance: tokio::sync::Mutex<Option<door::Disturbance>>,
    server: server::Server,
}

/// What all connections share.
struct Shared {
    target: String,
    canary: SocketAddr,
    recorder: Recorder,
    vault: Vault,
    /// Keeps the delays of answers.
    timer: Arc<Timer>,
    index: RwLock<index::Index>,
    /// How agencies are answered that nobody made known; nothing: 200, and they belong to nobody.
    strangers: RwLock<Option<Script>>,
    /// How many requests came for nobody.
    strangers_told: AtomicUsize,
    /// How the agencyIds begin whose deliveries leave no record.
    unrecorded: RwLock<Option<String>>,
    keys: keys::Keys,
    ledger: ledger::Ledger,
    probes: probe::Probes,
    knocks: door::Knocks,
}

impl Receiver {
    /// Listens, and serves on a thread of its own.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on: its port is taken, it is not allowed, or it is not one of this machine.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        server::start(settings)
    }

    /// The address on which deliveries are taken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The runtime that serves the port, on a thread of its own.
    #[must_use]
    pub fn runtime(&self) -> &Handle {
        self.server.runtime()
    }

    /// The URL of the webhook, for a sender on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{}", reachable(self.address), self.shared.target)
    }

    /// The URL on the second port that nobody has a reason to call; whoever does has followed a redirect.
    #[must_use]
    pub fn canary_url(&self) -> String {
        self.shared.canary_for(reachable(self.shared.canary), None)
    }

    /// Makes an agency known. One that is known already gets a new script, as by [`Receiver::answer_with`].
    pub fn arm(&self, agency: Armed) {
        let mut index = self.shared.index.write().unwrap_or_else(PoisonError::into_inner);
        index.add(&agency.agency_id, &agency.core);
        self.answer_with(&agency.agency_id, agency.script);
    }

    /// Replaces an agency's script. Its attempts are counted on; the next one gets the new script's first answer.
    pub fn answer_with(&self, agency_id: &str, script: Script) {
        self.shared.ledger.script(agency_id, script, self.shared.recorder.now_ms());
    }

    /// Answers every agency that is not armed by this script, from its begin on, and keeps its attempts apart from others'.
    /// Those that were answered by an earlier one begin anew. For a receiver that serves nobody's run.
    pub fn answer_strangers(&self, script: Script) {
        *self.shared.strangers.write().unwrap_or_else(PoisonError::into_inner) = Some(script);
        self.shared.ledger.forget_strangers();
    }

    /// Answers by the script, and numbers, the attempts with each of so many keys of an agency by themselves. A receiver that
    /// was not told takes all attempts for an agency for one delivery.
    pub fn tell_keys_apart(&self, keys_per_agency: usize) {
        self.shared.ledger.tell_keys_apart(keys_per_agency);
    }

    /// Leaves no record of deliveries for agencies whose id begins with `prefix`, however late they come: they are answered
    /// and counted, and that is all. So a load of many thousand agencies takes no memory that grows.
    pub fn leave_unrecorded(&self, prefix: impl Into<String>) {
        *self.shared.unrecorded.write().unwrap_or_else(PoisonError::into_inner) = Some(prefix.into());
    }

    /// What the last delivery for an agency said that was not recorded.
    #[must_use]
    pub fn taken(&self, agency_id: &str) -> Option<Taken> {
        self.shared.ledger.last_taken(agency_id)
    }

    /// Knows an agency no more: what still comes for it is answered 200, and belongs to nobody.
    pub fn forget(&self, agency_id: &str) {
        self.shared.index.write().unwrap_or_else(PoisonError::into_inner).remove(agency_id);
        self.shared.ledger.forget(agency_id);
    }

    /// Waits until so many wire attempts for an agency were recorded, and tells how many were; the canary's do not
    /// count. For an agency that is not armed the answer is 0, at once.
    pub async fn wait_for(&self, agency_id: &str, attempts: usize, within: Duration) -> usize {
        let Some(mut arrivals) = self.shared.ledger.arrivals(agency_id) else { return 0 };
        let _ = tokio::time::timeout(within, arrivals.wait_for(|count| *count >= attempts)).await;
        *arrivals.borrow()
    }

    /// The wire attempts for an agency so far, in the order of their arrival; the canary's are not among them.
    #[must_use]
    pub fn attempts(&self, agency_id: &str) -> Vec<Attempt> {
        self.shared.ledger.attempts(agency_id)
    }

    /// The fingerprint of the key that was delivered last for an agency.
    #[must_use]
    pub fn key_of(&self, agency_id: &str) -> Option<String> {
        self.shared.ledger.key(agency_id)
    }

    /// When something last arrived or ended, in milliseconds of the run's clock; at first, when the receiver started.
    #[must_use]
    pub fn last_activity_ms(&self) -> f64 {
        self.shared.ledger.last_activity_ms()
    }

    /// How many requests are being answered, or held, at this moment.
    #[must_use]
    pub fn open_exchanges(&self) -> usize {
        self.shared.ledger.open()
    }

    /// How many requests were no HTTP/1, too large, or ended before they were whole. They are no deliveries.
    #[must_use]
    pub fn unreadable_requests(&self) -> u64 {
        self.shared.ledger.unreadable_requests()
    }

    /// A number that grows whenever an attempt arrives or ends.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.ledger.changes()
    }
}

impl Shared {
    /// The canary's URL for an agency, whose core tells whose redirect was followed even where the body was dropped.
    fn canary_for(&self, host: SocketAddr, agency: Option<&str>) -> String {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let core = agency.and_then(|agency| index.core(agency)).unwrap_or_default();
        format!("http://{host}{CANARY_PATH}{core}")
    }
}

/// An address that a sender on this machine can use: the unspecified one is none.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
