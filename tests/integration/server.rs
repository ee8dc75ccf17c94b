//! Servers that are no Matchouse.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

/// A server of a test: where it is, and a word for each request that came.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Receiver<String>,
}

impl Server {
    /// Answers every request with this status and body.
    pub(crate) fn answering(status: &'static str, body: &'static str) -> Self {
        Self::serving(move |stream, tell| {
            let mut reader = BufReader::new(stream.try_clone()?);
            let request = request(&mut reader)?;
            let length = body.len();
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")?;
            drop(tell.send(request));
            Ok(())
        })
    }

    /// Takes every request and answers none.
    pub(crate) fn silent() -> Self {
        Self::serving(|stream, tell| {
            let mut reader = BufReader::new(stream.try_clone()?);
            drop(tell.send(request(&mut reader)?));
            // Until the other side has had enough.
            reader.read_to_end(&mut Vec::new()).map(|_| ())
        })
    }

    fn serving(
        serve: impl Fn(&mut TcpStream, &Sender<String>) -> std::io::Result<()> + Send + Clone + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (serve, tell) = (serve.clone(), tell.clone());
                // A connection that breaks is the client's affair.
                thread::spawn(move || stream.and_then(|mut stream| serve(&mut stream, &tell)));
            }
        });
        Self { address, requests }
    }

    /// Waits for the next request, and gives its first line.
    pub(crate) fn next_request(&self) -> String {
        self.requests.recv_timeout(std::time::Duration::from_mins(2)).unwrap()
    }

    /// How many requests have come that nobody waited for.
    pub(crate) fn requests(&self) -> usize {
        self.requests.try_iter().count()
    }
}

/// Reads one request with its body, and gives its first line.
fn request(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    Ok(first.trim_end().to_owned())
}

/// A loopback port on which nothing listens, another one at each call.
///
/// For what has to know its port before it is opened. It lies below those that systems give away of themselves (from
/// 32768 on Linux, from 49152 elsewhere), so neither a connection nor a listener on port 0 takes it meanwhile; and
/// processes that run at the same time begin at different places.
pub(crate) fn free_port() -> u16 {
    const PORTS: std::ops::Range<u32> = 10_000..32_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(251);
    let mut tries = 0..PORTS.len();
    let port = tries.find_map(|_| {
        let place = begin.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % (PORTS.end - PORTS.start);
        let port = u16::try_from(PORTS.start + place).unwrap();
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    });
    port.unwrap()
}
