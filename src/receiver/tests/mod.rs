//! The receiver over raw sockets: no client of HTTP stands between a test and the bytes.

mod accept;
mod attribution;
mod company;
mod faults;
mod framing;
mod protocol;
mod rules;
mod scripts;
mod secrets;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{Answer, Armed, Receiver, Script, Settings};
use crate::{
    clock::Clock,
    evidence::{Delivery, Evidence, Record, Recorder},
    secret::Vault,
    syntax::{Source, decode, parse_yaml},
};

/// Far longer than anything here takes; only a test that fails waits for it.
const DEADLINE: Duration = Duration::from_secs(20);

const TARGET: &str = "/hook/3f9a?x=1";
const KEY: &str = "mh_live_9fQ2xT7vLpR4sW8yBzK3nD6m";

struct House {
    receiver: Receiver,
    vault: Vault,
    records: Arc<Mutex<Vec<Record>>>,
}

impl House {
    fn new() -> Self {
        let (vault, records) = (Vault::new(), Arc::new(Mutex::new(Vec::new())));
        let sink = Arc::clone(&records);
        let recorder = Recorder::new(Clock::new(), move |record| sink.lock().unwrap().push(record));
        let settings =
            Settings { listen: "127.0.0.1:0".parse().unwrap(), target: TARGET.into(), recorder, vault: vault.clone() };
        Self { receiver: Receiver::start(settings).unwrap(), vault, records }
    }

    /// A house with one agency, whose id is its own core.
    fn armed(answers: &str) -> Self {
        let house = Self::new();
        house.arm(ID, ID, answers);
        house
    }

    fn arm(&self, id: &str, core: &str, answers: &str) {
        self.receiver.arm(Armed { agency_id: id.into(), core: core.into(), script: script(answers).unwrap() });
    }

    async fn connect(&self) -> Peer {
        Peer(TcpStream::connect(self.receiver.address()).await.unwrap())
    }

    /// One request on a connection of its own, and everything that comes back until the end of the answer.
    async fn send(&self, request: &str) -> String {
        let mut peer = self.connect().await;
        peer.write(request).await;
        peer.answer().await
    }

    /// A delivery for the armed agency, and the status that it gets, once the receiver has noted that it has ended.
    async fn deliver(&self) -> u16 {
        let mut changed = self.receiver.changed();
        let status = status(&self.send(&delivery(ID, KEY)).await);
        let has_ended = || self.receiver.attempts(ID).last().is_none_or(|attempt| attempt.ended_ms > 0.0);
        let ended = async {
            while !has_ended() {
                changed.changed().await.unwrap();
            }
        };
        timeout(DEADLINE, ended).await.expect("the exchange ends");
        status
    }

    fn evidence(&self) -> Evidence {
        self.records.lock().unwrap().iter().cloned().collect()
    }

    fn deliveries(&self) -> Vec<Delivery> {
        self.evidence().deliveries.into_values().collect()
    }

    /// The only delivery, once its exchange has ended.
    async fn ended(&self) -> Delivery {
        let mut changed = self.receiver.changed();
        let closed = async {
            while self.receiver.open_exchanges() > 0 || self.deliveries().is_empty() {
                changed.changed().await.unwrap();
            }
        };
        timeout(DEADLINE, closed).await.expect("the exchange ends");
        let mut deliveries = self.deliveries();
        assert_eq!(deliveries.len(), 1);
        deliveries.remove(0)
    }

    /// All that was recorded, as it would stand in a file.
    fn written(&self) -> String {
        self.records.lock().unwrap().iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect()
    }
}

struct Peer(TcpStream);

impl Peer {
    async fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// One answer, delimited by its Content-Length; what came before the connection ended where that is earlier.
    async fn answer(&mut self) -> String {
        let mut read = Vec::new();
        let whole = async {
            while !is_whole(&read) {
                match self.0.read_u8().await {
                    Ok(byte) => read.push(byte),
                    Err(_) => break,
                }
            }
        };
        timeout(DEADLINE, whole).await.expect("an answer, or the end of the connection");
        String::from_utf8(read).unwrap()
    }

    /// All bytes that come until the connection ends, and whether a FIN ended it.
    async fn bytes(&mut self) -> (Vec<u8>, bool) {
        let mut read = Vec::new();
        let ended = timeout(DEADLINE, self.0.read_to_end(&mut read)).await.expect("the end of the connection");
        (read, ended.is_ok())
    }

    /// All that comes until the connection ends, and the error with which it ended.
    async fn rest(&mut self) -> (String, Option<std::io::ErrorKind>) {
        let mut read = Vec::new();
        let mut byte = [0];
        let ended = async {
            loop {
                match self.0.read(&mut byte).await {
                    Ok(0) => return None,
                    Ok(_) => read.push(byte[0]),
                    Err(error) => return Some(error.kind()),
                }
            }
        };
        let error = timeout(DEADLINE, ended).await.expect("the end of the connection");
        (String::from_utf8(read).unwrap(), error)
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

const ID: &str = "k3v9x2m8q1wz";

fn body(id: &str, key: &str) -> String {
    serde_json::json!({ "x-api-key": key, "agencyId": id }).to_string()
}

fn delivery(id: &str, key: &str) -> String {
    post(TARGET, "application/json", &body(id, key))
}

fn post(target: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: crm.example\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn script(answers: &str) -> Result<Script, Vec<String>> {
    let source = Source::new("a.yaml", answers);
    decode(&source, &parse_yaml(&source).unwrap()).map_err(|mistakes| {
        let show = |mistake: &crate::syntax::Mistake| {
            let (line, column) = source.line_column(&mistake.span);
            let cure = mistake.cure.as_deref().unwrap_or_default();
            format!("{line}:{column} {} {cure}", mistake.what).trim_end().to_owned()
        };
        mistakes.iter().map(show).collect()
    })
}
