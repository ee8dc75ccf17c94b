use super::{Arguments, ready::Ready};
use crate::{
    cli::{
        Output,
        failure::Failure,
        progress::progress,
        staged::{Housing, Made, Taken, in_folder, note_on_webhook},
    },
    load, run,
};

/// Runs what is ready, in a folder of its own.
pub(super) fn execute(ready: Ready, arguments: &Arguments, output: &mut Output<'_>) -> Result<Made, Failure> {
    // One thread sends: handing requests between threads costs more than it gains.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment(format!("no event loop for the load: {error}")))?;
    let taken = Taken::folder(arguments.out.as_deref())?;
    let folder = taken.path().to_owned();
    if !arguments.no_progress {
        output.tell(&format!("run folder {}", folder.display()));
    }
    let Ready { aim, plan, options } = ready;
    if let Some(address) = options.dashboard {
        output.tell(&format!("dashboard at http://{address}/"));
    }
    if plan.scenarios.iter().any(|planned| planned.needs().contains("webhook")) {
        note_on_webhook(&aim, output);
    }
    let progress = progress(output, arguments.no_progress, plan.scenarios.len(), "scenarios");
    let job =
        async |session, aim: run::Aim<'_>, ending| load::run(session, aim, plan, options, &*progress, ending).await;
    let report = runtime.block_on(in_folder(aim, taken, Housing::Apart, &*progress, job))?;
    Ok(Made { report, folder })
}
