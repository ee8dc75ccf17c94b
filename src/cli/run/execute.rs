use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::pin,
};

use tokio::sync::watch;
use url::Position;

use super::{Arguments, aim::Aim, ready::Ready};
use crate::{
    cli::{
        Output,
        failure::{Failure, whole},
        progress::progress,
        signals,
    },
    embedded::{self, EmbeddedError},
    journal::Folder,
    plan::Plan,
    profile::{Have, Resolved, Target},
    receiver::{Receiver, Settings},
    report::Report,
    run::{self, Options, Progress, RunError, Session},
    simulator::Behaviour,
    verdict::Outcome,
};

/// What a run left.
pub(super) struct Made {
    pub(super) report: Report,
    pub(super) folder: PathBuf,
}

/// Runs what is ready, in a folder of its own.
pub(super) fn execute(ready: Ready, arguments: &Arguments, output: &mut Output<'_>) -> Result<Made, Failure> {
    // Most of a run is waiting: two threads serve it well.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment(format!("no threads for the run: {error}")))?;
    let taken = Taken::folder(arguments.out.as_deref())?;
    let folder = taken.folder.path().to_owned();
    if !arguments.no_progress {
        output.tell(&format!("run folder {}", folder.display()));
    }
    note_on_webhook(&ready.aim, output);
    let progress = progress(output, arguments.no_progress, ready.plan.scenarios.len(), "scenarios");
    let report = runtime.block_on(in_folder(ready, taken, &*progress))?;
    Ok(Made { report, folder })
}

async fn in_folder(ready: Ready, taken: Taken, progress: &dyn Progress) -> Result<Report, Failure> {
    let interrupted = signals::interrupted()
        .map_err(|error| Failure::environment(format!("Ctrl-C cannot be listened for: {error}")))?;
    let session = Session::begin(taken.folder.clone()).map_err(Failure::usage)?;
    match Staged::set(ready.aim, &session).await {
        Ok(staged) => staged.run(session, ready.plan, ready.options, progress, interrupted).await,
        Err(failure) => {
            // Nothing was sent, so nothing is to be kept: the same command must find the folder as it was.
            drop(session.discard());
            taken.give_back();
            Err(failure)
        }
    }
}

/// A folder that is taken for a run.
struct Taken {
    folder: Folder,
    new: bool,
}

impl Taken {
    fn folder(asked: Option<&Path>) -> Result<Self, Failure> {
        let new = asked.is_none_or(|path| !path.exists());
        let folder = match asked {
            Some(path) => Folder::create(path),
            None => Folder::fresh_under(run::default_parent(), jiff::Timestamp::now()),
        };
        Ok(Self { folder: folder.map_err(Failure::usage)?, new })
    }

    /// Removes a folder that we made, if there is nothing in it.
    fn give_back(&self) {
        if self.new {
            let _ = std::fs::remove_dir(self.folder.path());
        }
    }
}

/// Everything that a run needs around it, started.
struct Staged {
    receiver: Receiver,
    target: Target,
    credentials: Resolved,
    /// Runs as long as it is held.
    _simulator: Option<crate::simulator::Simulator>,
}

impl Staged {
    async fn set(aim: Aim, session: &Session) -> Result<Self, Failure> {
        let (listen, path) = webhook(&aim);
        let receiver = Receiver::start(Settings {
            listen,
            target: path,
            recorder: session.recorder().clone(),
            vault: session.vault().clone(),
        });
        let receiver = receiver.await.map_err(Failure::environment)?;
        match aim {
            Aim::Profile(chosen) => {
                let (target, credentials) = *chosen;
                Ok(Self { receiver, target, credentials, _simulator: None })
            }
            Aim::Embedded => {
                let pins = embedded::Pins::default();
                let embedded = embedded::start(&receiver.url(), Behaviour::brisk(), rand::random(), &pins);
                let embedded = embedded.map_err(|error| no_embedded(&error))?;
                let (target, credentials) = (embedded.target, embedded.credentials);
                Ok(Self { receiver, target, credentials, _simulator: Some(embedded.simulator) })
            }
        }
    }

    async fn run(
        self,
        session: Session,
        plan: Plan,
        options: Options,
        progress: &dyn Progress,
        mut interrupted: watch::Receiver<bool>,
    ) -> Result<Report, Failure> {
        let Self { receiver, target, credentials, _simulator } = self;
        let (end, ending) = watch::channel(false);
        let mut run = pin!(run::run(
            session,
            run::Aim { target: &target, credentials, receiver },
            plan,
            options,
            progress,
            ending
        ));
        let ended = tokio::select! {
            ended = &mut run => ended,
            _ = interrupted.wait_for(|interrupted| *interrupted) => {
                // Putting the report together takes its time, so a person is told before it begins.
                progress.phase("interrupted: ending with what is known; once more ends at once");
                // The run listens as long as it is not over.
                let _ = end.send(true);
                run.await
            }
        };
        ended.map_err(failure)
    }
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

fn note_on_webhook(aim: &Aim, output: &mut Output<'_>) {
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
