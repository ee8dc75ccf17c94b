//! A server that does next to nothing: it finds where each request ends, and answers all of them with the same bytes.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    thread,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

const ANSWER: &[u8] =
    b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"id\":\"12\"}";
/// The end of a request's head.
const BLANK: &[u8] = b"\r\n\r\n";

/// A server on a thread of its own, which ends when this is dropped.
pub(super) struct Server {
    /// Where it listens.
    pub(super) address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Server {
    /// Starts it on a free port of the loopback.
    pub(super) fn start() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new().name("calibrate".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = serve(listener) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, _stop: stop })
    }
}

async fn serve(listener: std::net::TcpListener) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(talk(stream));
    }
}

async fn talk(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut text = Vec::with_capacity(8192);
    while stream.read_buf(&mut text).await? > 0 {
        while let Some(length) = request(&text).filter(|length| *length <= text.len()) {
            text.drain(..length);
            stream.write_all(ANSWER).await?;
        }
    }
    Ok(())
}

/// How long the first request is, once its head is there.
fn request(text: &[u8]) -> Option<usize> {
    let head = text.windows(BLANK.len()).position(|window| window == BLANK)?;
    let mut lines = std::str::from_utf8(&text[..head]).ok()?.split("\r\n").filter_map(|line| line.split_once(':'));
    let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Some(head + BLANK.len() + length.map_or(0, |(_, length)| length.trim().parse().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_ends_with_its_body() {
        assert_eq!(request(b"POST / HTTP/1.1\r\nHost: a\r\n"), None);
        assert_eq!(request(b"GET / HTTP/1.1\r\n\r\nGET"), Some(18));
        assert_eq!(request(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST"), Some(41));
    }
}
