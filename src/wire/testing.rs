//! What tests of this module share: answers made by hand, and a server that answers by script.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{Call, Raw, Settings, Wire};
use crate::{
    clock::Clock,
    evidence::{Endpoint, Record, Recorder},
    markup::Document,
    secret::Vault,
};

pub(super) fn raw(status: u16, body: &str) -> Raw {
    raw_with(status, &[], body)
}

pub(super) fn raw_with(status: u16, headers: &[(&str, &str)], body: &str) -> Raw {
    let header =
        |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    let mut map = HeaderMap::new();
    map.extend(headers.iter().map(header));
    Raw { status, headers: map, body: Document::new(body) }
}

/// A server on loopback, a wire to it, and all that was recorded.
pub(super) struct Bench {
    pub(super) wire: Wire,
    pub(super) port: u16,
    records: Arc<Mutex<Vec<Record>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    /// Answers request N with what `script(N)` gives: raw bytes, after which the connection is closed. Where it gives
    /// nothing, the connection stays open and silent.
    pub(super) async fn new(script: impl Fn(usize) -> Option<Vec<u8>> + Send + 'static) -> Self {
        Self::with(script, |_| {}).await
    }

    pub(super) async fn with(
        script: impl Fn(usize) -> Option<Vec<u8>> + Send + 'static,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(serve(listener, script, Arc::clone(&requests)));
        let records = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&records);
        let recorder = Recorder::new(Clock::new(), move |record| sink.lock().unwrap().push(record));
        let mut settings = Settings::new(format!("http://127.0.0.1:{port}/api/").parse().unwrap());
        settings.total_timeout = Duration::from_secs(20);
        change(&mut settings);
        Self { wire: Wire::new(settings, recorder, Vault::new()).unwrap(), port, records, requests }
    }

    pub(super) fn call(&self, endpoint: Endpoint) -> Call {
        Call { endpoint, method: "POST".into(), url: format!("http://127.0.0.1:{}/x", self.port), ..Call::default() }
    }

    /// The heads and bodies of the requests that arrived.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// All that was recorded, as it would be written.
    pub(super) fn written(&self) -> String {
        serde_json::to_string(&*self.records.lock().unwrap()).unwrap()
    }
}

/// An answer with a body and its length.
#[expect(clippy::unnecessary_wraps, reason = "scripts give nothing for silence")]
pub(super) fn answer(head: &str, body: &str) -> Option<Vec<u8>> {
    Some(format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes())
}

async fn serve(
    listener: TcpListener,
    script: impl Fn(usize) -> Option<Vec<u8>> + Send + 'static,
    requests: Arc<Mutex<Vec<String>>>,
) {
    let mut silent = Vec::new();
    let mut number = 0;
    while let Ok((mut stream, _)) = listener.accept().await {
        let request = read_request(&mut stream).await;
        requests.lock().unwrap().push(request);
        match script(number) {
            Some(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            None => silent.push(stream),
        }
        number += 1;
    }
}

/// The first byte of a client that speaks TLS.
const TLS_HANDSHAKE: u8 = 0x16;

async fn read_request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        if buffer[0] == TLS_HANDSHAKE && text.is_empty() {
            break;
        }
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_ascii_lowercase()
                .split_once("content-length:")
                .map_or(0, |(_, rest)| rest.lines().next().unwrap().trim().parse().unwrap());
            if body.len() >= length {
                break;
            }
        }
    }
    text
}
