//! A small Matchouse that keeps the guide, but for the one thing that a row has it do otherwise.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::tls;
use crate::support::SECRET;

/// The client id under which the stage knows its partner.
pub(crate) const CLIENT: &str = "local-crm";
/// The token that it gives.
pub(super) const TOKEN: &str = "Tkn-1f7c0d52a9e84b36-Vw8";
/// How its keys begin.
pub(super) const KEY: &str = "Key-9d41b7e6c2f05a83";
/// The path and query of its partner's webhook.
pub(super) const HOOK: &str = "/hooks/matchouse?crm=7";
/// The developer to whom it writes.
pub(super) const DEVELOPER: &str = "dev@partner.example";

/// Whatever bytes go both ways on.
pub(super) trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// How a row speaks on a connection. An error is the other side's affair: it has had enough.
pub(super) type Play = fn(&mut dyn Stream, &Scene) -> io::Result<()>;

/// Where a row plays its part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum At {
    /// Nowhere: the stage keeps the guide.
    Nowhere,
    /// In place of TLS, before anything is read.
    Handshake,
    /// Before anything is read.
    Connection,
    /// Whatever asks for anything.
    Everyone,
    /// Whoever calls `/crm/oauth` with the right credentials.
    Oauth,
    /// Whatever calls `/crm/integrate`.
    Integrate,
    /// Whatever opens a link.
    Page,
    /// Whatever agrees on the page.
    Agreement,
    /// Whatever calls the Listing API.
    Listing,
    /// At the webhook, before the delivery that is as it should be.
    Hook,
    /// At the developer's mailbox, when a key has been delivered.
    Mail,
}

/// What a row knows of the run that it plays in.
pub(super) struct Scene {
    pub(super) address: SocketAddr,
    /// A server beside the stage, where nobody may come.
    pub(super) canary: SocketAddr,
    pub(super) hook: SocketAddr,
    pub(super) smtp: SocketAddr,
    /// The agency whose key is delivered; empty before that.
    pub(super) agency: String,
}

/// A running stage.
pub(super) struct Stage {
    pub(super) address: SocketAddr,
    strangers: Arc<AtomicUsize>,
}

struct Company {
    at: At,
    play: Play,
    secure: bool,
    address: SocketAddr,
    canary: SocketAddr,
    hook: SocketAddr,
    smtp: SocketAddr,
    /// The agency of each link, by its signature.
    links: Mutex<HashMap<String, String>>,
    keys: AtomicUsize,
}

impl Stage {
    /// A stage that delivers to a receiver at `hook` and writes to a mailbox at `smtp`.
    pub(super) fn open(at: At, play: Play, hook: SocketAddr, smtp: SocketAddr) -> Self {
        let strangers = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&strangers);
        let canary = listen(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (links, keys, secure) = (Mutex::default(), AtomicUsize::new(0), at == At::Handshake);
        let company = Arc::new(Company { at, play, secure, address, canary, hook, smtp, links, keys });
        serve(listener, move |mut stream| {
            // A connection that breaks is the other side's affair.
            let _ = company.receive(&mut stream);
        });
        Self { address, strangers }
    }

    /// How many have come where nobody may come.
    pub(super) fn strangers(&self) -> usize {
        self.strangers.load(Ordering::Relaxed)
    }
}

fn listen(receive: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    serve(listener, receive);
    address
}

fn serve(listener: TcpListener, receive: impl Fn(TcpStream) + Send + Sync + 'static) {
    let receive = Arc::new(receive);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let receive = Arc::clone(&receive);
            thread::spawn(move || receive(stream));
        }
    });
}

impl Company {
    fn scene(&self, agency: &str) -> Scene {
        let Self { address, canary, hook, smtp, .. } = *self;
        Scene { address, canary, hook, smtp, agency: agency.to_owned() }
    }

    fn receive(self: &Arc<Self>, stream: &mut TcpStream) -> io::Result<()> {
        if matches!(self.at, At::Handshake | At::Connection) {
            return (self.play)(stream, &self.scene(""));
        }
        self.converse(stream)
    }

    fn converse(self: &Arc<Self>, stream: &mut dyn Stream) -> io::Result<()> {
        let request = Request::read(stream)?;
        let at = request.at();
        let right = at != At::Oauth || request.is_authentic();
        if self.at == At::Everyone || self.at == at && right {
            return (self.play)(stream, &self.scene(""));
        }
        let (status, kind, body) = self.answer(at, &request);
        say(stream, &answer(status, &format!("Content-Type: {kind}\r\nCache-Control: no-store\r\n"), body.as_bytes()))
    }

