//! What stands on the wire of one request, from bytes alone (RFC 9112). Nothing in here waits or panics.

use bytes::{Buf as _, BytesMut};
use sha2::{Digest as _, Sha256};

/// The most bytes that a head may have: request line and headers.
pub(super) const HEAD_LIMIT: usize = 64 * 1024;
/// The most headers.
const HEADER_LIMIT: usize = 200;
/// The most bytes of a body that are kept; the rest is counted and digested.
const KEPT_LIMIT: usize = 1024 * 1024;
/// The most bytes of a body that are read.
const BODY_LIMIT: u64 = 100 * 1024 * 1024;
/// The most bytes of a chunk's size line, and of all trailers.
const CHUNK_LINE_LIMIT: usize = 8 * 1024;

/// Why a request cannot be read further.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unreadable {
    /// It is not HTTP/1, or its framing is not to be trusted.
    Malformed,
    /// The head has more bytes, or more headers, than are read.
    HeadTooLarge,
    /// The body has more bytes than are read.
    BodyTooLarge,
}

impl Unreadable {
    /// The status that tells the peer so.
    pub(super) fn status(self) -> u16 {
        match self {
            Unreadable::Malformed => 400,
            Unreadable::HeadTooLarge => 431,
            Unreadable::BodyTooLarge => 413,
        }
    }
}

/// The request line and headers.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) target: String,
    /// Whether the request is of HTTP/1.0.
    pub(super) old: bool,
    /// Names in their case and values as they came, in their order.
    pub(super) headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head off the front of `buffer`; nothing while it is not whole.
    pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<Self>, Unreadable> {
        let mut headers = [httparse::EMPTY_HEADER; HEADER_LIMIT];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(buffer) {
            Ok(httparse::Status::Complete(length)) if length <= HEAD_LIMIT => {
                let head = Self {
                    method: request.method.unwrap_or_default().to_owned(),
                    target: request.path.unwrap_or_default().to_owned(),
                    old: request.version == Some(0),
                    headers: request
                        .headers
                        .iter()
                        .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
                        .collect(),
                };
                buffer.advance(length);
                Ok(Some(head))
            }
            Ok(httparse::Status::Partial) if buffer.len() <= HEAD_LIMIT => Ok(None),
            Ok(_) | Err(httparse::Error::TooManyHeaders) => Err(Unreadable::HeadTooLarge),
            Err(_) => Err(Unreadable::Malformed),
        }
    }

    /// All values of a header, whatever its case.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether one of the comma-separated words of a header is `word`.
    fn lists(&self, name: &str, word: &str) -> bool {
        self.values(name).flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
    }

    /// The content type without its parameters, in lower case.
    pub(super) fn content_type(&self) -> String {
        let value = self.values("content-type").next().unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether the peer waits for a word of ours before it sends the body (RFC 9110 §10.1.1).
    pub(super) fn expects_continue(&self) -> bool {
        !self.old && self.lists("expect", "100-continue")
    }

    /// Whether the peer means to send another request on this connection (RFC 9112 §9.3).
    pub(super) fn keeps_alive(&self) -> bool {
        let both = self.lists("transfer-encoding", "chunked") && self.values("content-length").next().is_some();
        let wanted = if self.old { self.lists("connection", "keep-alive") } else { !self.lists("connection", "close") };
        // With two lengths that may differ, nobody knows where the next request begins.
        wanted && !both
    }

    /// How the body is delimited (RFC 9112 §6.3).
    pub(super) fn framing(&self) -> Result<Framing, Unreadable> {
        let codings: Vec<&str> = self.values("transfer-encoding").flat_map(|value| value.split(',')).collect();
        if let Some(last) = codings.last() {
            let chunked = last.trim().eq_ignore_ascii_case("chunked");
            return if chunked { Ok(Framing::Chunked(Part::Size)) } else { Err(Unreadable::Malformed) };
        }
        let mut length = None;
        for value in self.values("content-length").flat_map(|value| value.split(',')) {
            let value = value.trim();
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Unreadable::Malformed);
            }
            // A length beyond 64 bits is beyond the limit as well.
            let parsed = value.parse::<u64>().unwrap_or(u64::MAX);
            if length.is_some_and(|known| known != parsed) {
                return Err(Unreadable::Malformed);
            }
            length = Some(parsed);
        }
        Ok(Framing::Length(length.unwrap_or(0)))
    }
}

