//! What every command needs that sends something: a folder of its own, a receiver, a target, and an ear for Ctrl-C.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};

use tokio::sync::watch;
use url::Position;

use super::{
    Output,
    aim::Aim,
    failure::{Failure, whole},
    person::Terminal,
    signals,
};
use crate::{
    agency::{Nobody, Person},
    embedded::{self, Apart, EmbeddedError},
    journal::Folder,
    mailbox::Mailbox,
    profile::{Have, Resolved, Target},
    receiver::{Receiver, Settings},
    report::Report,
    run::{self, Progress, RunError, Session},
    simulator::{Behaviour, Simulator},
    verdict::Outcome,
};

/// What a command left.
pub(super) struct Made {
    pub(super) report: Report,
    pub(super) folder: PathBuf,
}

/// A folder that is taken for what a command leaves.
pub(super) struct Taken {
    folder: Folder,
    new: bool,
}

impl Taken {
    /// The folder that was asked for, or a new one in the default place.
    pub(super) fn folder(asked: Option<&Path>) -> Result<Self, Failure> {
        let new = asked.is_none_or(|path| !path.exists());
        let folder = match asked {
            Some(path) => Folder::create(path),
            None => Folder::fresh_under(run::default_parent(), jiff::Timestamp::now()),
        };
        Ok(Self { folder: folder.map_err(Failure::usage)?, new })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes a folder that we made, if there is nothing in it.
    fn give_back(&self) {
        if self.new {
            let _ = std::fs::remove_dir(self.folder.path());
        }
    }
}

/// Where the embedded simulator runs, for who aims at it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Housing {
    /// On a thread of this process.
    Inside,
    /// In a process of its own.
    Apart,
}

