use crate::{
    cli::{Output, failure::Failure, signals},
    load,
    verdict::Outcome,
};

/// Finds out what this machine can send, and says it.
pub(super) fn calibrate(output: &mut Output<'_>) -> Result<Outcome, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment(format!("no event loop for the load: {error}")))?;
    output.tell("finding out what this machine can send, for about ten seconds; stop what else runs on it");
    let (found, is_interrupted) = runtime.block_on(async {
        let interrupted = signals::interrupted()
            .map_err(|error| Failure::environment(format!("Ctrl-C cannot be listened for: {error}")))?;
        let found = load::calibrate(interrupted.clone()).await.map_err(Failure::environment)?;
        let is_interrupted = *interrupted.borrow();
        Ok((found, is_interrupted))
    })?;
    if is_interrupted {
        return Ok(Outcome::Interrupted);
    }
    output.say(&found.to_string());
    Ok(Outcome::Conforms)
}
