use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    thread::{self, JoinHandle},
};

use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::{self, Handle},
    sync::{mpsc, oneshot},
};

use super::{
    Receiver, Settings, Shared,
    door::{Door, Knocks, Order},
    index::Index,
    keys::Keys,
    ledger::Ledger,
    probe::Probes,
};
use crate::timer::Timer;

/// Many deliveries at once must not meet a full backlog; the system may allow less.
pub(super) const BACKLOG: u32 = 4096;

/// Why a receiver could not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Something else listens there.
    #[error("the receiver cannot listen on {address}: the port is taken; stop what listens there or choose another")]
    Taken {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The process may not listen there.
    #[error("the receiver may not listen on {address}; choose a port from 1024 on, or give the process the right")]
    NotAllowed {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address is not one of this machine.
    #[error("the receiver cannot listen on {address}: this machine has no such address; 0.0.0.0 stands for all it has")]
    NotHere {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("the receiver cannot listen on {address}: {source}")]
    Other {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl StartError {
    fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => StartError::Taken { address },
            io::ErrorKind::PermissionDenied => StartError::NotAllowed { address },
            io::ErrorKind::AddrNotAvailable => StartError::NotHere { address },
            _ => StartError::Other { address, source },
        }
    }
}

/// The thread that serves the port. It is its own: what else the process has to do must not hold an answer up, nor let the end of an
/// attempt be seen after the begin of the next.
pub(super) struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    runtime: Handle,
}

impl Server {
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // What is open then is given up. One that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

/// What a receiver shares with the thread that serves it.
struct Opened {
    shared: Arc<Shared>,
    address: SocketAddr,
    orders: mpsc::Sender<Order>,
    runtime: Handle,
}

pub(super) fn start(settings: Settings) -> Result<Receiver, StartError> {
    let address = settings.listen;
    let failed = move |source| StartError::new(address, source);
    let (tell, told) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let serving = move || {
        let opening = runtime::Builder::new_current_thread().enable_all().build().map_err(failed);
        // Whoever starts us waits for this, so it is heard.
        let _ = match opening {
            Ok(runtime) => runtime.block_on(serve(settings, &tell, stopped)),
            Err(error) => tell.send(Err(error)),
        };
    };
    let thread = thread::Builder::new().name("receiver".to_owned()).spawn(serving).map_err(failed)?;
    let opened = told.recv().unwrap_or_else(|_| Err(failed(io::ErrorKind::BrokenPipe.into())));
    let (stop, thread) = (Some(stop), Some(thread));
    opened.map(|Opened { shared, address, orders, runtime }| Receiver {
        shared,
        address,
        orders,
        disturbance: None.into(),
        server: Server { stop, thread, runtime },
    })
}

type Told = Result<Opened, StartError>;

/// Opens both doors, tells of it, and serves them until it is stopped.
async fn serve(
    settings: Settings,
    tell: &std::sync::mpsc::Sender<Told>,
    stopped: oneshot::Receiver<()>,
) -> Result<(), std::sync::mpsc::SendError<Told>> {
    let open = || Ok((listen(settings.listen)?, listen(SocketAddr::new(settings.listen.ip(), 0))?));
    let ((webhook, address), (canary, canary_address)) = match open() {
        Ok(both) => both,
        Err(error) => return tell.send(Err(error)),
    };
    let shared = Arc::new(Shared {
        target: settings.target,
        canary: canary_address,
        ledger: Ledger::new(settings.recorder.now_ms()),
        recorder: settings.recorder,
        vault: settings.vault,
        timer: Arc::new(Timer::start()),
        index: Index::default().into(),
        unrecorded: None.into(),
        strangers: None.into(),
        strangers_told: 0.into(),
        keys: Keys::default(),
        probes: Probes::default(),
        knocks: Knocks::default(),
    });
    let (orders, taken) = mpsc::channel(1);
    // Nobody gives the canary's door orders.
    let (_, none) = mpsc::channel(1);
    let webhook = Door::new(webhook, address, Arc::clone(&shared), false).serve(taken);
    let canary = Door::new(canary, canary_address, Arc::clone(&shared), true).serve(none);
    tell.send(Ok(Opened { shared, address, orders, runtime: Handle::current() }))?;
    tokio::select! {
        () = webhook => {}
        () = canary => {}
        _ = stopped => {}
    }
    Ok(())
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let open = || {
        let listener = bound(address)?.listen(BACKLOG)?;
        let local = listener.local_addr()?;
        Ok((listener, local))
    };
    open().map_err(|source| StartError::new(address, source))
}

/// A socket that has an address and does not listen yet.
pub(super) fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Unix this allows a port that a run before has just left; elsewhere it would allow to steal one in use.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
