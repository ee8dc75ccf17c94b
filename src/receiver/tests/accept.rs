//! Faults that meet a connection before anything is read, and the port that they take.

use std::io::ErrorKind;

use super::*;
use crate::{
    evidence::{Blind, Ended},
    receiver::{AcceptFault, door::Door},
};

fn fault(name: &str) -> AcceptFault {
    serde_json::from_value(name.into()).unwrap()
}

impl House {
    async fn disturbed(name: &str) -> Self {
        let house = Self::armed("[200]");
        house.receiver.disturb(fault(name), "a.yaml").await.unwrap();
        house
    }

    fn blind(&self) -> Vec<Blind> {
        self.evidence().blind
    }
}

#[tokio::test]
async fn whoever_connects_is_reset_or_closed_before_anything_is_read() {
    for (name, by_fin, ended) in
        [("reset-at-accept", false, Ended::WeReset), ("close-at-accept", true, Ended::WeClosed)]
    {
        let house = House::disturbed(name).await;
        let seen = match TcpStream::connect(house.receiver.address()).await {
            Ok(stream) => Peer(stream).bytes().await,
            // It may come before the connection is looked at.
            Err(error) => (Vec::new(), error.kind() != std::io::ErrorKind::ConnectionReset),
        };
        assert_eq!(seen, (Vec::new(), by_fin), "{name}");
        assert_eq!(house.receiver.wait_for_knocks(1, DEADLINE).await, 1);
        let knocks = house.receiver.restore().await.unwrap();
        assert_eq!((knocks.len(), knocks[0].ended, knocks[0].fault.as_str()), (1, ended, name));
        assert!(knocks[0].ended_ms >= knocks[0].at_ms && knocks[0].at_ms > 0.0);
        assert_eq!(house.evidence().knocks.into_values().collect::<Vec<_>>(), knocks);
        assert_eq!(house.deliver().await, 200, "it is over");
        let blind = house.blind();
        assert_eq!((blind.len(), blind[0].scenario.as_str()), (1, "a.yaml"));
        assert!(blind[0].to_ms >= blind[0].from_ms && blind[0].why.contains(name));
    }
}

#[tokio::test]
async fn a_connection_that_is_never_read_ends_when_its_peer_leaves() {
    for (resets, ended) in [(false, Ended::PeerClosed), (true, Ended::PeerReset)] {
        let house = House::disturbed("never-read").await;
        let mut peer = house.connect().await;
        peer.write(&delivery(ID, KEY)).await;
        assert_eq!(house.receiver.wait_for_knocks(1, Duration::from_millis(50)).await, 0, "it is held");
        if resets {
            peer.0.set_zero_linger().unwrap();
        }
        drop(peer);
        assert_eq!(house.receiver.wait_for_knocks(1, DEADLINE).await, 1);
        assert_eq!(house.receiver.restore().await.unwrap()[0].ended, ended);
        assert!(house.deliveries().is_empty(), "nothing was read");
    }
}

#[tokio::test]
async fn a_refused_port_is_the_same_port_when_it_is_up_again() {
    let house = House::disturbed("refused").await;
    let refused = TcpStream::connect(house.receiver.address()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert!(house.receiver.restore().await.unwrap().is_empty(), "a closed port sees nobody");
    assert_eq!(house.deliver().await, 200);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_full_backlog_lets_nobody_in_and_refuses_nobody() {
    let house = House::disturbed("backlog-full").await;
    let connecting = TcpStream::connect(house.receiver.address());
    assert!(timeout(Duration::from_millis(300), connecting).await.is_err());
    house.receiver.restore().await.unwrap();
    assert_eq!(house.deliver().await, 200);
}

#[tokio::test]
async fn idle_connections_are_closed_when_a_disturbance_begins() {
    let house = House::armed("[200]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert_eq!(status(&peer.answer().await), 200);
    house.receiver.disturb(fault("reset-at-accept"), "").await.unwrap();
    assert_eq!(peer.bytes().await, (Vec::new(), true));
}

#[tokio::test]
async fn one_disturbance_ends_the_one_before_and_a_second_end_is_none() {
    let house = House::disturbed("refused").await;
    house.receiver.disturb(fault("close-at-accept"), "").await.unwrap();
    assert_eq!(house.connect().await.bytes().await, (Vec::new(), true));
    house.receiver.restore().await.unwrap();
    assert!(house.receiver.restore().await.unwrap().is_empty());
    assert_eq!(house.blind().len(), 2);
    assert_eq!(house.deliver().await, 200);
}

#[test]
fn a_fault_stands_where_its_stage_is() {
    let wrong = serde_json::from_value::<AcceptFault>("close".into()).unwrap_err().to_string();
    assert!(wrong.contains("acts on one request"), "{wrong}");
    let wrong = script("[{ fault: refused }]").unwrap_err().join("");
    assert!(wrong.contains("step `disturb`"), "{wrong}");
}

#[tokio::test]
async fn while_the_system_lets_nobody_in_the_receiver_is_blind_and_late() {
    let house = House::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut door = Door::new(listener, house.receiver.address(), Arc::clone(&house.receiver.shared), false);
    door.full(None, 10.0);
    assert!(house.blind().is_empty(), "somebody came");
    // "Too many open files" of Linux.
    let error = std::io::Error::from_raw_os_error(24);
    door.full(Some(&error), 20.0);
    door.full(Some(&error), 420.0);
    assert!(house.blind().is_empty(), "it goes on");
    door.full(Some(&error), 620.0);
    door.full(None, 640.0);
    door.full(None, 700.0);
    let evidence = house.evidence();
    assert!(evidence.blind.iter().all(|one| one.scenario.is_empty() && one.why.contains(&error.to_string())));
    let blind: Vec<_> = evidence.blind.iter().map(|one| (one.from_ms, one.to_ms)).collect();
    let late: Vec<_> = evidence.held_up.iter().map(|one| (one.from_ms, one.to_ms)).collect();
    assert_eq!(
        (blind, late),
        (vec![(20.0, 620.0), (620.0, 640.0)], vec![(20.0, 620.0), (620.0, 640.0)]),
        "it is told of in parts"
    );
}
