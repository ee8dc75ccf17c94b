use std::io;

use tokio::sync::watch;

use crate::verdict::Outcome;

/// Turns true at the first Ctrl-C, or when the system asks the process to end. The second ends the process at once.
///
/// Until this is called either ends the process, as is usual.
///
/// # Errors
///
/// The system does not let us listen for it.
///
/// # Panics
///
/// Outside of a runtime.
pub(super) fn interrupted() -> io::Result<watch::Receiver<bool>> {
    let mut requests = Requests::listen()?;
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        requests.next().await;
        // Whoever listened may have come to its end in this very moment.
        let _ = tell.send(true);
        requests.next().await;
        end_at_once();
    });
    Ok(told)
}

/// The system's requests to end.
#[cfg(unix)]
struct Requests {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Requests {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The system's requests to end.
#[cfg(windows)]
struct Requests(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Requests {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}

#[expect(clippy::exit, reason = "whoever asks twice will not wait for anything to be put in order")]
fn end_at_once() -> ! {
    std::process::exit(i32::from(Outcome::Interrupted.code()))
}
