//! The receiver alone: it answers everybody by one script, tells of what comes, and takes orders on another port.
//!
//! ```text
//! receiver ─► recorder ─► journal (evidence on disk)
//!                     └─► feed ─► lines for a person, JSON lines and server-sent events for a program
//! control ─► scripts, disturbances
//! ```

mod control;
mod feed;
mod line;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use thiserror::Error;
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    clock::Clock,
    evidence::{End, Ending, Record, Recorder},
    journal::{Closed, Folder, Journal, JournalError},
    receiver::{self, Receiver, Script, StartError},
    secret::{Secret, Vault},
};
use feed::Feed;
use line::Lines;

/// How many lines for a person may wait to be printed.
const LINES: usize = 10_000;

/// What a receiver alone needs to start.
pub struct Settings {
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The path and query at which deliveries are expected.
    pub target: String,
    /// How deliveries are answered, each agency's from the script's begin on.
    pub script: Script,
    /// Where it takes orders: an address of this machine alone.
    pub control: SocketAddr,
    /// Who sends an order has to know it.
    pub token: Secret,
    /// Where evidence goes.
    pub folder: Folder,
}

/// Why a receiver alone could not start.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// The receiver did not start.
    #[error(transparent)]
    Receiver(#[from] StartError),
    /// The evidence cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The control port cannot be had.
    #[error("the control port {address} cannot be listened on: {source}; choose another with `--control`")]
    Control {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The control port would be open to other machines.
    #[error("the control port {address} is open to other machines; take one of 127.0.0.1 or [::1]")]
    Exposed {
        /// The address that was asked for.
        address: SocketAddr,
    },
}

/// A receiver alone, running.
pub struct Receive {
    receiver: Arc<Receiver>,
    control: SocketAddr,
    lines: mpsc::Receiver<String>,
    journal: Journal,
    recorder: Recorder,
    vault: Vault,
    folder: Folder,
    _server: JoinSet<()>,
}

impl Receive {
    /// Starts it; the control port is served on tasks of the current runtime, the last of which ends with that.
    ///
    /// # Errors
    ///
    /// A port cannot be had, or the evidence not be written.
    pub fn start(settings: Settings) -> Result<Self, ReceiveError> {
        let address = settings.control;
        if !address.ip().is_loopback() {
            return Err(ReceiveError::Exposed { address });
        }
        let failed = |source| ReceiveError::Control { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        let control = listener.local_addr().map_err(failed)?;

        let journal = Journal::open(&settings.folder)?;
        let (feed, (tell, lines)) = (Arc::new(Feed::default()), mpsc::channel(LINES));
        let (sink, told, shown) = (journal.sink(), Arc::clone(&feed), Lines::default());
        let recorder = Recorder::new(Clock::new(), move |record| {
            told.push(&record);
            let line = shown.line(&record);
            sink(record);
            // Who reads a line may end it all. A terminal that is too slow misses lines; the evidence does not.
            if let Some(line) = line {
                let _ = tell.try_send(line);
            }
        });
        let vault = Vault::new();
        let receiver = Receiver::start(receiver::Settings {
            listen: settings.listen,
            target: settings.target,
            recorder: recorder.clone(),
            vault: vault.clone(),
        });
        let receiver = Arc::new(receiver?);
        receiver.answer_strangers(settings.script);
        let routes = control::routes(Arc::clone(&receiver), feed, settings.token);
        let mut server = JoinSet::new();
        server.spawn(async move {
            // It ends with this handle; an error of one connection is that connection's.
            let _ = axum::serve(listener, routes).await;
        });
        let folder = settings.folder;
        Ok(Self { receiver, control, lines, journal, recorder, vault, folder, _server: server })
    }

    /// The URL at which deliveries are taken.
    #[must_use]
    pub fn url(&self) -> String {
        self.receiver.url()
    }

    /// The URL at which orders are taken, without a slash at its end.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control)
    }

    /// The next line for a person: one for each delivery that has ended.
    pub async fn line(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// Ends it: what is open is given up, and all that was seen is on disk. Gives what was written, where, and the secrets
    /// that must not stand in it.
    ///
    /// # Errors
    ///
    /// The disk refused some of the evidence.
    pub fn end(self) -> Result<(Closed, Folder, Vault), JournalError> {
        let Self { receiver, _server: server, journal, recorder, folder, vault, .. } = self;
        // Nothing is taken any more that would not be written.
        drop(server);
        drop(receiver);
        recorder.record(Record::End(End { at_ms: recorder.now_ms(), how: Ending::Complete, detail: None }));
        let closed = journal.close()?;
        Ok((closed, folder, vault))
    }
}
