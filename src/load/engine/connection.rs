//! A user's own connection to the target: opened before the clock starts, kept alive, and opened again when it is lost.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::pump::Pump;

/// What is kept of an answer's body. All of it is read off the wire in any case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Keep {
    /// Nothing.
    Nothing,
    /// As much as an answer that a step reads may have: a mebibyte.
    Answer,
    /// As much as a list of all that a load has left behind may have: 64 mebibytes.
    List,
}

impl Keep {
    fn most(self) -> usize {
        match self {
            Keep::Nothing => 0,
            Keep::Answer => 1 << 20,
            Keep::List => 64 << 20,
        }
    }
}

/// What a request is.
pub(crate) type Call = Request<Full<Bytes>>;

/// Where connections lead.
pub(crate) struct Destination {
    /// The addresses of the host, found once: no request waits for a name.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The name to be certified and how, where TLS is spoken.
    pub(crate) tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
    /// How long a connection may take to open.
    pub(crate) connect_within: Duration,
}

impl Destination {
    /// Whether a connection can be opened.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    pub(crate) async fn reach(&self) -> io::Result<()> {
        connect(self).await.map(drop)
    }
}

/// What came back.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body, as much of it as was to be kept.
    pub(crate) body: Bytes,
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Trouble {
    /// No connection could be opened.
    Connect,
    /// The connection was lost before the whole answer was there.
    Lost,
    /// What came back is not HTTP.
    Garbled,
    /// Nothing, or not all, came back within the time that a request may take.
    TimedOut,
}

impl Trouble {
    /// Its name in figures and reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Trouble::Connect => "no connection",
            Trouble::Lost => "connection lost",
            Trouble::Garbled => "not HTTP",
            Trouble::TimedOut => "timed out",
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Driven = Pump<http1::Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>>;

enum Open {
    One { sender: http1::SendRequest<Full<Bytes>>, pump: Driven },
    Two { sender: http2::SendRequest<Full<Bytes>> },
}

/// A user's connections, one to each destination that it needs.
#[derive(Default)]
pub(crate) struct Connections(Vec<(Arc<Destination>, Connection)>);

impl Connections {
    /// Opens the one to a destination, unless it is open.
    ///
    /// # Errors
    ///
    /// It cannot be reached.
    pub(crate) async fn open(&mut self, destination: &Arc<Destination>) -> Result<(), Trouble> {
        self.to(destination).open(destination).await
    }

    /// Takes a request, sends it to a destination and reads the whole answer; of its body is kept what `keep` says.
    /// A request that could not be begun on a connection which the target had closed meanwhile is sent on a new one, as
    /// every client that keeps connections does (RFC 9112, section 9.3.1).
    ///
    /// # Errors
    ///
    /// Why there is no answer. The connection is given up then.
    pub(crate) async fn send(
        &mut self,
        destination: &Arc<Destination>,
        call: &mut Option<Call>,
        keep: Keep,
    ) -> Result<Answer, Trouble> {
        self.to(destination).send(destination, call, keep).await
    }

    /// Closes all, so that no late answer is taken for the next one's.
    pub(super) fn close(&mut self) {
        self.0.clear();
    }

