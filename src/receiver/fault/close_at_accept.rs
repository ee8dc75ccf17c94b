use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::{Act, Fault};
use crate::evidence::Ended;

/// How long what still comes is read after our FIN: closing with unread bytes would be a RST (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);

pub(super) const FAULT: Fault = Fault {
    name: "close-at-accept",
    summary: "accepts a connection and closes it (FIN) at once",
    connection_fault: true,
    arguments: &[],
    statuses: &[],
    act: Act::Connection(|mut stream| {
        Box::pin(async move {
            let _ = stream.shutdown().await;
            let mut unread = [0; 4096];
            let drained = async { while matches!(stream.read(&mut unread).await, Ok(read) if read > 0) {} };
            let _ = timeout(LINGER, drained).await;
            Ended::WeClosed
        })
    }),
};
