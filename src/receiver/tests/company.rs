//! Bad company: what others send to the receiver must not cost a run any of its own deliveries.

use super::*;

const IDLE: usize = 200;
const SLOW: usize = 50;
const UNSOLICITED: usize = 2_000;
const OWN: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_slow_unsolicited_and_broken_requests_cost_no_delivery() {
    let house = House::new();
    for number in 0..OWN {
        let id = format!("own-{number:012}");
        house.arm(&id, &id, "[503, 200]");
    }
    let mut held = Vec::new();
    for number in 0..IDLE + SLOW {
        let mut peer = house.connect().await;
        if number >= IDLE {
            peer.write("POST /hook HTTP/1.1\r\nHost: a").await;
        }
        held.push(peer);
    }
    let own = async {
        for number in 0..OWN {
            let request = delivery(&format!("own-{number:012}"), &format!("{KEY}{number:04}"));
            assert_eq!([status(&house.send(&request).await), status(&house.send(&request).await)], [503, 200]);
        }
    };
    let all = async { tokio::join!(unsolicited(&house), garbage(&house), large(&house), own) };
    timeout(4 * DEADLINE, all).await.expect("all are answered");
    let evidence = house.evidence();
    for number in 0..OWN {
        let attempts: Vec<u16> =
            evidence.deliveries_of(&format!("own-{number:012}")).map(|delivery| delivery.answered.status).collect();
        assert_eq!(attempts, [503, 200]);
    }
    let strangers: Vec<_> = evidence.deliveries.values().filter(|one| one.arrived.agency.is_none()).collect();
    assert_eq!(strangers.len(), UNSOLICITED + 1, "each is counted");
    let told = strangers.iter().filter(|one| !one.arrived.body.is_empty()).count();
    assert!(told <= 200, "{told} are told of");
    assert!(house.vault.all().len() < 20_000, "what strangers say does not fill the vault");
    drop(held);
}

async fn unsolicited(house: &House) {
    let mut peer = house.connect().await;
    for number in 0..UNSOLICITED {
        let text = format!("a-run-of-letters-{number:020} ").repeat(20);
        peer.write(&post(TARGET, "text/plain", &text)).await;
        assert_eq!(status(&peer.answer().await), 200);
    }
}

async fn garbage(house: &House) {
    for bytes in [&b"\0\xff\xfe garbage\r\n\r\n"[..], b"GET\r\n\r\n", b"\r\n\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"]
    {
        let mut peer = house.connect().await;
        peer.0.write_all(bytes).await.unwrap();
        peer.0.shutdown().await.unwrap();
        peer.bytes().await;
    }
}

async fn large(house: &House) {
    let mut peer = house.connect().await;
    let length = 8 << 20;
    peer.write(&format!("POST {TARGET} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n")).await;
    peer.0.write_all(&vec![b'a'; length]).await.unwrap();
    assert_eq!(status(&peer.answer().await), 200);
}

#[tokio::test]
async fn a_process_that_is_busy_with_something_else_holds_no_answer_up() {
    use std::io::{Read as _, Write as _};
    let house = House::armed("[503]");
    // None of it is awaited, so the runtime that started the receiver does nothing else meanwhile.
    let mut stream = std::net::TcpStream::connect(house.receiver.address()).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(delivery(ID, KEY).as_bytes()).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 503");
}
