use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    thread,
    time::Duration,
};

use futures::StreamExt as _;
use tokio::time::timeout;

use super::*;
use crate::journal::{EVIDENCE, read_evidence};

/// Far longer than anything here takes; only a test that fails waits for it.
const DEADLINE: Duration = Duration::from_secs(20);

const TOKEN: &str = "a-token-of-this-test";
const KEY: &str = "mh_live_9fQ2xT7vLpR4sW8yBzK3nD6m";

struct House {
    receive: Receive,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl House {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings = Settings {
            listen: local,
            target: "/hook".into(),
            script: serde_json::from_str(script).unwrap(),
            control: local,
            token: Secret::new(TOKEN),
            folder: Folder::create(&folder.path().join("run")).unwrap(),
        };
        let http =
            reqwest::Client::builder().no_proxy().retry(reqwest::retry::never()).timeout(DEADLINE).build().unwrap();
        Self { receive: Receive::start(settings).unwrap(), http, _folder: folder }
    }

    async fn deliver(&self, agency: &str) -> u16 {
        let body = serde_json::json!({ "x-api-key": KEY, "agencyId": agency }).to_string();
        let sent =
            self.http.post(self.receive.url()).header("content-type", "application/json").body(body).send().await;
        sent.map_or(0, |answer| answer.status().as_u16())
    }

