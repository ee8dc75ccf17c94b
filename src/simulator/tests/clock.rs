use std::time::Duration;

use reqwest::Method;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::mpsc,
};

use super::kit::{ACCOUNTS, Kit, Reply, Sink, Visitor};
use crate::{
    secret::Secret,
    simulator::{Simulator, StartError, behaviour::NoticeWhen},
};

#[tokio::test]
async fn one_move_of_an_hour_brings_all_attempts_of_minutes_in_order() {
    let kit = Kit::new(|b| b.retry.gaps = [1, 5, 15].map(Duration::from_mins).to_vec()).await;
    kit.sink.answer(|_, _| Reply::Status(503)).await;
    let first = kit.connect("a", 0).await;
    kit.advance(Duration::from_hours(1)).await;
    let rest = kit.sink.take(3).await;
    assert!(rest.iter().all(|one| one.body == first.body));
    assert!(rest.is_sorted_by_key(|one| one.at));
    kit.advance(Duration::from_hours(1)).await;
    assert!(kit.sink.is_quiet().await);
}

#[tokio::test]
async fn a_part_of_the_way_brings_a_part_of_the_attempts() {
    let kit = Kit::new(|b| b.retry.gaps = [1, 5, 15].map(Duration::from_mins).to_vec()).await;
    kit.sink.answer(|_, _| Reply::Status(503)).await;
    kit.connect("a", 0).await;
    for (minutes, attempts) in [(2, 1), (3, 0), (3, 1), (10, 0), (6, 1)] {
        kit.advance(Duration::from_mins(minutes)).await;
        kit.sink.take(attempts).await;
        assert!(kit.sink.is_quiet().await, "{minutes}");
    }
}

