//! The faults that the receiver can show, one file each.
//!
//! To add one, write its file and add its row to [`FAULTS`]; the schema, the scenario language and lists follow from it.

mod answer_then_close;
mod backlog_full;
mod broken_chunks;
mod close;
mod close_at_accept;
mod close_mid_answer;
mod close_mid_chunks;
mod close_mid_headers;
mod compressed_burst;
mod connection_close;
mod content_length_and_chunks;
mod content_length_double;
mod content_length_long;
mod content_length_missing;
mod content_length_short;
mod endless;
mod interim_first;
mod malformed_header;
mod malformed_status_line;
mod name;
mod never_answer;
mod never_read;
mod oversized;
mod oversized_headers;
mod redirect;
mod refused;
mod reset;
mod reset_at_accept;
mod reset_mid_answer;
mod retry_after_date;
mod retry_after_garbage;
mod retry_after_huge;
mod retry_after_past;
mod retry_after_seconds;
mod slow;

use std::{io, net::SocketAddr, time::Duration};

use futures::future::BoxFuture;
use tokio::net::TcpStream;

use super::{
    exchange::{Acted, Exchange},
    socket::Gone,
};
use crate::evidence::Ended;

pub use name::{AcceptFault, RequestFault};

/// Trouble that the receiver makes in place of a plain answer.
pub struct Fault {
    /// Its name in scenarios.
    pub name: &'static str,
    /// What it does, for a reader of lists.
    pub summary: &'static str,
    /// Whether it breaks the connection, after which a sender may re-send of itself.
    pub connection_fault: bool,
    /// The keys of an answer that may stand beside it.
    pub arguments: &'static [&'static str],
    /// The statuses that it can have; empty where any can, or none is sent.
    pub statuses: &'static [u16],
    pub(super) act: Act,
}

/// What a fault does, and thereby when.
pub(super) enum Act {
    /// Acts on a request that was read.
    Request(for<'e, 'c> fn(&'e mut Exchange<'c>) -> BoxFuture<'e, Acted>),
    /// Meets each connection that comes, of which nothing was read, and tells how it ended.
    Connection(fn(TcpStream) -> BoxFuture<'static, Ended>),
    /// Takes the port from the receiver, for as long as what it gives is kept.
    Port(fn(SocketAddr) -> BoxFuture<'static, io::Result<Held>>),
}

/// Something that has the port as long as it lives.
pub(super) type Held = Box<dyn Send + Sync>;

/// When a fault acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Once a request was read, so that it can be for one agency alone.
    Request,
    /// Before anything was read, so that it is for whoever connects.
    Accept,
}

/// All faults, in the order in which lists show them.
pub const FAULTS: &[&Fault] = &[
    &never_answer::FAULT,
    &slow::FAULT,
    &close::FAULT,
    &close_mid_headers::FAULT,
    &close_mid_answer::FAULT,
    &close_mid_chunks::FAULT,
    &reset::FAULT,
    &reset_mid_answer::FAULT,
    &malformed_status_line::FAULT,
    &malformed_header::FAULT,
    &content_length_short::FAULT,
    &content_length_long::FAULT,
    &content_length_double::FAULT,
    &content_length_missing::FAULT,
    &content_length_and_chunks::FAULT,
    &broken_chunks::FAULT,
    &interim_first::FAULT,
    &answer_then_close::FAULT,
    &connection_close::FAULT,
    &endless::FAULT,
    &oversized::FAULT,
    &oversized_headers::FAULT,
    &compressed_burst::FAULT,
    &retry_after_seconds::FAULT,
    &retry_after_date::FAULT,
    &retry_after_past::FAULT,
    &retry_after_huge::FAULT,
    &retry_after_garbage::FAULT,
    &redirect::FAULT,
    &reset_at_accept::FAULT,
    &close_at_accept::FAULT,
    &never_read::FAULT,
    &backlog_full::FAULT,
    &refused::FAULT,
];

impl Fault {
    /// The fault of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Fault> {
        FAULTS.iter().copied().find(|fault| fault.name == name)
    }

    /// When it acts.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.act {
            Act::Request(_) => Stage::Request,
            Act::Connection(_) | Act::Port(_) => Stage::Accept,
        }
    }
}

/// What an answer that is cut in its middle says where the script gives it no body.
const CUT_BODY: &str = "The receiver was told to cut this answer.\n";

/// Sends the head of the answer and the first half of its body, and leaves the peer time to take them in.
async fn send_half(exchange: &mut Exchange<'_>) -> Result<(), Gone> {
    exchange.pause(exchange.answer.delay().0).await?;
    let status = exchange.answer.status_or(200);
    let body = exchange.answer.body().unwrap_or(CUT_BODY);
    let head = exchange.head(status, &[], body);
    exchange.send(status, &[&head, &body.as_bytes()[..body.len() / 2]].concat()).await?;
    exchange.pause(Duration::from_millis(20)).await
}

/// What an answer with trouble in its framing says where the script gives it no body.
const BODY: &str = "{\"ok\":true}\n";
/// Ends a chunked body (RFC 9112 §7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Waits as long as the script says, and gives status and body of the answer that a fault is to spoil.
async fn begin<'c>(exchange: &mut Exchange<'c>) -> Result<(u16, &'c str), Gone> {
    exchange.pause(exchange.answer.delay().0).await?;
    Ok((exchange.answer.status_or(200), exchange.answer.body().unwrap_or(BODY)))
}

/// One chunk of a chunked body.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Answers 429, unless the script says otherwise, and when to come back.
async fn retry_after(exchange: &mut Exchange<'_>, when: &str) -> Acted {
    exchange.pause(exchange.answer.delay().0).await?;
    let (status, body) = (exchange.answer.status_or(429), exchange.answer.body().unwrap_or_default());
    let answer = exchange.compose(status, &[("Retry-After", when)], body);
    exchange.send(status, &answer).await?;
    Ok(exchange.whole())
}

/// The date that lies so far ahead, or so far back, as HTTP writes it (RFC 9110 §5.6.7).
fn date(distance: Duration, ahead: bool) -> String {
    let now = std::time::SystemTime::now();
    let moment = if ahead { now.checked_add(distance) } else { now.checked_sub(distance) };
    httpdate::fmt_http_date(moment.unwrap_or(now))
}
