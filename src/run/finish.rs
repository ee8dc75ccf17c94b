use std::path::Path;

use super::{
    RunError,
    conclude::{Searched, conclude_with},
    session::Session,
};
use crate::{
    journal::{self, Folder},
    report::{FORMATS, Report},
    secret::Vault,
};

/// Closes a session and puts its report into its folder, in every form.
///
/// Every artefact is searched for every secret of the run; one that is found makes the run a harness fault.
///
/// # Errors
///
/// The folder cannot be written or read.
pub(super) async fn finish(session: Session) -> Result<Report, RunError> {
    // It is work, and a thread at work answers nobody: what has just reached another run's receiver would wait for it.
    let working = tokio::task::spawn_blocking(move || close_and_report(session));
    working.await.unwrap_or_else(|error| Err(RunError::Report(format!("the work on it broke off: {error}"))))
}

fn close_and_report(session: Session) -> Result<Report, RunError> {
    let (folder, vault) = session.close().map_err(|error| RunError::Folder(error.to_string()))?;
    let mut report = write_report(&folder, &Searched::default())?;
    let searched = search(folder.path(), &vault)?;
    if searched != Searched::default() {
        report = write_report(&folder, &searched)?;
    }
    let (name, bytes) = searched.to_file();
    folder.write(name, bytes).map_err(|error| RunError::Folder(error.to_string()))?;
    Ok(report)
}

fn write_report(folder: &Folder, searched: &Searched) -> Result<Report, RunError> {
    let report = conclude_with(folder.path(), Some(searched)).map_err(|error| RunError::Report(error.to_string()))?;
    for format in FORMATS {
        let bytes = (format.render)(&report).map_err(|error| RunError::Report(error.to_string()))?;
        folder.write(format.file, bytes).map_err(|error| RunError::Folder(error.to_string()))?;
    }
    Ok(report)
}

fn search(folder: &Path, vault: &Vault) -> Result<Searched, RunError> {
    let found = journal::search(folder, vault).map_err(|error| RunError::Folder(error.to_string()))?;
    let leaks = found.leaks.iter().map(|leak| {
        format!("{} at byte {}, {} ({})", leak.file.display(), leak.offset, leak.fingerprint, leak.encoding.word())
    });
    Ok(Searched { leaks: leaks.collect(), too_short: found.unsearched })
}