    fn to(&mut self, destination: &Arc<Destination>) -> &mut Connection {
        let at = self.0.iter().position(|(known, _)| Arc::ptr_eq(known, destination)).unwrap_or_else(|| {
            self.0.push((Arc::clone(destination), Connection::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }
}

/// A connection that opens when it is needed.
#[derive(Default)]
struct Connection {
    open: Option<Open>,
}

/// A connection with a request under way. Who gives up waiting for an answer gives up the connection with it, so that no
/// answer that comes late is taken for the next one's.
struct Busy<'c> {
    open: &'c mut Option<Open>,
    /// Whether it takes another request.
    lasts: bool,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if !self.lasts {
            *self.open = None;
        }
    }
}

impl Connection {
    async fn open(&mut self, destination: &Destination) -> Result<(), Trouble> {
        if self.open.is_none() {
            self.open = Some(connect(destination).await.map_err(|_| Trouble::Connect)?);
        }
        Ok(())
    }

    async fn send(
        &mut self,
        destination: &Destination,
        call: &mut Option<Call>,
        keep: Keep,
    ) -> Result<Answer, Trouble> {
        loop {
            let is_fresh = self.open.is_none();
            self.open(destination).await?;
            let mut busy = Busy { open: &mut self.open, lasts: false };
            let Some(open) = busy.open else { return Err(Trouble::Connect) };
            match open.exchange(call, keep).await {
                Ok(answer) => {
                    busy.lasts = open.lasts();
                    return Ok(answer);
                }
                Err(_) if call.is_some() && !is_fresh => {}
                Err(trouble) => return Err(trouble),
            }
        }
    }
}

impl Open {
    /// Sends a request and reads the answer. A request is left where it was when nothing of it could be sent.
    async fn exchange(&mut self, call: &mut Option<Call>, keep: Keep) -> Result<Answer, Trouble> {
        match self {
            Open::One { sender, pump } => {
                let asking = async {
                    // A connection takes one request at a time.
                    sender.ready().await.map_err(|_| Trouble::Lost)?;
                    let request = call.take().ok_or(Trouble::Lost)?;
                    let answer = sender.try_send_request(request).await.map_err(|error| unsent(error, call))?;
                    read(answer, keep).await
                };
                pump.drive(pin!(asking)).await
            }
            Open::Two { sender } => {
                let request = call.take().map(absolute).ok_or(Trouble::Lost)?;
                let answer = sender.try_send_request(request).await.map_err(|error| unsent(error, call))?;
                read(answer, keep).await
            }
        }
    }

    /// Whether it takes another request.
    fn lasts(&self) -> bool {
        match self {
            Open::One { sender, pump } => pump.is_open() && !sender.is_closed(),
            Open::Two { sender } => !sender.is_closed(),
        }
    }
}

/// HTTP/2 names the host in the target instead of in a header (RFC 9113, section 8.3.1).
fn absolute(mut call: Call) -> Call {
    let mut parts = call.uri().clone().into_parts();
    if parts.authority.is_none()
        && let Some(host) = call.headers_mut().remove(http::header::HOST)
    {
        parts.scheme = Some(http::uri::Scheme::HTTPS);
        parts.authority = http::uri::Authority::try_from(host.as_bytes()).ok();
        if let Ok(uri) = http::Uri::from_parts(parts) {
            *call.uri_mut() = uri;
        }
    }
    call
}

/// Puts a request of which nothing was sent back to where it came from.
fn unsent(mut error: TrySendError<Call>, call: &mut Option<Call>) -> Trouble {
    *call = error.take_message();
    trouble(error.error())
}

fn trouble(error: &hyper::Error) -> Trouble {
    if error.is_parse() { Trouble::Garbled } else { Trouble::Lost }
}

async fn read(answer: http::Response<Incoming>, keep: Keep) -> Result<Answer, Trouble> {
    let (head, mut body) = answer.into_parts();
    let mut kept = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| trouble(&error))?;
        if let (1.., Some(data)) = (keep.most(), frame.data_ref()) {
            kept.extend_from_slice(&data[..data.len().min(keep.most().saturating_sub(kept.len()))]);
        }
    }
    Ok(Answer { status: head.status, headers: head.headers, body: kept.freeze() })
}

/// Opens a connection. It is boxed, so that the future of a request, which is made anew each time, does not carry the room
/// that a handshake needs.
fn connect(destination: &Destination) -> Pin<Box<dyn Future<Output = io::Result<Open>> + Send + '_>> {
    let limit = destination.connect_within;
    let connecting = tokio::time::timeout(limit, shake_hands(destination));
    let too_slow = move |_| {
        io::Error::new(io::ErrorKind::TimedOut, format!("no connection came about within {} s", limit.as_secs_f64()))
    };
    Box::pin(async move { connecting.await.map_err(too_slow)? })
}

async fn shake_hands(destination: &Destination) -> io::Result<Open> {
    let stream = TcpStream::connect(&destination.addresses[..]).await?;
    let _ = stream.set_nodelay(true);
    let Some((name, config)) = &destination.tls else { return one(Box::new(stream)).await };
    let connecting = TlsConnector::from(Arc::clone(config)).connect(name.clone(), stream);
    let stream = connecting.await?;
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return one(Box::new(stream)).await;
    }
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    Ok(Open::Two { sender })
}

async fn one(stream: Box<dyn Stream>) -> io::Result<Open> {
    // To copy a body behind its head is cheaper than to hand the system two pieces.
    let handshake = http1::Builder::new().writev(false).handshake(TokioIo::new(stream));
    let (sender, connection) = handshake.await.map_err(io::Error::other)?;
    Ok(Open::One { sender, pump: Pump::new(connection) })
}

#[cfg(test)]
mod secured;
#[cfg(test)]
mod tests;