    fn answer(self: &Arc<Self>, at: At, request: &Request) -> (&'static str, &'static str, String) {
        let as_json = |status, body: Value| (status, "application/json", body.to_string());
        let refused = || as_json("401 Unauthorized", json!({ "error": "refused" }));
        let page = |status, text: &str| (status, "text/html", format!("<!doctype html><body>{text}</body>"));
        match at {
            At::Oauth if request.is_authentic() => as_json("200 OK", json!({ "x-crm-token": TOKEN })),
            At::Integrate if request.has("authorization", &format!("Bearer {TOKEN}")) => {
                let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
                let Some(agency) = body["agencyId"].as_str().filter(|agency| !agency.is_empty()) else {
                    return as_json("400 Bad Request", json!({ "error": "agencyId" }));
                };
                as_json("200 OK", json!({ "url": self.link(agency) }))
            }
            At::Page => match self.agency(&request.target) {
                Some((signature, _)) => page("200 OK", &consent(&signature)),
                None => page("404 Not Found", "No such page."),
            },
            At::Agreement => match self.agency(&request.body) {
                Some((_, agency)) => {
                    let company = Arc::clone(self);
                    thread::spawn(move || company.deliver(&agency));
                    page("200 OK", "Your agency is connected.")
                }
                None => page("404 Not Found", "No such page."),
            },
            At::Listing if request.header("x-api-key").is_some_and(|key| key.starts_with(KEY)) => {
                as_json("201 Created", json!({ "id": 1 }))
            }
            _ => refused(),
        }
    }

    fn link(&self, agency: &str) -> String {
        let mut links = self.links.lock().unwrap();
        let signature = format!("sig{:032x}", 0x9e37_79b9_7f4a_7c15_u128 * (links.len() as u128 + 1));
        links.insert(signature.clone(), agency.to_owned());
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}/connect?signature={signature}", self.address)
    }

    fn agency(&self, text: &str) -> Option<(String, String)> {
        let signature = text.split_once("signature=")?.1.to_owned();
        let agency = self.links.lock().unwrap().get(&signature).cloned();
        agency.map(|agency| (signature, agency))
    }

    /// Lets the row have its word at the webhook, and then delivers as the guide has it, three retries included.
    fn deliver(&self, agency: &str) {
        let scene = self.scene(agency);
        if self.at == At::Hook
            && let Ok(mut stream) = TcpStream::connect(self.hook)
        {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = (self.play)(&mut stream, &scene);
        }
        let key = format!(
            "{KEY}{:032x}",
            0xd1b5_4a32_d192_ed03_u128 * (1 + self.keys.fetch_add(1, Ordering::Relaxed) as u128)
        );
        for _ in 0..4 {
            if post(self.hook, HOOK, &delivery(&key, agency)).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        if self.at == At::Mail
            && let Ok(mut stream) = TcpStream::connect(self.smtp)
        {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = (self.play)(&mut stream, &scene);
        }
    }
}

fn consent(signature: &str) -> String {
    format!(
        "<h1>Connect Example CRM?</h1><form method=post action=/agree><input type=hidden name=signature \
         value={signature}><button>Allow</button></form>"
    )
}

/// The body of a delivery.
pub(super) fn delivery(key: &str, agency: &str) -> Vec<u8> {
    json!({ "x-api-key": key, "agencyId": agency }).to_string().into_bytes()
}

/// The bytes of a POST of JSON.
pub(super) fn posted(target: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: crm.example\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Posts, and gives the answer.
pub(super) fn post(to: SocketAddr, target: &str, body: &[u8]) -> io::Result<String> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(&posted(target, body))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The bytes of an answer with its length; `headers` are whole lines.
pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Sends bytes.
pub(super) fn say(stream: &mut dyn Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// Speaks TLS with a certificate, and then as the guide has it.
pub(super) fn behind_tls(stream: &mut dyn Stream, scene: &Scene, identity: tls::Identity) -> io::Result<()> {
    let (links, keys) = (Mutex::default(), AtomicUsize::new(0));
    let Scene { address, canary, hook, smtp, .. } = *scene;
    let play: Play = |_, _| Ok(());
    let company = Company { at: At::Nowhere, play, secure: true, address, canary, hook, smtp, links, keys };
    let mut stream = tls::accept(stream, identity)?;
    Arc::new(company).converse(&mut stream)
}

/// A request as far as the stage looks at it.
struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    fn read(stream: &mut dyn Stream) -> io::Result<Self> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut words = head.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let header =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        let headers: Vec<_> = head.lines().skip(1).filter_map(header).collect();
        let mut request = Self { method, target, headers, body: String::new() };
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        request.body = String::from_utf8_lossy(&body).into_owned();
        Ok(request)
    }

    fn at(&self) -> At {
        match self.target.split('?').next().unwrap_or_default() {
            "/crm/oauth" => At::Oauth,
            "/crm/integrate" => At::Integrate,
            "/connect" => At::Page,
            "/agree" => At::Agreement,
            path if path.starts_with("/listings") => At::Listing,
            _ => At::Nowhere,
        }
    }

    /// Whether it asks for a token with the right credentials.
    fn is_authentic(&self) -> bool {
        self.method == "POST" && self.has("x-crm-client-id", CLIENT) && self.has("x-crm-client-secret", SECRET)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.header(name) == Some(value)
    }
}
