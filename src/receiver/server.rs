use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinSet,
    time::sleep,
};

use super::{
    Receiver, Settings, Shared, connection::Connection, index::Index, keys::Keys, ledger::Ledger, probe::Probes,
};

/// Many deliveries at once must not meet a full backlog; the system may allow less.
const BACKLOG: u32 = 4096;
/// How long to wait with the next `accept` when the system has no room for another connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

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

pub(super) fn start(settings: Settings) -> Result<Receiver, StartError> {
    let (webhook, address) = listen(settings.listen)?;
    let (canary, canary_address) = listen(SocketAddr::new(settings.listen.ip(), 0))?;
    let shared = Arc::new(Shared {
        target: settings.target,
        canary: canary_address,
        ledger: Ledger::new(settings.recorder.now_ms()),
        recorder: settings.recorder,
        vault: settings.vault,
        index: Index::default().into(),
        unrecorded: None.into(),
        keys: Keys::default(),
        probes: Probes::default(),
    });
    let mut listeners = JoinSet::new();
    listeners.spawn(accept(webhook, Arc::clone(&shared), false));
    listeners.spawn(accept(canary, Arc::clone(&shared), true));
    Ok(Receiver { shared, address, _listeners: listeners })
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let open = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // On Unix this allows a port that a run before has just left; elsewhere it would allow to steal one in use.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let local = listener.local_addr()?;
        Ok((listener, local))
    };
    open().map_err(|source| StartError::new(address, source))
}

/// Serves every connection that comes. The connections end with this future, for it owns their tasks.
async fn accept(listener: TcpListener, shared: Arc<Shared>, canary: bool) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let connection = Connection::new(Arc::clone(&shared), stream, peer, canary);
                    connections.spawn(connection.serve());
                }
                // A connection that broke before it was taken, or no room for another: the next may do.
                Err(_) => sleep(ACCEPT_AGAIN).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