#[tokio::test]
async fn the_clock_is_read_and_moved_with_care() {
    let kit = Kit::new(|_| {}).await;
    let url = format!("{}/clock", kit.platform.control_url());
    assert_eq!(kit.send(Method::GET, &url, &[], "").await.json()["moved_ms"], 0);
    for bad in [
        "",
        "{}",
        "[]",
        r#"{"advance_ms":-1}"#,
        r#"{"advance_ms":1.5}"#,
        r#"{"advance_ms":"1"}"#,
        r#"{"advance_ms":99999999999999}"#,
    ] {
        assert_eq!(kit.send(Method::POST, &url, &[], bad).await.status, 400, "{bad}");
    }
    let moved = kit.send(Method::POST, &url, &[], r#"{"advance_ms":86400000}"#).await.json();
    assert!(moved["moved_ms"].as_u64().unwrap() >= 86_399_000, "{moved}");
    assert!(moved["now"].as_str().unwrap().ends_with('Z'));
    assert_eq!(kit.send(Method::GET, "/clock", &[], "").await.status, 404, "partners do not see it");
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let start = |sink: Sink| Kit::with(sink, |_| {}, |config| config.state = Some(path.clone()));
    let kit = start(Sink::start().await);
    let token = kit.token().await;
    let (delivery, link) = (kit.connect("a", 0).await, kit.link(&token, "b").await);
    let mut visitor = Visitor::new(&kit);
    let page = visitor.get(&link.replace("/connect?", "/connect/register?")).await;
    visitor.fill(&page, &[("agency_name", "N"), ("email", "n@n.example"), ("password", super::kit::PASSWORD)]).await;
    kit.listing(Method::POST, "/listings", &delivery.key(), r#"{"reference":"r"}"#).await;
    kit.advance(Duration::from_hours(5)).await;
    drop(kit);

    let kit = start(Sink::start().await);
    assert_eq!(kit.integrate(&token, r#"{"agencyId":"a"}"#).await.status, 200);
    let read = kit.listing(Method::GET, "/listings", &delivery.key(), "").await;
    assert_eq!(read.body, r#"{"listings":[{"reference":"r"}]}"#);
    let link = link.split("/connect").nth(1).map(|rest| format!("/connect{rest}")).unwrap();
    let page = Visitor::new(&kit).log_in(&link, "n@n.example").await;
    assert!(page.body.contains("Decline"), "account and link are known: {page:?}");
    assert_eq!(kit.connect("a", 0).await.key(), delivery.key());
    kit.advance(Duration::from_hours(2)).await;
    assert_eq!(kit.integrate(&token, r#"{"agencyId":"a"}"#).await.status, 401, "the clock went on where it was");
}

#[tokio::test]
async fn what_cannot_be_started_is_told() {
    let kit = Kit::new(|_| {}).await;
    let taken: std::net::SocketAddr = kit.platform.base_url().trim_start_matches("http://").parse().unwrap();
    let start = |set: &dyn Fn(&mut super::super::Config)| {
        let mut config = super::super::Config {
            listen: ([127, 0, 0, 1], 0).into(),
            control: ([127, 0, 0, 1], 0).into(),
            partners: Vec::new(),
            accounts: Vec::new(),
            behaviour: super::super::Behaviour::default(),
            seed: 0,
            smtp: None,
            state: None,
        };
        set(&mut config);
        Simulator::start(config).map(drop)
    };
    assert!(start(&|_| {}).is_ok());
    assert!(matches!(start(&|config| config.listen = taken), Err(StartError::Listen { .. })));
    assert!(matches!(start(&|config| config.smtp = Some("nowhere".into())), Err(StartError::Smtp { .. })));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("matchouse-state.json"), "no json").unwrap();
    let state = start(&|config| config.state = Some(folder.path().to_owned()));
    assert!(state.unwrap_err().to_string().contains("repair or remove it"));
    let partner = |url: &str| super::super::Partner {
        client_id: "crm".into(),
        client_secret: Secret::new("secret"),
        webhook_url: url.into(),
        developer_email: String::new(),
    };
    for url in ["", "/hook", "ftp://crm.example/", "mailto:a@b.example"] {
        let error = start(&|config| config.partners.push(partner(url))).unwrap_err();
        assert!(matches!(error, StartError::Webhook { .. }), "{url}");
    }
}

/// A mail server that takes one mail a connection and hands on what it says.
async fn mailbox() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (told, mails) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (read, mut write) = stream.split();
            let (mut lines, mut mail, mut data) = (BufReader::new(read).lines(), String::new(), false);
            write.write_all(b"220 here\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let reply: &[u8] = match (data, line.as_str()) {
                    (true, ".") => {
                        data = false;
                        told.send(std::mem::take(&mut mail)).unwrap();
                        b"250 taken\r\n"
                    }
                    (true, line) => {
                        mail.extend([line, "\n"]);
                        continue;
                    }
                    (false, "DATA") => {
                        data = true;
                        b"354 go on\r\n"
                    }
                    (false, "QUIT") => b"221 bye\r\n",
                    _ => b"250 fine\r\n",
                };
                if write.write_all(reply).await.is_err() {
                    break;
                }
            }
        }
    });
    (address, mails)
}

#[tokio::test]
async fn the_developer_is_mailed_once_after_the_last_attempt() {
    for (when, mails_in_all) in [(NoticeWhen::Exhausted, 1), (NoticeWhen::Never, 0), (NoticeWhen::Always, 2)] {
        let (address, mut mails) = mailbox().await;
        let kit = Kit::with(Sink::start().await, |b| b.notice.when = when, |config| config.smtp = Some(address));
        kit.sink.answer(|one, _| Reply::Status(if one.agency() == "fails" { 500 } else { 200 })).await;
        kit.connect("works", 0).await;
        let key = kit.connect("fails", 1).await.key();
        kit.advance(Duration::from_hours(1)).await;
        let mut got = Vec::new();
        while let Ok(mail) = mails.try_recv() {
            got.push(mail);
        }
        assert_eq!(got.len(), mails_in_all, "{when:?} {got:?}");
        assert!(got.iter().all(|mail| !mail.contains(&key)));
        if when == NoticeWhen::Exhausted {
            assert!(got[0].contains("agencyId: fails") && got[0].contains("To: dev@crm.example"), "{got:?}");
        }
    }
}

#[tokio::test]
async fn the_tour_shows_every_step_and_no_secret() {
    let kit = Kit::new(|_| {}).await;
    let tour = kit.platform.tour();
    let all: String = tour.iter().map(|step| step.curl.as_str()).collect();
    for part in ["/crm/oauth", "/crm/integrate", "/listings", "/clock", "$CRM_CLIENT_SECRET", "$AGENCY_KEY"] {
        assert!(all.contains(part), "{part}");
    }
    assert!(!all.contains(super::kit::SECRET) && !all.contains(ACCOUNTS[0]));
}
