//! A conformance run: preflight, phases, the quiet window, and what is made of them.
//!
//! A run writes what it sees into a folder as it sees it, and its report is made from that folder alone: judging the folder
//! again gives the same report.

mod agencies;
mod conclude;
mod finish;
mod held_up;
mod lacking;
mod loads;
mod phases;
mod preflight;
mod prepare;
mod progress;
mod quiet;
mod removal;
mod saved;
mod session;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    agency::Person,
    evidence::{End, Ending, Record},
    mailbox::Mailbox,
    plan::Plan,
    profile::{Resolved, Target},
    receiver::Receiver,
    report::{Report, Score},
};

pub use conclude::{Searched, conclude};
pub use lacking::lacking;
pub use loads::Loads;
pub use preflight::cost as preflight_cost;
pub use prepare::{check, mailbox, terms_of};
pub use progress::{Progress, Silent};
pub use saved::{ConcludeError, Saved, SavedScenario};

pub(crate) use lacking::unmet;
pub(crate) use loads::{close, ready, write};
pub use session::{Session, SessionError};

/// How a run is bounded and judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Whether a broken `should` fails.
    pub strict: bool,
    /// How long the whole run may take.
    pub run_budget: Duration,
    /// How long one step may take.
    pub step_budget: Duration,
    /// How long the quiet window may be at most.
    pub quiet_at_most: Duration,
    /// What a selftest of this version came to, for the report to carry.
    pub score: Option<Score>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict: false,
            run_budget: Duration::from_mins(30),
            step_budget: Duration::from_mins(5),
            quiet_at_most: Duration::from_mins(3),
            score: None,
        }
    }
}

/// Why a run did not come to a report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The profile names something that cannot be used.
    #[error("{0}")]
    Profile(String),
    /// The run folder, which could be written when the run began, cannot be written or read any more.
    #[error("{0}")]
    Folder(String),
    /// The run took place, and its report could not be made of what it left.
    #[error("{0}")]
    Report(String),
}

/// What a run is pointed at.
pub struct Aim<'a> {
    /// The target.
    pub target: &'a Target,
    /// The credentials for it.
    pub credentials: Resolved,
    /// Where it delivers.
    pub receiver: Receiver,
    /// Where it writes to the developer, where the profile has a mailbox.
    pub mailbox: Option<Mailbox>,
    /// Who is asked where the profile lets a person play the agencies.
    pub person: Arc<dyn Person>,
}

/// Runs a plan against a target, leaves all that it saw in the session's folder, and gives the report made of that.
///
/// `interrupted` turns true when the run is to end with what it knows.
///
/// # Errors
///
/// What keeps the run from beginning, or its report from being written. What goes wrong between is evidence.
pub async fn run(
    session: Session,
    aim: Aim<'_>,
    plan: Plan,
    options: Options,
    progress: &dyn Progress,
    mut interrupted: watch::Receiver<bool>,
) -> Result<Report, RunError> {
    let target = aim.target;
    let watch = held_up::Watch::start(session.recorder().clone(), aim.receiver.runtime());
    let prepared = prepare::prepare(&session, aim, options)?;
    let saved = Saved::of(&plan, target, &prepared.dialect, options, session.began());
    let agency = prepared.agency.clone();
    session.folder().write(saved::PLAN, saved.to_bytes()).map_err(|error| RunError::Folder(error.to_string()))?;
    let reached = OnceLock::new();
    let whole = async {
        match preflight::preflight(prepared, progress).await {
            Ok(shared) => {
                let shared = reached.get_or_init(|| shared);
                phases::run_all(shared, &plan, target, options, saved.seed, progress).await;
                (Ending::Complete, None)
            }
            Err(reason) => (Ending::Environment, Some(reason)),
        }
    };
    let (how, detail) = tokio::select! {
        ended = agency.within(options.run_budget, whole) => ended.unwrap_or_else(|| {
            (Ending::CutShort, Some(format!("the run took longer than it may ({} s)", options.run_budget.as_secs())))
        }),
        _ = interrupted.wait_for(|interrupted| *interrupted) => (Ending::Interrupted, None),
    };
    if let Some(shared) = reached.get() {
        removal::remove(shared, &mut interrupted, progress).await;
    }
    watch.stop();
    // The report is made of what is on disk: nothing more is taken, and what was held for the steps is not held beside it.
    drop(reached);
    session.recorder().record(Record::End(End { at_ms: session.recorder().now_ms(), how, detail }));
    finish::finish(session).await
}

/// The default place of run folders.
#[must_use]
pub fn default_parent() -> &'static Path {
    Path::new(".matchproof")
}
