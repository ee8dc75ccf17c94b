use std::time::Duration;

use tokio::{
    io::Interest,
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{Act, Fault};
use crate::{evidence::Ended, receiver::exchange::LONGEST_HOLD};

/// How often it is looked whether the sender has left: what is never read cannot tell by itself.
const LOOK: Duration = Duration::from_millis(2);

pub(super) const FAULT: Fault = Fault {
    name: "never-read",
    summary: "accepts a connection and reads nothing until the sender gives up, at most 190 s",
    connection_fault: false,
    arguments: &[],
    statuses: &[],
    act: Act::Connection(|stream| {
        Box::pin(async move { timeout(LONGEST_HOLD, left(&stream)).await.unwrap_or(Ended::WeClosed) })
    }),
};

/// Waits until the peer closes or resets.
async fn left(stream: &TcpStream) -> Ended {
    loop {
        match stream.ready(Interest::READABLE).await {
            Ok(ready) if !ready.is_read_closed() => sleep(LOOK).await,
            Ok(_) if matches!(stream.take_error(), Ok(None)) => return Ended::PeerClosed,
            _ => return Ended::PeerReset,
        }
    }
}
