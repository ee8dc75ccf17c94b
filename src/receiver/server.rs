use std::{io, net::SocketAddr, sync::Arc};

use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::mpsc,
    task::JoinSet,
};

use super::{
    Receiver, Settings, Shared,
    door::{Door, Knocks},
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

pub(super) fn start(settings: Settings) -> Result<Receiver, StartError> {
    let (webhook, address) = listen(settings.listen)?;
    let (canary, canary_address) = listen(SocketAddr::new(settings.listen.ip(), 0))?;
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
    let mut listeners = JoinSet::new();
    let (orders, taken) = mpsc::channel(1);
    // Nobody gives the canary's door orders.
    let (_, none) = mpsc::channel(1);
    listeners.spawn(Door::new(webhook, address, Arc::clone(&shared), false).serve(taken));
    listeners.spawn(Door::new(canary, canary_address, Arc::clone(&shared), true).serve(none));
    Ok(Receiver { shared, address, orders, disturbance: None.into(), _listeners: listeners })
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
