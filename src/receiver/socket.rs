use std::{io, sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{evidence::Ended, timer::Timer};

/// The most bytes that are read ahead while a request is being answered.
const READ_AHEAD: usize = 256 * 1024;
/// How long a peer may take to take in one piece of an answer.
const WRITE_WITHIN: Duration = Duration::from_secs(190);
/// How long, and how much, is read after our own FIN, so that the peer gets our answer and no RST.
const LINGER_WITHIN: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// The peer is no longer there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Gone {
    /// It closed (FIN).
    Closed,
    /// It reset the connection (RST).
    Reset,
}

impl From<Gone> for Ended {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Closed => Ended::PeerClosed,
            Gone::Reset => Ended::PeerReset,
        }
    }
}

impl From<io::Error> for Gone {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // Writing after the peer's FIN was answered by its RST: it was the close that ended the exchange.
            io::ErrorKind::BrokenPipe => Gone::Closed,
            _ => Gone::Reset,
        }
    }
}

/// One connection with what was read from it ahead of its use.
pub(super) struct Socket {
    /// Nothing once we have reset it.
    stream: Option<TcpStream>,
    timer: Arc<Timer>,
    pub(super) buffer: BytesMut,
    /// When the bytes that were read last came.
    pub(super) last_read: Instant,
    /// When the first byte of what is now in the buffer came.
    pub(super) first_read: Instant,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, timer: Arc<Timer>) -> Self {
        // Without it a dripped byte would wait for the peer's acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let now = Instant::now();
        Self { stream: Some(stream), timer, buffer: BytesMut::new(), last_read: now, first_read: now }
    }

    /// Waits for more bytes and puts them into the buffer.
    pub(super) async fn fill(&mut self) -> Result<(), Gone> {
        let stream = self.stream.as_mut().ok_or(Gone::Reset)?;
        let was_empty = self.buffer.is_empty();
        self.buffer.reserve(16 * 1024);
        let read = stream.read_buf(&mut self.buffer).await?;
        if read == 0 {
            return Err(Gone::Closed);
        }
        self.last_read = Instant::now();
        if was_empty {
            self.first_read = self.last_read;
        }
        Ok(())
    }

    /// What is left in the buffer belongs to the next request.
    pub(super) fn next_request(&mut self) {
        self.first_read = self.last_read;
    }

    /// Waits, and meanwhile sees at once when the peer leaves.
    pub(super) async fn pause(&mut self, length: Duration) -> Result<(), Gone> {
        if length.is_zero() {
            return Ok(());
        }
        let (timer, until) = (Arc::clone(&self.timer), Instant::now() + length);
        tokio::select! {
            gone = self.leave() => Err(gone),
            () = timer.until(until.into()) => Ok(()),
        }
    }

    async fn leave(&mut self) -> Gone {
        loop {
            if self.buffer.len() > READ_AHEAD {
                // A peer that sends on without reading has not left, and its FIN would stand behind all that.
                return std::future::pending().await;
            }
            if let Err(gone) = self.fill().await {
                return gone;
            }
        }
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        let stream = self.stream.as_mut().ok_or(Gone::Reset)?;
        match timeout(WRITE_WITHIN, stream.write_all(bytes)).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(Gone::Closed),
        }
    }

    /// Sends our FIN.
    pub(super) async fn finish(&mut self) {
        if let Some(stream) = &mut self.stream {
            let _ = stream.shutdown().await;
        }
    }

    /// Ends the connection with a RST.
    pub(super) fn reset(&mut self) {
        if let Some(stream) = self.stream.take() {
            let _ = stream.set_zero_linger();
        }
    }

    /// Sends our FIN and reads on for a while: closing with unread bytes would be a RST (RFC 9112 §9.6).
    pub(super) async fn close(mut self) {
        self.finish().await;
        let drain = async {
            let mut drained = 0;
            while drained < LINGER_BYTES && self.fill().await.is_ok() {
                drained += self.buffer.len();
                self.buffer.clear();
            }
        };
        let _ = timeout(LINGER_WITHIN, drain).await;
    }
}
