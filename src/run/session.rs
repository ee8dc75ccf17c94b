use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::{
    clock::Clock,
    evidence::{Evidence, Recorder},
    journal::{EVIDENCE, Folder, Journal},
    secret::Vault,
};

/// What a run has from its first moment: a folder, a clock, a recorder and a vault.
pub struct Session {
    folder: Folder,
    journal: Journal,
    recorder: Recorder,
    vault: Vault,
    evidence: Arc<Mutex<Evidence>>,
}

/// The session's files cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SessionError(String);

impl Session {
    /// Begins a session in a folder.
    ///
    /// # Errors
    ///
    /// The evidence cannot be written there.
    pub fn begin(folder: Folder) -> Result<Self, SessionError> {
        let journal = Journal::open(&folder).map_err(|error| SessionError(error.to_string()))?;
        let evidence: Arc<Mutex<Evidence>> = Arc::default();
        let (sink, live) = (journal.sink(), Arc::clone(&evidence));
        let recorder = Recorder::new(Clock::new(), move |record| {
            sink(record.clone());
            // Who sees it here may end the run.
            live.lock().unwrap_or_else(PoisonError::into_inner).take(record);
        });
        Ok(Self { folder, journal, recorder, vault: Vault::new(), evidence })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Where facts go.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The secrets.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// When the session began.
    #[must_use]
    pub fn began(&self) -> Timestamp {
        self.recorder.clock().began()
    }

    /// What has been recorded so far.
    #[must_use]
    pub fn evidence(&self) -> &Arc<Mutex<Evidence>> {
        &self.evidence
    }

    /// Writes all that is left to write, and gives the folder and the secrets. Records that were lost are told by the
    /// evidence itself.
    ///
    /// # Errors
    ///
    /// The evidence could not be written.
    pub fn close(self) -> Result<(Folder, Vault), SessionError> {
        self.journal.close().map_err(|error| SessionError(error.to_string()))?;
        Ok((self.folder, self.vault))
    }

    /// Leaves the folder as it was found: for a run that did not come to send anything.
    ///
    /// # Errors
    ///
    /// The folder could not be cleared.
    pub fn discard(self) -> Result<(), SessionError> {
        let (folder, _) = self.close()?;
        std::fs::remove_file(folder.path().join(EVIDENCE)).map_err(|error| SessionError(error.to_string()))
    }
}
