use std::{net::SocketAddr, time::Duration};

use tokio::{net::TcpStream, time::timeout};

use super::{Act, Fault, Held};
use crate::receiver::{reachable, server::bound};

/// A connection that is not made by then finds no room. On the same machine it takes far less.
const MADE_WITHIN: Duration = Duration::from_millis(200);
/// No system gives a backlog of 1 more room than this.
const MOST: usize = 64;

pub(super) const FAULT: Fault = Fault {
    name: "backlog-full",
    summary: "accepts nothing while the port's queue is full, so that a connection is neither made nor refused",
    connection_fault: true,
    arguments: &[],
    statuses: &[],
    act: Act::Port(|address| {
        Box::pin(async move {
            let listener = bound(address)?.listen(1)?;
            Ok(Box::new((listener, filled(reachable(address)).await)) as Held)
        })
    }),
};

/// Connections of our own that fill the queue; they hold it as long as they live.
async fn filled(address: SocketAddr) -> Vec<TcpStream> {
    let mut held = Vec::new();
    while held.len() < MOST {
        let Ok(Ok(stream)) = timeout(MADE_WITHIN, TcpStream::connect(address)).await else { break };
        held.push(stream);
    }
    held
}
