use std::{
    io,
    sync::{Mutex, OnceLock, PoisonError},
};

use tokio::sync::watch;

use crate::verdict::Outcome;

/// Whether the process was asked to end. There is one for the whole process, as there is one Ctrl-C.
static ASKED: OnceLock<watch::Sender<bool>> = OnceLock::new();

/// Turns true at the first Ctrl-C, or when the system asks the process to end. The second ends the process at once.
///
/// Until this is called either ends the process, as is usual. Ctrl-C is taken with the `ctrlc` crate, and before goose
/// starts: goose asks the same crate for it, which grants it once, so that goose goes without.
///
/// # Errors
///
/// The system does not let us listen for it.
///
/// # Panics
///
/// Outside of a runtime.
pub(super) fn interrupted() -> io::Result<watch::Receiver<bool>> {
    let asked = taken()?;
    listen_for_terminate(asked)?;
    Ok(asked.subscribe())
}

/// Takes Ctrl-C, unless that was done before.
fn taken() -> io::Result<&'static watch::Sender<bool>> {
    static TAKING: Mutex<()> = Mutex::new(());
    // Two threads at a time would both try, and one be refused.
    let _taking = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(asked) = ASKED.get() {
        return Ok(asked);
    }
    ctrlc::set_handler(|| {
        if let Some(asked) = ASKED.get() {
            ask(asked);
        }
    })
    .map_err(io::Error::other)?;
    Ok(ASKED.get_or_init(|| watch::Sender::new(false)))
}

/// Listens for the system's own request, which goose leaves alone. What a hang-up does stays the caller's choice, so that
/// `nohup` works.
#[cfg(unix)]
fn listen_for_terminate(asked: &'static watch::Sender<bool>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        while terminate.recv().await.is_some() {
            ask(asked);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn listen_for_terminate(_: &'static watch::Sender<bool>) -> io::Result<()> {
    Ok(())
}

fn ask(asked: &watch::Sender<bool>) {
    if asked.send_replace(true) {
        end_at_once();
    }
}

#[expect(clippy::exit, reason = "whoever asks twice will not wait for anything to be put in order")]
fn end_at_once() -> ! {
    std::process::exit(i32::from(Outcome::Interrupted.code()))
}
