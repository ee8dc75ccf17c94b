use std::io::{self, Read};

use http::{HeaderMap, header::CONTENT_ENCODING};
use tokio::time::{Instant, timeout_at};

use super::trouble::{from_reqwest, too_slow, trouble};
use crate::evidence::{Trouble, TroubleKind};

/// The longest body that is read, in bytes: on the wire, and again when it is decoded.
pub(super) const LONGEST: usize = 1 << 20;

/// What `Accept-Encoding` offers.
pub(super) const ACCEPTED: &str = "gzip, br, deflate";

/// A body as far as it was read, and what ended it early.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) trouble: Option<Trouble>,
}

/// Reads the body of an answer until `deadline` and decodes it.
pub(super) async fn read(response: reqwest::Response, deadline: Instant, limit: std::time::Duration) -> Body {
    let headers = response.headers().clone();
    let wire = read_wire(response, deadline, limit).await;
    let decoded = decode(&headers, wire.bytes);
    // The earlier trouble explains the later.
    Body { bytes: decoded.bytes, trouble: wire.trouble.or(decoded.trouble) }
}

async fn read_wire(mut response: reqwest::Response, deadline: Instant, limit: std::time::Duration) -> Body {
    let mut bytes = Vec::new();
    let trouble = loop {
        match timeout_at(deadline, response.chunk()).await {
            Err(_) => break Some(too_slow("the whole answer", limit)),
            Ok(Err(error)) => break Some(from_reqwest(error)),
            Ok(Ok(None)) => break None,
            Ok(Ok(Some(chunk))) => {
                // Never more is taken than there is room for.
                let room = LONGEST - bytes.len();
                bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    break Some(too_large());
                }
            }
        }
    };
    Body { bytes, trouble }
}

/// Undoes the content codings (RFC 9110, section 8.4), the last first. A coding that we did not offer is left alone.
fn decode(headers: &HeaderMap, bytes: Vec<u8>) -> Body {
    let codings: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|coding| coding.trim().to_ascii_lowercase())
        .collect();
    let mut body = Body { bytes, trouble: None };
    for coding in codings.iter().rev() {
        if body.bytes.is_empty() || body.trouble.is_some() {
            break;
        }
        body = match coding.as_str() {
            "gzip" | "x-gzip" => bounded(flate2::read::MultiGzDecoder::new(&body.bytes[..])),
            "br" => bounded(brotli_decompressor::Decompressor::new(&body.bytes[..], 4096)),
            "deflate" => inflate(&body.bytes),
            "identity" | "" => body,
            _ => break,
        };
    }
    body
}

/// `deflate` is zlib (RFC 9110, section 8.4.1.2), but some servers send bare deflate.
fn inflate(bytes: &[u8]) -> Body {
    let zlib = bounded(flate2::read::ZlibDecoder::new(bytes));
    match zlib.trouble {
        Some(Trouble { kind: TroubleKind::Broken, .. }) if zlib.bytes.is_empty() => {
            bounded(flate2::read::DeflateDecoder::new(bytes))
        }
        _ => zlib,
    }
}

fn bounded(reader: impl Read) -> Body {
    let mut bytes = Vec::new();
    let read: io::Result<usize> = reader.take(LONGEST as u64 + 1).read_to_end(&mut bytes);
    let trouble = match read {
        Err(error) => {
            Some(trouble(TroubleKind::Broken, format!("the body is not what its Content-Encoding says: {error}")))
        }
        Ok(_) if bytes.len() > LONGEST => Some(too_large()),
        Ok(_) => None,
    };
    bytes.truncate(LONGEST);
    Body { bytes, trouble }
}

fn too_large() -> Trouble {
    trouble(TroubleKind::TooLarge, format!("the body is longer than the {LONGEST} bytes that are read"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write};
    use http::HeaderValue;

    use super::*;

    fn headers(coding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(coding))])
    }

    fn zlib(plain: &[u8]) -> Vec<u8> {
        let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(plain: &[u8]) -> Vec<u8> {
        let mut encoder = write::DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_coding_that_is_offered_is_undone() {
        for (coding, bytes) in [
            ("gzip", gzip(b"hello")),
            ("X-GZIP", gzip(b"hello")),
            ("deflate", zlib(b"hello")),
            ("deflate", deflate(b"hello")),
            ("deflate, gzip", gzip(&zlib(b"hello"))),
            // An uncompressed metablock (RFC 7932, section 9.2).
            ("br", b"\x0b\x02\x80hello\x03".to_vec()),
            ("identity", b"hello".to_vec()),
            ("zstd", b"hello".to_vec()),
        ] {
            let body = decode(&headers(coding), bytes);
            assert_eq!((body.bytes, body.trouble), (b"hello".to_vec(), None), "{coding}");
        }
    }

    #[test]
    fn a_bomb_is_cut_and_told() {
        let body = decode(&headers("gzip"), gzip(&vec![b'a'; LONGEST * 20]));
        assert_eq!(body.bytes.len(), LONGEST);
        assert_eq!(body.trouble.unwrap().kind, TroubleKind::TooLarge);
    }

    #[test]
    fn what_is_not_encoded_as_told_is_broken() {
        for coding in ["gzip", "br", "deflate"] {
            let body = decode(&headers(coding), b"{\"token\": \"abc\"}".to_vec());
            assert_eq!(body.trouble.unwrap().kind, TroubleKind::Broken, "{coding}");
        }
    }

    #[test]
    fn an_empty_body_needs_no_decoding() {
        assert_eq!(decode(&headers("gzip"), Vec::new()).trouble, None);
    }
}