    async fn order(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let url = format!("{}{path}", self.receive.control_url());
        let request = self.http.request(method.parse().unwrap(), url).bearer_auth(TOKEN).body(body.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn every_agency_is_answered_by_the_script_from_its_begin() {
    let mut house = House::new("[503, 200]");
    let mut statuses = Vec::new();
    for agency in ["one", "one", "two", "two", "two"] {
        statuses.push(house.deliver(agency).await);
    }
    assert_eq!(statuses, [503, 200, 503, 200, 200]);
    let line = timeout(DEADLINE, house.receive.line()).await.unwrap().unwrap();
    assert!(line.contains("webhook  one  attempt 1  mp-key-") && line.contains("-> 503  "), "{line}");
}

#[tokio::test]
async fn orders_change_scripts_for_all_and_for_one() {
    let house = House::new("[200]");
    assert_eq!(house.deliver("one").await, 200);
    assert_eq!(house.order("PUT", "/script", "[500]").await.0, 204);
    assert_eq!(house.order("PUT", "/scripts/two", "{ answers: [404, 200], repeat: true }").await.0, 204);
    let statuses = [house.deliver("one").await, house.deliver("two").await, house.deliver("two").await];
    assert_eq!(statuses, [500, 404, 200]);
    assert_eq!(house.order("DELETE", "/scripts/two", "").await.0, 204);
    assert_eq!(house.deliver("two").await, 500);
}

#[tokio::test]
async fn a_wrong_order_is_refused_and_says_what_is_wrong() {
    let house = House::new("[200]");
    let (status, told) = house.order("PUT", "/script", "[503, { fault: clse }]").await;
    assert!(status == 400 && told.contains("did you mean `close`?") && told.contains("script:1:"), "{told}");
    let (status, told) = house.order("PUT", "/disturbance", "{ fault: close }").await;
    assert!(status == 400 && told.contains("acts on one request"), "{told}");
    assert_eq!(house.order("GET", "/nothing", "").await.0, 404);
    let unknown = house.http.get(format!("{}/deliveries", house.receive.control_url())).send().await.unwrap();
    assert_eq!(unknown.status(), 401);
    assert_eq!(house.deliver("one").await, 200, "nothing was changed");
}

#[tokio::test]
async fn a_disturbance_is_ordered_and_ended() {
    let house = House::new("[200]");
    assert_eq!(house.order("PUT", "/disturbance", "{ fault: refused }").await.0, 204);
    assert_eq!(house.deliver("one").await, 0);
    assert_eq!(house.order("DELETE", "/disturbance", "").await.0, 204);
    assert_eq!(house.deliver("one").await, 200);
}

#[tokio::test]
async fn what_comes_is_told_as_lines_and_as_events_while_it_comes() {
    let mut house = House::new("[503]");
    house.deliver("one").await;
    // Who was answered may ask before the end is noted; a line is told after it.
    timeout(DEADLINE, house.receive.line()).await.unwrap().unwrap();
    let (_, told) = house.order("GET", "/deliveries", "").await;
    let records: Vec<serde_json::Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records[0]["record"], "arrived");
    assert_eq!((records[0]["agency"].as_str(), &records[1]["status"]), (Some("one"), &503.into()));
    assert!(!told.contains(KEY));
    for (accept, begins) in [("text/event-stream", "data: {"), ("*/*", "{")] {
        let url = format!("{}/deliveries?follow=true", house.receive.control_url());
        let following = house.http.get(url).bearer_auth(TOKEN).header("accept", accept).send().await.unwrap();
        let mut following = following.bytes_stream();
        let agency = format!("later, as {accept}");
        house.deliver(&agency).await;
        let mut seen = String::new();
        let told = async {
            while !seen.contains(&agency) {
                seen.push_str(&String::from_utf8_lossy(&following.next().await.unwrap().unwrap()));
            }
        };
        timeout(DEADLINE, told).await.expect("what came later is told");
        assert!(seen.starts_with(begins), "{seen}");
    }
}

#[tokio::test]
async fn all_is_on_disk_at_the_end_and_no_secret_with_it() {
    let mut house = House::new("[503, 200]");
    house.deliver("one").await;
    house.deliver("one").await;
    for _ in 0..2 {
        timeout(DEADLINE, house.receive.line()).await.unwrap().unwrap();
    }
    let (closed, folder, vault) = house.receive.end().unwrap();
    assert_eq!(closed.lost, 0);
    let read = read_evidence(folder.path()).unwrap();
    let statuses: Vec<u16> = read.evidence.deliveries.values().map(|delivery| delivery.answered.status).collect();
    assert_eq!(statuses, [503, 200]);
    assert!(read.evidence.end.is_some() && !read.torn);
    assert!(crate::journal::search(folder.path(), &vault).unwrap().leaks.is_empty());
}

#[test]
fn whoever_still_delivers_at_the_end_gets_nothing_that_is_not_on_disk() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let House { mut receive, _folder, .. } = runtime.block_on(async { House::new("[200]") });
    let address = receive.receiver.address();
    let senders: Vec<_> =
        (0..4).map(|_| thread::spawn(move || (0..100_000).take_while(|_| is_taken(address)).count())).collect();
    runtime.block_on(async { timeout(DEADLINE, receive.line()).await.unwrap().unwrap() });
    drop(runtime);
    let (closed, folder, _) = receive.end().unwrap();
    let taken: usize = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
    assert_eq!(closed.lost, 0);
    let deliveries = read_evidence(folder.path()).unwrap().evidence.deliveries.len();
    assert!(deliveries >= taken, "{deliveries} of {taken} are on disk");
    let written = std::fs::read_to_string(folder.path().join(EVIDENCE)).unwrap();
    assert!(written.lines().last().unwrap().contains("\"end\""), "nothing stands behind the end");
}

/// Whether a delivery is answered 200, on a connection of its own.
fn is_taken(address: SocketAddr) -> bool {
    let body = format!(r#"{{"x-api-key":"{KEY}","agencyId":"one"}}"#);
    let request = format!(
        "POST /hook HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut answer = [0; 12];
    let mut exchange = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.write_all(request.as_bytes())?;
        stream.read_exact(&mut answer)
    };
    exchange().is_ok() && answer.ends_with(b"200")
}

#[tokio::test]
async fn a_control_port_for_other_machines_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        target: "/hook".into(),
        script: Script::success(),
        control: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        token: Secret::new(TOKEN),
        folder: Folder::create(folder.path()).unwrap(),
    };
    assert!(matches!(Receive::start(settings), Err(ReceiveError::Exposed { .. })));
}
