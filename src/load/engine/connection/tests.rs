use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// A target that answers by the byte: `script` gives for each connection what it says to each request on it, and whether it
/// closes the connection after the last.
struct Fake {
    destination: Arc<Destination>,
    opened: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
enum Then {
    Close,
    /// Says no more, and stays.
    Wait,
}

type Script = (&'static [&'static str], Then);

async fn fake(scripts: &'static [Script]) -> Fake {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let destination = to(listener.local_addr().unwrap());
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    tokio::spawn(async move {
        for (answers, then) in scripts {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                for answer in *answers {
                    if !heard(&mut stream).await {
                        return;
                    }
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
                if let Then::Wait = then {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    Fake { destination, opened }
}

/// Reads a request without a body.
async fn heard(stream: &mut TcpStream) -> bool {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => text.push(byte),
            Err(_) => return false,
        }
    }
    true
}

fn to(address: SocketAddr) -> Arc<Destination> {
    Arc::new(Destination { addresses: vec![address], tls: None, connect_within: Duration::from_secs(20) })
}

fn get() -> Call {
    Request::get("/").header("host", "target").body(Full::default()).unwrap()
}

impl Fake {
    async fn send(&self, connections: &mut Connections) -> Result<(u16, String), Trouble> {
        let mut call = Some(get());
        let sending = connections.send(&self.destination, &mut call, Keep::Answer);
        let answer = tokio::time::timeout(Duration::from_secs(20), sending).await.expect("an end")?;
        Ok((answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).unwrap()))
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

fn answered(body: &str) -> (u16, String) {
    (200, body.to_owned())
}

const ONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none";
const TWO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo";

#[tokio::test]
async fn a_connection_is_opened_once_and_kept() {
    let fake = fake(&[(&[ONE, TWO], Then::Wait)]).await;
    let mut connections = Connections::default();
    connections.open(&fake.destination).await.unwrap();
    assert_eq!(fake.send(&mut connections).await, Ok(answered("one")));
    assert_eq!(fake.send(&mut connections).await, Ok(answered("two")));
    assert_eq!(fake.opened(), 1);
}

#[tokio::test]
async fn every_way_to_end_a_body_is_understood() {
    let fake = fake(&[
        (
            &[
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\non\r\n1\r\ne\r\n0\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo",
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\nuntil the end",
            ],
            Then::Close,
        ),
        (&["HTTP/1.0 200 OK\r\n\r\nold"], Then::Close),
        (&["HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\none"], Then::Wait),
        (&[TWO], Then::Wait),
    ])
    .await;
    let mut connections = Connections::default();
    assert_eq!(fake.send(&mut connections).await, Ok(answered("one")));
    assert_eq!(fake.send(&mut connections).await, Ok(answered("two")));
    assert_eq!(fake.send(&mut connections).await, Ok((204, String::new())));
    assert_eq!(fake.send(&mut connections).await, Ok(answered("until the end")));
    assert_eq!(fake.send(&mut connections).await, Ok(answered("old")));
    assert_eq!(fake.send(&mut connections).await, Ok(answered("one")));
    assert_eq!(fake.send(&mut connections).await, Ok(answered("two")));
    assert_eq!(fake.opened(), 4);
}

#[tokio::test]
async fn a_request_that_finds_its_connection_closed_goes_on_a_new_one() {
    let fake = fake(&[(&[ONE], Then::Close), (&[TWO], Then::Wait)]).await;
    let mut connections = Connections::default();
    assert_eq!(fake.send(&mut connections).await, Ok(answered("one")));
    // The end of the stream may have come with the answer. If not, it comes while nothing is asked.
    if let Some(Open::One { pump, .. }) = &mut connections.0[0].1.open {
        tokio::time::timeout(Duration::from_secs(20), pump.connection().expect("not asked since"))
            .await
            .expect("it closes")
            .unwrap();
    }
    assert_eq!(fake.send(&mut connections).await, Ok(answered("two")));
    assert_eq!(fake.opened(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_is_not_asked_for_again() {
    let fake = fake(&[
        (&["HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nhalf"], Then::Close),
        (&["HTTP/1.1 200"], Then::Close),
        (&["SSH-2.0-OpenSSH_9.2\r\n\r\n"], Then::Wait),
        (&[ONE], Then::Wait),
    ])
    .await;
    let mut connections = Connections::default();
    assert_eq!(fake.send(&mut connections).await, Err(Trouble::Lost));
    assert_eq!(fake.send(&mut connections).await, Err(Trouble::Lost));
    assert_eq!(fake.send(&mut connections).await, Err(Trouble::Garbled));
    assert_eq!(fake.send(&mut connections).await, Ok(answered("one")), "the next request has a connection of its own");
    assert_eq!(fake.opened(), 4);
}

#[tokio::test]
async fn who_gives_up_waiting_never_gets_the_late_answer() {
    let fake = fake(&[(&[], Then::Wait), (&[TWO], Then::Wait)]).await;
    let mut connections = Connections::default();
    let mut call = Some(get());
    let waiting = connections.send(&fake.destination, &mut call, Keep::Answer);
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    assert_eq!(fake.send(&mut connections).await, Ok(answered("two")));
    assert_eq!(fake.opened(), 2);
}

#[tokio::test]
async fn of_a_large_body_a_mebibyte_is_kept_and_all_is_read() {
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", 3 << 20, "x".repeat(3 << 20));
    let answers: &'static [&'static str] = Vec::leak(vec![&*String::leak(large), ONE]);
    let fake = fake(Vec::leak(vec![(answers, Then::Wait)])).await;
    let mut connections = Connections::default();
    assert_eq!(fake.send(&mut connections).await.map(|(_, body)| body.len()), Ok(Keep::Answer.most()));
    assert_eq!(fake.send(&mut connections).await, Ok(answered("one")), "nothing of the first is left on the wire");
    assert_eq!(fake.opened(), 1);
}

#[tokio::test]
async fn a_target_that_is_not_there_is_no_connection() {
    // Bound, and not listening: nobody else gets the port meanwhile.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let gone = to(socket.local_addr().unwrap());
    let mut connections = Connections::default();
    assert_eq!(connections.open(&gone).await, Err(Trouble::Connect));
    assert_eq!(
        connections.send(&gone, &mut Some(get()), Keep::Nothing).await.map(|answer| answer.status),
        Err(Trouble::Connect)
    );
}

#[test]
fn the_host_of_an_http2_request_stands_in_its_target() {
    let call = absolute(Request::get("/a?b").header("host", "target:8443").body(Full::default()).unwrap());
    assert_eq!(call.uri(), "https://target:8443/a?b");
    assert!(!call.headers().contains_key("host"));
}

#[test]
fn the_future_of_a_request_is_small() {
    let mut connections = Connections::default();
    let destination = to(([127, 0, 0, 1], 1).into());
    let size = size_of_val(&connections.send(&destination, &mut Some(get()), Keep::Answer));
    assert!(size < 2048, "{size} bytes are moved for each request");
}