/// Runs something in a folder: it gets a session there, what it is pointed at, and what turns true when it is to end.
pub(super) async fn in_folder(
    aim: Aim,
    taken: Taken,
    housing: Housing,
    progress: &dyn Progress,
    job: impl AsyncFnOnce(Session, run::Aim<'_>, watch::Receiver<bool>) -> Result<Report, RunError>,
) -> Result<Report, Failure> {
    let mut interrupted = signals::interrupted()
        .map_err(|error| Failure::environment(format!("Ctrl-C cannot be listened for: {error}")))?;
    let session = Session::begin(taken.folder.clone()).map_err(Failure::usage)?;
    let staged = match Staged::set(aim, &session, housing).await {
        Ok(staged) => staged,
        Err(failure) => {
            // Nothing was sent, so nothing is to be kept: the same command must find the folder as it was.
            drop(session.discard());
            taken.give_back();
            return Err(failure);
        }
    };
    let Staged { receiver, mailbox, target, credentials, person, mut stopped, _simulator } = staged;
    let (end, ending) = watch::channel(false);
    let mut job = pin!(job(session, run::Aim { target: &target, credentials, receiver, mailbox, person }, ending));
    let ended = tokio::select! {
        ended = &mut job => ended,
        () = told_to_end(&mut interrupted, &mut stopped) => {
            // Putting the report together takes its time, so a person is told before it begins.
            progress.phase("interrupted: ending with what is known; once more ends at once");
            // The job listens as long as it is not over.
            let _ = end.send(true);
            job.await
        }
    };
    ended.map_err(failure)
}

/// Everything that a job needs around it, started.
struct Staged {
    receiver: Receiver,
    mailbox: Option<Mailbox>,
    target: Target,
    credentials: Resolved,
    person: Arc<dyn Person>,
    /// Turns true when the person wants the run to end.
    stopped: watch::Receiver<bool>,
    /// Runs as long as it is held.
    _simulator: Option<Held>,
}

/// A simulator that runs as long as it is held.
enum Held {
    Inside { _simulator: Simulator },
    Apart { _process: embedded::Process },
}

impl Staged {
    async fn set(aim: Aim, session: &Session, housing: Housing) -> Result<Self, Failure> {
        let (listen, path) = webhook(&aim);
        let receiver = Receiver::start(Settings {
            listen,
            target: path,
            recorder: session.recorder().clone(),
            vault: session.vault().clone(),
        });
        let receiver = receiver.map_err(Failure::environment)?;
        let pins = embedded::Pins::default();
        let (person, stopped) = person(&aim);
        let (target, credentials, mailbox, held) = match (aim, housing) {
            (Aim::Profile(chosen), _) => {
                let (target, credentials) = *chosen;
                let mailbox = run::mailbox(&target, session).await.map_err(Failure::environment)?;
                (target, credentials, mailbox, None)
            }
            (Aim::Embedded, Housing::Inside) => {
                let mailbox =
                    embedded::mailbox(session.recorder(), session.vault()).await.map_err(Failure::environment)?;
                let (seed, smtp) = (rand::random(), mailbox.smtp_address());
                let embedded = embedded::start(&receiver.url(), smtp, Behaviour::brisk(), seed, &pins);
                let embedded = embedded.map_err(|error| no_embedded(&error))?;
                let held = Held::Inside { _simulator: embedded.simulator };
                (embedded.target, embedded.credentials, Some(mailbox), Some(held))
            }
            (Aim::Embedded, Housing::Apart) => {
                let program = std::env::current_exe()
                    .map_err(|error| Failure::environment(format!("this program's own file is not found: {error}")))?;
                let apart = embedded::start_apart(&program, &receiver.url(), &pins).await;
                let Apart { target, credentials, process } = apart.map_err(|error| no_embedded(&error))?;
                (target, credentials, None, Some(Held::Apart { _process: process }))
            }
        };
        Ok(Self { receiver, mailbox, target, credentials, person, stopped, _simulator: held })
    }
}

/// Waits until Ctrl-C, or the person who plays the agencies, ends the job.
async fn told_to_end(interrupted: &mut watch::Receiver<bool>, stopped: &mut watch::Receiver<bool>) {
    // A person who is never asked has hung up, and cannot stop anything.
    let by_person = async {
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = interrupted.wait_for(|interrupted| *interrupted) => {}
        () = by_person => {}
    }
}

/// Who is asked to play the agencies, where the profile wants that; stdin is not read otherwise.
fn person(aim: &Aim) -> (Arc<dyn Person>, watch::Receiver<bool>) {
    if aim.asks_a_person() {
        let (terminal, stopped) = Terminal::open();
        return (terminal, stopped);
    }
    (Arc::new(Nobody), watch::channel(false).1)
}

/// Why there is no embedded target.
fn no_embedded(error: &EmbeddedError) -> Failure {
    match error {
        EmbeddedError::Profile(_) => Failure::new(Outcome::Harness, error),
        EmbeddedError::Start(_) | EmbeddedError::Spawn(_) | EmbeddedError::Apart(_) => {
            Failure::environment(whole(error))
        }
    }
}

/// What the process comes to. A folder that could be written when the run began is no mistake of the person who named it.
fn failure(error: RunError) -> Failure {
    match error {
        RunError::Profile(_) => Failure::usage(error),
        RunError::Folder(_) => Failure::environment(error),
        RunError::Report(_) => Failure::new(Outcome::Harness, error),
    }
}

/// Where deliveries are received: as the profile has registered it, or at a place that nobody can guess.
fn webhook(aim: &Aim) -> (SocketAddr, String) {
    match aim.target().and_then(|target| target.webhook.as_ref()) {
        Some(webhook) => {
            let url = webhook.public_url.url();
            (webhook.listen.0, url[Position::BeforePath..Position::AfterQuery].to_owned())
        }
        None => (SocketAddr::from(([127, 0, 0, 1], 0)), embedded::webhook_target()),
    }
}

/// Tells beforehand that nothing can arrive where the profile neither gives a webhook nor says that there is none.
pub(super) fn note_on_webhook(aim: &Aim, output: &mut Output<'_>) {
    if let Some(target) = aim.target()
        && target.have("webhook") == Have::Unsaid
    {
        output.tell(&format!(
            "note: the profile gives `{}` no `webhook`: nothing is registered for this run, so what needs a delivery \
             cannot run; add `webhook = {{ listen = …, public_url = … }}` as Matchouse has it",
            target.name
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_not_coming_to_a_report_has_its_exit_code() {
        let code = |error| failure(error).outcome.code();
        let why = || "why".to_owned();
        assert_eq!(code(RunError::Profile(why())), 2);
        assert_eq!(code(RunError::Folder(why())), 4);
        assert_eq!(code(RunError::Report(why())), 5);
    }
}
