//! A faithful, stateful Matchouse for partners to build against, and for testing the harness itself.
//!
//! It knows nothing of the harness: whoever speaks to it does so over HTTP. It runs on a thread of its own and stops when
//! its [`Simulator`] is dropped. What it does is a [`Behaviour`]; a [`Defect`] or a [`Dialect`] is a change of that value.
//!
//! ```text
//! route/, page/ ─► platform (state, time, limit, link) ─► delivery ─► the partner's webhook, notice ─► its mailbox
//! ```

mod answer;
pub mod behaviour;
mod defect;
mod delivery;
mod dialect;
mod limit;
mod link;
mod notice;
mod page;
mod persist;
mod platform;
mod route;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod tour;

use std::{io, net::SocketAddr, path::PathBuf};

pub use behaviour::Behaviour;
pub use defect::{DEFECTS, Defect};
pub use dialect::{DIALECTS, Dialect};
pub use server::Simulator;
pub use tour::TourStep;

use crate::secret::Secret;

/// A CRM that is registered with the platform.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Its `x-crm-client-id`.
    pub client_id: String,
    /// Its `x-crm-client-secret`.
    pub client_secret: Secret,
    /// Where keys are delivered: an absolute http or https URL.
    pub webhook_url: String,
    /// Where the notice of a failed delivery is mailed.
    pub developer_email: String,
}

/// What a simulator starts with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the platform listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the control server (the virtual clock) listens; port 0 takes a free one.
    pub control: SocketAddr,
    /// The registered CRMs.
    pub partners: Vec<Partner>,
    /// Agencies that have an account already: e-mail and password.
    pub accounts: Vec<(String, Secret)>,
    /// How the platform behaves.
    pub behaviour: Behaviour,
    /// What jitter is drawn from. Keys, tokens and nonces are not: nobody shall guess them.
    pub seed: u64,
    /// The mail server for notices, as `host:port`, spoken to in plain SMTP; nothing: no mail is sent.
    pub smtp: Option<String>,
    /// A folder in which accounts, keys, tokens and listings survive a restart.
    ///
    /// It holds passwords, tokens and keys in the clear, readable to its owner alone (mode 0600).
    pub state: Option<PathBuf>,
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port could not be had.
    #[error("the simulator cannot listen on {address}; choose another address or port")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A partner's webhook URL is no absolute http or https URL.
    #[error("the webhook URL of partner `{client_id}` must be an absolute http or https URL")]
    Webhook {
        /// The partner.
        client_id: String,
    },
    /// The mail server is not given as `host:port`.
    #[error("the mail server must be given as host:port, such as 127.0.0.1:2525, not `{given}`")]
    Smtp {
        /// What was given.
        given: String,
    },
    /// The state's folder cannot be used.
    #[error("the simulator's state in {} cannot be used; repair or remove it, or choose another folder", path.display())]
    State {
        /// The folder.
        path: PathBuf,
        /// What the system, or reading the snapshot, said.
        source: io::Error,
    },
    /// The system gave no thread, event loop or HTTP client.
    #[error("the simulator could not be set up: {0}")]
    Setup(#[source] io::Error),
}
