use std::{path::Path, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Aim, Options, RunError, finish, preflight, prepare,
    progress::Progress,
    saved::{self, ConcludeError, Saved, SavedScenario},
    session::Session,
};
use crate::{
    evidence::{End, Ending, Record},
    plan::Plan,
    report::{Report, load::LoadResult},
    step::Shared,
    verdict::Judgement,
};

/// The file in a run folder that says what load was planned, and what came of it.
const LOADS: &str = "load.json";

/// What a run folder has to say of load.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Loads {
    /// The scenarios.
    pub scenarios: Vec<SavedScenario>,
    /// What their requirements came to.
    pub judgements: Vec<Judgement>,
    /// What they came to, thresholds and figures.
    pub results: Vec<LoadResult>,
}

impl Loads {
    /// What a run folder says; nothing where it says nothing of load.
    pub(super) fn read(folder: &Path) -> Result<Self, ConcludeError> {
        let file = folder.join(LOADS);
        let Ok(bytes) = std::fs::read(&file) else { return Ok(Self::default()) };
        serde_json::from_slice(&bytes)
            .map_err(|error| ConcludeError::NoRun(format!("{} cannot be read: {error}", file.display())))
    }
}

/// Writes what is known of load into the run's folder.
pub(crate) fn write(session: &Session, loads: &Loads) -> Result<(), RunError> {
    // Plain data with text keys always has a JSON form.
    let bytes = serde_json::to_vec(loads).unwrap_or_default();
    session.folder().write(LOADS, bytes).map_err(|error| RunError::Folder(error.to_string()))
}

/// Writes down what is planned, and finds out whether the target can be spoken to, as every run does before anything else.
/// `authenticates` says whether the run uses the profile's credentials: one that does not spends none on a preflight.
/// The inner error is why nothing could be judged, for a reader.
///
/// # Errors
///
/// The profile names something that cannot be used, or the folder cannot be written.
pub(crate) async fn ready(
    session: &Session,
    aim: Aim<'_>,
    plan: &Plan,
    options: Options,
    authenticates: bool,
    progress: &dyn Progress,
) -> Result<Result<Arc<Shared>, String>, RunError> {
    let target = aim.target;
    let prepared = prepare::prepare(session, aim, options)?;
    let saved = Saved::of(plan, target, &prepared.dialect, options, session.began());
    session.folder().write(saved::PLAN, saved.to_bytes()).map_err(|error| RunError::Folder(error.to_string()))?;
    if !authenticates {
        return Ok(Ok(prepared.into()));
    }
    Ok(preflight::preflight(prepared, progress).await)
}

/// Ends a run, and makes its report from what its folder says.
///
/// # Errors
///
/// The folder cannot be written or read.
pub(crate) async fn close(session: Session, how: Ending, detail: Option<String>) -> Result<Report, RunError> {
    session.recorder().record(Record::End(End { at_ms: session.recorder().now_ms(), how, detail }));
    finish::finish(session).await
}
