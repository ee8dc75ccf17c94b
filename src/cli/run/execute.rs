use std::path::Path;

use super::ready::Ready;
use crate::{
    cli::{
        Output,
        failure::Failure,
        files::runs_at_once,
        progress::progress,
        staged::{Housing, Made, Taken, in_folder, note_on_webhook},
    },
    run,
};

/// Runs what is ready, in a folder of its own: `out`, or a new one.
pub(in crate::cli) fn execute(
    ready: Ready,
    out: Option<&Path>,
    no_progress: bool,
    output: &mut Output<'_>,
) -> Result<Made, Failure> {
    runs_at_once(1)?;
    // Most of a run is waiting: two threads serve it well.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment(format!("no threads for the run: {error}")))?;
    let taken = Taken::folder(out)?;
    let folder = taken.path().to_owned();
    if !no_progress {
        output.tell(&format!("run folder {}", folder.display()));
    }
    let Ready { aim, plan, options } = ready;
    note_on_webhook(&aim, output);
    // A bar would be drawn over what a person is asked.
    let no_bar = no_progress || aim.asks_a_person();
    let progress = progress(output, no_bar, plan.scenarios.len(), "scenarios");
    let job =
        async |session, aim: run::Aim<'_>, ending| run::run(session, aim, plan, options, &*progress, ending).await;
    let report = runtime.block_on(in_folder(aim, taken, Housing::Inside, &*progress, job))?;
    Ok(Made { report, folder })
}