/// How much of a body is still to come.
#[derive(Debug)]
pub(super) enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks (RFC 9112 §7.1).
    Chunked(Part),
}

/// The part of a chunked body that is read next.
#[derive(Debug)]
pub(super) enum Part {
    Size,
    Data(u64),
    DataEnd,
    /// Trailers, of which so many bytes were read.
    Trailers(usize),
}

impl Framing {
    /// Moves what belongs to the body from `buffer` to `body`; true when the body is whole.
    pub(super) fn take(&mut self, buffer: &mut BytesMut, body: &mut Body) -> Result<bool, Unreadable> {
        match self {
            Framing::Length(left) => {
                body.take(buffer, left)?;
                Ok(*left == 0)
            }
            Framing::Chunked(part) => loop {
                match part.take(buffer, body)? {
                    Step::Next(next) => *part = next,
                    Step::Starved => return Ok(false),
                    Step::Whole => return Ok(true),
                }
            },
        }
    }

    /// Whether nothing at all is to come.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Framing::Length(0))
    }
}

enum Step {
    Next(Part),
    Starved,
    Whole,
}

impl Part {
    fn take(&mut self, buffer: &mut BytesMut, body: &mut Body) -> Result<Step, Unreadable> {
        match self {
            Part::Size => match httparse::parse_chunk_size(buffer) {
                // The parser takes an empty line for a size of 0. What it has read whole is not empty.
                Ok(httparse::Status::Complete(_)) if !buffer[0].is_ascii_hexdigit() => Err(Unreadable::Malformed),
                Ok(httparse::Status::Complete((length, size))) => {
                    buffer.advance(length);
                    Ok(Step::Next(if size == 0 { Part::Trailers(0) } else { Part::Data(size) }))
                }
                Ok(httparse::Status::Partial) if buffer.len() <= CHUNK_LINE_LIMIT => Ok(Step::Starved),
                _ => Err(Unreadable::Malformed),
            },
            Part::Data(left) => {
                body.take(buffer, left)?;
                Ok(if *left == 0 { Step::Next(Part::DataEnd) } else { Step::Starved })
            }
            Part::DataEnd => match buffer.get(..2) {
                Some(b"\r\n") => {
                    buffer.advance(2);
                    Ok(Step::Next(Part::Size))
                }
                Some(_) => Err(Unreadable::Malformed),
                None => Ok(Step::Starved),
            },
            Part::Trailers(read) => match buffer.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    let blank = buffer[..end].iter().all(|byte| *byte == b'\r');
                    buffer.advance(end + 1);
                    *read += end + 1;
                    match (blank, *read <= CHUNK_LINE_LIMIT) {
                        (_, false) => Err(Unreadable::Malformed),
                        (true, true) => Ok(Step::Whole),
                        (false, true) => Ok(Step::Next(Part::Trailers(*read))),
                    }
                }
                None if buffer.len() <= CHUNK_LINE_LIMIT => Ok(Step::Starved),
                None => Err(Unreadable::Malformed),
            },
        }
    }
}

/// A request's body: its begin, its length and the digest of all of it.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) kept: Vec<u8>,
    pub(super) length: u64,
    digest: Sha256,
}

impl Body {
    /// Takes at most `left` bytes off the front of `buffer`.
    fn take(&mut self, buffer: &mut BytesMut, left: &mut u64) -> Result<(), Unreadable> {
        let length = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
        let bytes = buffer.split_to(length);
        // A body that will be refused has no digest to compare, and hashing it would be what costs most.
        if self.length.saturating_add(*left) <= BODY_LIMIT {
            self.digest.update(&bytes);
        }
        *left -= length as u64;
        self.length += length as u64;
        // Never more is kept than there is room for.
        let room = KEPT_LIMIT - self.kept.len();
        self.kept.extend_from_slice(&bytes[..length.min(room)]);
        if self.length > BODY_LIMIT { Err(Unreadable::BodyTooLarge) } else { Ok(()) }
    }

    /// A digest of all bytes, or of none of those that were known to go beyond the limit; not keyed.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.digest.clone().finalize().into()
    }

    /// Whether every byte of the body was kept.
    pub(super) fn is_whole(&self) -> bool {
        self.length == self.kept.len() as u64
    }
}
