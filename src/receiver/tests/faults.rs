use super::*;
use crate::{
    evidence::Ended,
    receiver::{FAULTS, Stage},
};

#[test]
fn every_fault_has_a_row_of_its_own_and_known_arguments() {
    for fault in FAULTS {
        assert_eq!(FAULTS.iter().filter(|other| other.name == fault.name).count(), 1, "{}", fault.name);
        assert!(fault.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", fault.name);
        let of_request = fault.stage() == Stage::Request;
        assert_eq!(script(&format!("[{{ fault: {} }}]", fault.name)).is_ok(), of_request, "{}", fault.name);
        for argument in fault.arguments {
            let value = match *argument {
                "status" => fault.statuses.first().unwrap_or(&503).to_string(),
                "headers" => "{ A: b }".into(),
                "body" => "text".into(),
                "size" => "7".into(),
                _ => "1s".into(),
            };
            let answer = format!("[{{ fault: {}, {argument}: {value} }}]", fault.name);
            assert!(script(&answer).is_ok(), "{answer}");
        }
    }
}

#[tokio::test]
async fn close_sends_a_fin_and_nothing_else() {
    let house = House::armed("[{ fault: close }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(peer.rest().await, (String::new(), None));
    let answered = house.ended().await.answered;
    assert_eq!((answered.status, answered.ended, answered.fault.as_str()), (0, Ended::WeClosed, "close"));
    assert!(answered.connection_fault && answered.ended_ms > 0.0);
    assert!(house.receiver.attempts(ID)[0].connection_fault);
}

#[tokio::test]
async fn reset_sends_a_rst_and_nothing_else() {
    let house = House::armed("[{ fault: reset }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(peer.rest().await, (String::new(), Some(std::io::ErrorKind::ConnectionReset)));
    assert_eq!(house.ended().await.answered.ended, Ended::WeReset);
}

#[tokio::test]
async fn an_answer_cut_in_its_middle_announces_more_than_it_sends() {
    for (fault, error, ended) in [
        ("close-mid-answer", None, Ended::WeClosed),
        ("reset-mid-answer", Some(std::io::ErrorKind::ConnectionReset), Ended::WeReset),
    ] {
        let house = House::armed(&format!("[{{ fault: {fault}, body: '0123456789' }}]"));
        let mut peer = house.connect().await;
        peer.write(&delivery(ID, KEY)).await;
        let (answer, met) = peer.rest().await;
        assert!(answer.contains("Content-Length: 10\r\n") && answer.ends_with("\r\n\r\n01234"), "{answer}");
        assert_eq!(met, error, "{fault}");
        let answered = house.ended().await.answered;
        assert_eq!((answered.status, answered.ended), (200, ended));
        assert!(answered.answered_ms.abs() < f64::EPSILON, "an answer that was cut was never whole");
    }
}

#[tokio::test]
async fn a_peer_that_gives_up_is_seen_at_once() {
    let house = House::armed("[{ fault: never-answer }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(house.receiver.wait_for(ID, 1, DEADLINE).await, 1);
    assert_eq!(house.receiver.open_exchanges(), 1);
    drop(peer);
    let Delivery { arrived, answered } = house.ended().await;
    assert_eq!((answered.status, answered.ended), (0, Ended::PeerClosed));
    assert!(answered.ended_ms >= arrived.read_ms && !answered.connection_fault);
    assert!(house.receiver.last_activity_ms() >= answered.ended_ms);
}

#[tokio::test]
async fn a_peer_that_resets_is_told_from_one_that_closes() {
    let house = House::armed("[{ delay: 190s }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(house.receiver.wait_for(ID, 1, DEADLINE).await, 1);
    peer.0.set_zero_linger().unwrap();
    drop(peer);
    assert_eq!(house.ended().await.answered.ended, Ended::PeerReset);
}

#[tokio::test]
async fn a_hold_has_an_end() {
    let house = House::armed("[{ fault: never-answer, hold: 30ms }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(peer.rest().await, (String::new(), None));
    let Delivery { arrived, answered } = house.ended().await;
    assert_eq!(answered.ended, Ended::WeClosed);
    assert!(answered.ended_ms - arrived.read_ms >= 30.0);
}

#[tokio::test]
async fn an_interim_status_is_sent_and_nothing_follows() {
    let house = House::armed("[103]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(peer.answer().await, "HTTP/1.1 103 Early Hints\r\n\r\n");
    drop(peer);
    let answered = house.ended().await.answered;
    assert_eq!((answered.status, answered.ended), (103, Ended::PeerClosed));
}

#[tokio::test]
async fn slow_drips_the_whole_answer() {
    let house = House::armed("[{ fault: slow, drip: 1ms, body: done }]");
    let answer = house.send(&delivery(ID, KEY)).await;
    assert!(answer.ends_with("\r\n\r\ndone"), "{answer}");
    let Delivery { arrived, answered } = house.ended().await;
    assert!(answered.answered_ms - arrived.read_ms >= 50.0, "an answer has more than 50 bytes");
}

#[tokio::test]
async fn a_peer_that_leaves_amid_a_slow_answer_is_seen() {
    let house = House::armed("[{ fault: slow }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    timeout(DEADLINE, peer.0.read_u8()).await.unwrap().unwrap();
    drop(peer);
    let answered = house.ended().await.answered;
    assert_eq!(answered.status, 200);
    assert!(matches!(answered.ended, Ended::PeerClosed | Ended::PeerReset), "{answered:?}");
}

#[tokio::test]
async fn a_redirect_leads_to_the_canary_which_knows_whose_it_was() {
    let house = House::armed("[{ fault: redirect, status: 302 }]");
    let answer = house.send(&delivery(ID, KEY)).await;
    let location = answer.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
    assert!(location.starts_with(&house.receiver.canary_url()) && status(&answer) == 302, "{answer}");
    assert_ne!(house.receiver.canary_url(), house.receiver.url());
    let url = url::Url::parse(location).unwrap();
    let canary = TcpStream::connect(("127.0.0.1", url.port().unwrap())).await.unwrap();
    let mut peer = Peer(canary);
    peer.write(&format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", url.path())).await;
    assert_eq!(status(&peer.answer().await), 200);
    let followed = house.deliveries().pop().unwrap().arrived;
    assert!(followed.canary && !followed.registered_target);
    assert_eq!((followed.agency.as_deref(), followed.attempt), (Some(ID), 1));
    assert_eq!(house.receiver.wait_for(ID, 0, DEADLINE).await, 1, "the canary is no attempt");
    assert_eq!(house.receiver.attempts(ID).len(), 1);
}
