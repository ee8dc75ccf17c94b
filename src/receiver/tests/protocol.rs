use super::*;
use crate::{evidence::Ended, receiver::StartError};

#[tokio::test]
async fn a_delivery_is_recorded_as_it_came() {
    let house = House::armed("[200]");
    let payload = body(ID, KEY);
    let request = format!(
        "POST {TARGET} HTTP/1.1\r\nhOsT: crm.example\r\nX-Two: b\r\nX-Two: a\r\ncontent-TYPE: Application/JSON; charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n{payload}",
        payload.len()
    );
    assert_eq!(status(&house.send(&request).await), 200);
    let Delivery { arrived, answered } = house.ended().await;
    let headers: Vec<_> = arrived.headers.iter().map(|header| format!("{}: {}", header.name, header.value)).collect();
    assert_eq!(
        headers,
        [
            "hOsT: crm.example",
            "X-Two: b",
            "X-Two: a",
            "content-TYPE: Application/JSON; charset=utf-8",
            format!("Content-Length: {}", payload.len()).as_str(),
        ]
    );
    assert_eq!((arrived.method.as_str(), arrived.target.as_str()), ("POST", TARGET));
    assert!(arrived.registered_target && arrived.json && !arrived.canary);
    assert_eq!(arrived.content_type, "application/json");
    assert_eq!(arrived.agency.as_deref(), Some(ID));
    assert_eq!((arrived.attempt, arrived.body_bytes), (1, payload.len() as u64));
    assert!(arrived.at_ms <= arrived.read_ms && arrived.read_ms <= answered.answered_ms);
    assert_eq!((answered.status, answered.ended), (200, Ended::Answered));
    assert!(arrived.key_outside_body.is_empty());
}

#[tokio::test]
async fn one_connection_carries_many_requests_even_ahead_of_their_answers() {
    let house = House::armed("[200, 503, 200]");
    let mut peer = house.connect().await;
    let request = delivery(ID, KEY);
    peer.write(&format!("{request}{request}")).await;
    assert_eq!((status(&peer.answer().await), status(&peer.answer().await)), (200, 503));
    peer.write(&request).await;
    assert_eq!(status(&peer.answer().await), 200);
    let connections: Vec<_> = house.deliveries().iter().map(|delivery| delivery.arrived.connection).collect();
    assert_eq!(connections, [connections[0]; 3]);
}

#[tokio::test]
async fn a_chunked_body_is_put_together() {
    let house = House::armed("[]");
    let payload = body(ID, KEY);
    let (one, two) = payload.split_at(10);
    let request = format!(
        "POST {TARGET} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         A;ext=1\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\nTrailer: x\r\n\r\n",
        two.len()
    );
    let mut peer = house.connect().await;
    peer.write(&request).await;
    assert_eq!(status(&peer.answer().await), 200);
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(status(&peer.answer().await), 200);
    let deliveries = house.deliveries();
    assert_eq!(deliveries[0].arrived.agency.as_deref(), Some(ID));
    assert_eq!(deliveries[0].arrived.body_digest, deliveries[1].arrived.body_digest);
}

