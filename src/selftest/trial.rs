use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::task::JoinError;

use crate::{
    agency::Nobody,
    embedded::{self, Logins, Pins},
    journal::Folder,
    plan::{Settings, plan, select},
    receiver::{self, Receiver},
    report::Report,
    requirement::Side,
    run::{Aim, Options, Session, Silent, run, terms_of},
    secret::{Secret, hex},
    simulator::Behaviour,
    syntax::render_all,
};

/// One server to run the whole suite against, and what is expected of that.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// The requirements that it breaks; nothing for a server that keeps the guide.
    pub breaks: Option<&'static [&'static str]>,
    /// How it behaves.
    pub behaviour: Behaviour,
    /// What the profile pins of it.
    pub pins: Pins,
    /// How many accounts exist beforehand, for all agencies to share; 0: each registers one of its own.
    pub accounts: usize,
    /// The requirements that such a profile leaves open: an inconclusive row is no fault there.
    pub open: &'static [&'static str],
    /// The shipped scenarios that are run, by their paths; none: all.
    pub scenarios: Vec<String>,
}

/// A trial could not be run.
#[derive(Debug, thiserror::Error)]
#[error("the trial `{name}` could not be run: {why}")]
pub struct TrialError {
    name: &'static str,
    why: String,
}

impl TrialError {
    /// The task of a trial ended by itself.
    pub(super) fn of_task(name: &'static str, error: &JoinError) -> Self {
        Self { name, why: error.to_string() }
    }

    /// The folder of a trial that is as it should be could not be removed.
    pub(super) fn of_folder(name: &'static str, folder: &Path, error: &io::Error) -> Self {
        Self { name, why: format!("failed to remove {}: {error}", folder.display()) }
    }
}

/// No lawful server of the selftest needs longer; a defect that does is one that stalls.
const OPTIONS: Options = Options {
    strict: false,
    run_budget: Duration::from_secs(80),
    step_budget: Duration::from_secs(15),
    quiet_at_most: Duration::from_secs(15),
    score: None,
};

/// Without a pinned deadline a run waits for what its own guess allows: half a minute.
const UNHURRIED: Options =
    Options { run_budget: Duration::from_mins(4), step_budget: Duration::from_secs(45), ..OPTIONS };

impl Trial {
    /// A trial of the quick simulator that keeps the guide, with all of it pinned.
    #[must_use]
    pub fn of_brisk(name: &'static str, about: &'static str) -> Self {
        let (behaviour, pins) = (Behaviour::brisk(), Pins::default());
        Self { name, about, breaks: None, behaviour, pins, accounts: 0, open: &[], scenarios: Vec::new() }
    }

    /// Whether the trial declares a requirement broken.
    pub(super) fn declares(&self, id: &str) -> bool {
        self.breaks.unwrap_or_default().contains(&id)
    }

    /// Whether the trial's profile leaves a requirement open.
    pub(super) fn leaves_open(&self, id: &str) -> bool {
        self.open.contains(&id)
    }

    /// Runs its scenarios against the server, in a folder that is removed afterwards.
    ///
    /// # Errors
    ///
    /// The machine gave no port or no folder.
    pub async fn run(&self) -> Result<Report, TrialError> {
        let folder = tempfile::tempdir().map_err(|error| self.error(error.to_string()))?;
        self.run_in(folder.path()).await
    }

    /// The same in a new or empty folder that stays.
    ///
    /// # Errors
    ///
    /// As those of [`Trial::run`].
    pub async fn run_in(&self, folder: &Path) -> Result<Report, TrialError> {
        self.run_whole(folder).await.map_err(|why| self.error(why))
    }

    fn error(&self, why: String) -> TrialError {
        TrialError { name: self.name, why }
    }

    async fn run_whole(&self, folder: &Path) -> Result<Report, String> {
        // What holds the accounts' passwords stands apart from the run.
        let beside = tempfile::tempdir().map_err(|error| error.to_string())?;
        let folder = Folder::create(folder).map_err(|error| error.to_string())?;
        let session = Session::begin(folder).map_err(|error| error.to_string())?;
        let settings = receiver::Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            target: embedded::webhook_target(),
            recorder: session.recorder().clone(),
            vault: session.vault().clone(),
        };
        let receiver = Receiver::start(settings).map_err(|error| error.to_string())?;
        let pins =
            Pins { accounts: self.logins(beside.path()).map_err(|error| error.to_string())?, ..self.pins.clone() };
        let mailbox =
            embedded::mailbox(session.recorder(), session.vault()).await.map_err(|error| error.to_string())?;
        let embedded = embedded::start(&receiver.url(), mailbox.smtp_address(), self.behaviour.clone(), 1, &pins)
            .map_err(|error| error.to_string())?;
        let files = select(&self.scenarios).map_err(|error| error.to_string())?;
        let terms = terms_of(&embedded.target, false);
        let plan = plan(&files, Side::Platform, &Settings::default(), &terms, &|_| true)
            .map_err(|mistakes| render_all(&mistakes))?;
        let (_keep, interrupted) = super::never_interrupted();
        let aim = Aim {
            target: &embedded.target,
            credentials: embedded.credentials,
            receiver,
            mailbox: Some(mailbox),
            person: Arc::new(Nobody),
        };
        let options = if pins.deadlines { OPTIONS } else { UNHURRIED };
        run(session, aim, plan, options, &Silent, interrupted).await.map_err(|error| error.to_string())
    }

    /// The accounts that exist beforehand, and a file that names them.
    fn logins(&self, folder: &Path) -> io::Result<Option<Logins>> {
        if self.accounts == 0 {
            return Ok(None);
        }
        let account =
            |number| (format!("agency-{number}@agency.example"), Secret::new(hex(&rand::random::<[u8; 12]>())));
        let all: Vec<(String, Secret)> = (1..=self.accounts).map(account).collect();
        let lines = all.iter().map(|(email, password)| format!("{email},{}\n", password.expose()));
        let file = folder.join("accounts.csv");
        std::fs::write(&file, lines.collect::<String>())?;
        Ok(Some(Logins { file, all }))
    }
}
