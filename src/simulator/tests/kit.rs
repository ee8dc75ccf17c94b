use std::{net::SocketAddr, sync::Arc, time::Duration};

use reqwest::{
    Method, StatusCode,
    header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE},
};
use scraper::{Html, Selector};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
};

use crate::{
    secret::Secret,
    simulator::{Behaviour, Config, Partner, Simulator},
};

/// No test waits for longer.
const DEADLINE: Duration = Duration::from_secs(30);
pub(super) const ID: &str = "crm-one";
pub(super) const SECRET: &str = "Secret-of-the-first-CRM-0123456789";
pub(super) const OTHER_ID: &str = "crm-two";
pub(super) const OTHER_SECRET: &str = "Password-of-the-second-CRM-987654";
pub(super) const ACCOUNTS: [&str; 3] = ["a@flats.example", "b@homes.example", "c@keys.example"];
pub(super) const PASSWORD: &str = "correct horse";

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The token or link of an answer, wherever it stands: the longest text of any header or JSON member or page's link,
    /// or the body itself.
    pub(super) fn value(&self) -> Option<String> {
        let mut found: Vec<String> = ["x-crm-token", "location"].map(|name| self.header(name).to_owned()).to_vec();
        match serde_json::from_str(&self.body) {
            Ok(json) => texts(&json, &mut found),
            Err(_) if self.body.contains('<') => {
                let html = Html::parse_document(&self.body);
                let links = Selector::parse("a[href]").unwrap();
                found.extend(html.select(&links).filter_map(|link| link.attr("href")).map(str::to_owned));
            }
            Err(_) => found.push(self.body.clone()),
        }
        found.into_iter().filter(|text| text.len() >= 40).max_by_key(String::len)
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn texts(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

/// A platform, a webhook and an HTTP client.
pub(super) struct Kit {
    pub(super) platform: Simulator,
    pub(super) sink: Sink,
    http: reqwest::Client,
}

impl Kit {
    pub(super) async fn new(alter: impl FnOnce(&mut Behaviour)) -> Self {
        Self::with(Sink::start().await, alter, |_| {})
    }

    pub(super) fn with(sink: Sink, alter: impl FnOnce(&mut Behaviour), set: impl FnOnce(&mut Config)) -> Self {
        let mut behaviour = Behaviour::brisk();
        alter(&mut behaviour);
        let partner = |id: &str, secret: &str| Partner {
            client_id: id.into(),
            client_secret: Secret::new(secret),
            webhook_url: format!("http://{}/hooks/matchouse?tenant={id}", sink.address),
            developer_email: "dev@crm.example".into(),
        };
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let mut config = Config {
            listen: any,
            control: any,
            partners: vec![partner(ID, SECRET), partner(OTHER_ID, OTHER_SECRET)],
            accounts: ACCOUNTS.map(|email| (email.to_owned(), Secret::new(PASSWORD))).to_vec(),
            behaviour,
            seed: 1,
            smtp: None,
            state: None,
        };
        set(&mut config);
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { platform: Simulator::start(config).unwrap(), sink, http }
    }

    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let url = if url.starts_with('/') { format!("{}{url}", self.platform.base_url()) } else { url.to_owned() };
        let mut request = self.http.request(method, url).timeout(DEADLINE).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    pub(super) async fn oauth(&self, id: &str, secret: &str) -> Answer {
        let headers = [("x-crm-client-id", id), ("x-crm-client-secret", secret)];
        self.send(Method::POST, "/crm/oauth", &headers, "").await
    }

    pub(super) async fn token(&self) -> String {
        let answer = self.oauth(ID, SECRET).await;
        answer.value().unwrap_or_else(|| panic!("no token: {answer:?}"))
    }

    pub(super) async fn integrate(&self, token: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(Method::POST, "/crm/integrate", &[("authorization", &bearer)], body.to_owned()).await
    }

    pub(super) async fn link(&self, token: &str, agency: &str) -> String {
        let answer = self.integrate(token, &json!({ "agencyId": agency }).to_string()).await;
        answer.value().unwrap_or_else(|| panic!("no link: {answer:?}"))
    }

    /// Moves the clock.
    pub(super) async fn advance(&self, period: Duration) {
        let url = format!("{}/clock", self.platform.control_url());
        let body = json!({ "advance_ms": u64::try_from(period.as_millis()).unwrap() }).to_string();
        assert_eq!(self.send(Method::POST, &url, &[], body).await.status, 200);
    }

    /// Connects an agency with an account, and gives its delivery.
    pub(super) async fn connect(&self, agency: &str, account: usize) -> Delivery {
        let token = self.token().await;
        let link = self.link(&token, agency).await;
        let mut visitor = Visitor::new(self);
        let page = visitor.log_in(&link, ACCOUNTS[account]).await;
        assert_eq!(visitor.press(&page, "agree").await.status, 200);
        self.sink.next().await
    }

    pub(super) async fn listing(&self, method: Method, path: &str, key: &str, body: &str) -> Answer {
        self.send(method, path, &[("x-api-key", key)], body.to_owned()).await
    }
}

/// An agency at the page, with its cookies.
pub(super) struct Visitor<'a> {
    kit: &'a Kit,
    pub(super) cookie: String,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(kit: &'a Kit) -> Self {
        Self { kit, cookie: String::new() }
    }

    pub(super) async fn get(&mut self, url: &str) -> Answer {
        self.follow(Method::GET, url, String::new()).await
    }

    async fn follow(&mut self, method: Method, url: &str, body: String) -> Answer {
        let headers = [(COOKIE.as_str(), self.cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let mut answer = self.kit.send(method, url, &headers, body).await;
        if let Some(cookie) = answer.headers.get(SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        if answer.status == StatusCode::SEE_OTHER {
            let to = answer.headers[LOCATION].to_str().unwrap().to_owned();
            answer = Box::pin(self.get(&to)).await;
        }
        answer
    }

    /// Fills in and sends the form of a page; hidden fields go along.
    pub(super) async fn fill(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let (action, body) = {
            let html = Html::parse_document(&page.body);
            let form =
                html.select(&Selector::parse("form").unwrap()).next().unwrap_or_else(|| panic!("no form: {page:?}"));
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            for input in form.select(&Selector::parse("input[type=hidden]").unwrap()) {
                body.append_pair(input.attr("name").unwrap(), input.attr("value").unwrap());
            }
            body.extend_pairs(fields);
            (form.attr("action").unwrap().to_owned(), body.finish())
        };
        self.follow(Method::POST, &action, body).await
    }

    pub(super) async fn press(&mut self, page: &Answer, decision: &str) -> Answer {
        self.fill(page, &[("decision", decision)]).await
    }

    /// Opens a link, logs in and gives the consent page.
    pub(super) async fn log_in(&mut self, link: &str, email: &str) -> Answer {
        let mut page = self.get(link).await;
        if page.body.contains("new-password") {
            // The link opens the registration.
            page = self.get(&link.replace("/connect?", "/connect/login?")).await;
        }
        let page = self.fill(&page, &[("email", email)]).await;
        self.fill(&page, &[("password", PASSWORD)]).await
    }
}

/// A request that came to the webhook.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) head: String,
    pub(super) body: String,
    pub(super) at: std::time::Instant,
}

impl Delivery {
    pub(super) fn key(&self) -> String {
        self.json()["x-api-key"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn agency(&self) -> Value {
        self.json()["agencyId"].clone()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// What the webhook does with a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Status(u16),
    Redirect(String),
    /// 503, and asks for a wait of this many seconds.
    Later(u64),
    /// Never answers.
    Hang,
    /// Closes without an answer.
    Close,
    /// Resets the connection.
    Reset,
}

type Script = Box<dyn Fn(&Delivery, usize) -> Reply + Send + Sync>;

/// A tiny webhook on a raw socket.
pub(super) struct Sink {
    pub(super) address: SocketAddr,
    script: Arc<Mutex<Script>>,
    seen: Mutex<mpsc::UnboundedReceiver<Delivery>>,
}

impl Sink {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(|_, _| Reply::Status(200))));
        let (told, seen) = mpsc::unbounded_channel();
        let replies = Arc::clone(&script);
        tokio::spawn(async move {
            let mut count = 0;
            while let Ok((stream, _)) = listener.accept().await {
                count += 1;
                tokio::spawn(serve(stream, count, Arc::clone(&replies), told.clone()));
            }
        });
        Self { address, script, seen: Mutex::new(seen) }
    }

    /// Answers by what came and by its number among all, from 1.
    pub(super) async fn answer(&self, script: impl Fn(&Delivery, usize) -> Reply + Send + Sync + 'static) {
        *self.script.lock().await = Box::new(script);
    }

    pub(super) async fn next(&self) -> Delivery {
        tokio::time::timeout(DEADLINE, self.seen.lock().await.recv()).await.expect("a delivery in time").unwrap()
    }

    pub(super) async fn take(&self, count: usize) -> Vec<Delivery> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(self.next().await);
        }
        all
    }

    /// Whether nothing has come that was not taken.
    pub(super) async fn is_quiet(&self) -> bool {
        self.seen.lock().await.try_recv().is_err()
    }
}

async fn serve(
    mut stream: TcpStream,
    number: usize,
    script: Arc<Mutex<Script>>,
    told: mpsc::UnboundedSender<Delivery>,
) {
    let at = std::time::Instant::now();
    let mut bytes = Vec::new();
    let delivery = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            break Delivery { head: head.to_owned(), body: body.to_owned(), at };
        }
    };
    let reply = script.lock().await(&delivery, number);
    told.send(delivery).unwrap();
    let answer = match reply {
        Reply::Status(status) => format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n"),
        Reply::Redirect(to) => format!("HTTP/1.1 307 X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
        Reply::Later(seconds) => format!("HTTP/1.1 503 X\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\r\n"),
        Reply::Hang => {
            // Until the sender gives up.
            let _ = stream.read_buf(&mut bytes).await;
            return;
        }
        Reply::Close => return,
        Reply::Reset => return stream.set_zero_linger().unwrap(),
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.read_buf(&mut bytes).await;
}