#[tokio::test]
async fn a_peer_that_asks_first_is_told_to_go_on() {
    let house = House::armed("[200]");
    let payload = body(ID, KEY);
    let mut peer = house.connect().await;
    let length = payload.len();
    peer.write(&format!("POST {TARGET} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n")).await;
    assert_eq!(peer.answer().await, "HTTP/1.1 100 Continue\r\n\r\n");
    peer.write(&payload).await;
    assert_eq!(status(&peer.answer().await), 200);
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed_unless_it_asks_to_stay() {
    let house = House::armed("[200]");
    let payload = body(ID, KEY);
    let request =
        |more: &str| format!("POST {TARGET} HTTP/1.0\r\n{more}Content-Length: {}\r\n\r\n{payload}", payload.len());
    let mut peer = house.connect().await;
    peer.write(&request("Connection: keep-alive\r\n")).await;
    assert!(peer.answer().await.contains("Connection: keep-alive"));
    peer.write(&request("")).await;
    let (answer, error) = peer.rest().await;
    assert_eq!((status(&answer), error), (200, None));
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_counted() {
    for (bytes, refusal) in [
        ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
        (&format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(201)), 431),
        (&format!("GET /{} HTTP/1.1\r\n", "a".repeat(70_000)), 431),
    ] {
        let house = House::new();
        let mut peer = house.connect().await;
        peer.write(bytes).await;
        let (answer, _) = peer.rest().await;
        assert_eq!(status(&answer), refusal, "{bytes:.60}");
        assert_eq!(house.receiver.unreadable_requests(), 1, "{bytes:.60}");
        assert!(house.deliveries().is_empty());
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_recorded_and_refused() {
    let house = House::armed("[200]");
    let mut peer = house.connect().await;
    peer.write(&format!("POST {TARGET} HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n")).await;
    let (mut reader, mut writer) = tokio::io::split(peer.0);
    let flood = tokio::spawn(async move {
        let block = vec![b'a'; 1024 * 1024];
        while writer.write_all(&block).await.is_ok() {}
    });
    let mut answer = [0; 12];
    timeout(DEADLINE, reader.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    flood.abort();
    let arrived = house.ended().await.arrived;
    assert!(arrived.body_bytes > 100 * 1024 * 1024 && arrived.body.len() <= 16 * 1024);
}

#[tokio::test]
async fn another_path_or_method_is_recorded_all_the_same() {
    let house = House::armed("[503]");
    assert_eq!(status(&house.send(&post("/other", "application/json", &body(ID, KEY))).await), 503);
    assert_eq!(status(&house.send(&delivery(ID, KEY).replacen("POST", "PUT", 1)).await), 503);
    assert_eq!(status(&house.send(&delivery(ID, KEY).replacen(TARGET, &format!("http://a{TARGET}"), 1)).await), 503);
    let registered: Vec<_> = house.deliveries().iter().map(|delivery| delivery.arrived.registered_target).collect();
    assert_eq!(registered, [false, false, true]);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let house = House::new();
    let recorder = Recorder::new(Clock::new(), |_| {});
    let listen = house.receiver.address();
    let second = Settings { listen, target: "/".into(), recorder, vault: Vault::new() };
    let error = Receiver::start(second).err().unwrap();
    assert!(matches!(error, StartError::Taken { .. }), "{error:?}");
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}

#[tokio::test]
async fn a_dropped_receiver_stops() {
    let house = House::armed("[{ fault: never-answer }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(house.receiver.wait_for(ID, 1, DEADLINE).await, 1);
    let address = house.receiver.address();
    drop(house.receiver);
    assert_eq!(peer.rest().await.0, "");
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, refused).await.expect("nothing listens any more");
}

#[tokio::test]
async fn a_probe_comes_back_and_is_no_delivery() {
    let house = House::armed("[503]");
    let url = house.receiver.url();
    assert!(house.receiver.probe(&url).await);
    assert!(!house.receiver.probe("http://127.0.0.1:1/hook").await);
    let forged = "POST / HTTP/1.1\r\nx-matchproof-probe: 00\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(status(&house.send(forged).await), 200, "an unknown nonce is a request like any other");
    let evidence = house.evidence();
    assert_eq!(evidence.deliveries.len(), 1);
    let answered: Vec<_> = evidence.probes.iter().map(|probe| (probe.answered, probe.trouble.is_some())).collect();
    assert_eq!(answered, [(true, false), (false, true)]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_answered_or_closed(
        bytes in proptest::prop_oneof![
            proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
            "(GET|POST|P) /[a-z?=%]{0,9} HTTP/1.[012]\r\n((Host|Content-Length|Transfer-Encoding|Expect): ?(chunked|100-continue|[0-9]{1,3}|[ -~]{0,9})\r\n){0,4}\r\n[0-9a-f]{0,3}\r\n.{0,40}"
                .prop_map(String::into_bytes),
        ],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let house = House::new();
            let mut peer = house.connect().await;
            peer.0.write_all(&bytes).await.unwrap();
            // The FIN says that nothing more comes, so that an unfinished request ends at once.
            peer.0.shutdown().await.unwrap();
            let mut rest = Vec::new();
            let _ = timeout(DEADLINE, peer.0.read_to_end(&mut rest)).await.expect("the receiver ends the connection");
            // A connection that panicked would leave its exchange unrecorded, and the receiver would still live.
            assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 "));
            assert!(house.deliveries().iter().all(|delivery| delivery.answered.ended != Ended::Open));
        });
    }
}

use proptest::strategy::Strategy as _;
