use std::{
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor, message::MultiPart};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::*;
use crate::{
    clock::Clock,
    evidence::{Evidence, Mail},
    secret::{Secret, SecretKind},
};

pub(super) const SOON: Duration = Duration::from_secs(20);
pub(super) const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const KEY: &str = "live_4fK2v9Qx7LmZ0pTnB3sWc8";
pub(super) const FLAT: &str = "agency-qk3v9x2m8abcdefg";

/// Settings, and what is recorded under them.
pub(super) fn settings() -> (Settings, Arc<Mutex<Evidence>>) {
    let evidence: Arc<Mutex<Evidence>> = Arc::default();
    let sink = Arc::clone(&evidence);
    let recorder = Recorder::new(Clock::new(), move |record| sink.lock().unwrap().take(record));
    (Settings { address: "dev@partner.example".into(), recorder, vault: Vault::new() }, evidence)
}

/// What the mailbox makes of a message that comes by SMTP.
async fn received(to: &str, build: impl FnOnce(lettre::message::MessageBuilder) -> Message) -> Mail {
    let (settings, evidence) = settings();
    settings.vault.keep(SecretKind::Key, &Secret::new(KEY));
    let mailbox = Mailbox::smtp(LOCAL, settings).await.unwrap();
    mailbox.arm(FLAT, "qk3v9x2m8abcdefg");
    mailbox.account(FLAT, "owner-1@flats.example");
    let from = "Matchouse <no-reply@matchouse.example>".parse().unwrap();
    let mail = build(Message::builder().from(from).to(to.parse().unwrap()));
    send(mailbox.smtp_address().unwrap(), mail).await.unwrap();
    assert_eq!(mailbox.shared.taken.lock().unwrap().len(), 1, "it is taken before the sender is told so");
    evidence.lock().unwrap().mails.values().next().unwrap().clone()
}

async fn send(to: SocketAddr, mail: Message) -> Result<(), lettre::transport::smtp::Error> {
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(to.ip().to_string()).port(to.port());
    transport.timeout(Some(SOON)).build().send(mail).await.map(|_| ())
}

#[tokio::test]
async fn a_mail_is_read_and_says_whom_it_is_about() {
    let mail = received("dev@partner.example", |mail| {
        mail.subject("Zustellung gescheitert für Größe").body(format!("agencyId: {FLAT}\r\n")).unwrap()
    })
    .await;
    assert_eq!((mail.agencies.as_slice(), mail.registered), (&[FLAT.to_owned()][..], true));
    assert_eq!(mail.subject, "Zustellung gescheitert für Größe");
    assert_eq!(mail.text.trim(), format!("agencyId: {FLAT}"));
    assert_eq!((mail.from.as_str(), mail.keys.as_slice()), ("no-reply@matchouse.example", &[][..]));
    assert!(mail.headers.iter().any(|header| header.name == "From" && header.value.contains("matchouse.example")));
}

#[tokio::test]
async fn a_mail_to_somebody_else_is_taken_and_told_apart() {
    let mail = received("someone@else.example", |mail| mail.body("owner-1@flats.example".to_owned()).unwrap()).await;
    assert!(!mail.registered && mail.agencies.is_empty());
    assert_eq!(mail.accounts, [FLAT]);
}

#[tokio::test]
async fn a_key_is_found_in_any_part_and_encoding_and_never_recorded() {
    let base64 = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let wrapped = format!("{}\r\n{}", &KEY[..12], &KEY[12..]);
    for (place, encoding, subject, text) in [
        ("text", "raw", "x", format!("the key is {KEY}.")),
        ("subject", "raw", KEY, "x".to_owned()),
        ("text", "base64", "x", base64(&format!("xx{KEY}yy"))),
        ("text", "raw", "x", wrapped),
    ] {
        let mail = received("dev@partner.example", |mail| {
            let html = "<p>see the text</p>".to_owned();
            mail.subject(subject).multipart(MultiPart::alternative_plain_html(text, html)).unwrap()
        })
        .await;
        assert!(mail.keys.iter().any(|key| key.place == place && key.encoding == encoding), "{place} {mail:?}");
        let shown = serde_json::to_string(&mail).unwrap();
        assert!(!shown.contains(KEY) && !shown.contains(&base64(KEY)[..20]), "{shown}");
    }
}

#[tokio::test]
async fn what_may_be_an_unknown_key_is_hidden_and_what_an_agency_is_called_is_not() {
    let mail = received("dev@partner.example", |mail| {
        mail.body(format!("zzzz_unknown0123456789 of {FLAT} at staging.matchouse.example")).unwrap()
    })
    .await;
    assert!(!mail.text.contains("unknown0123456789"), "{}", mail.text);
    assert!(mail.text.starts_with("hidden-") && mail.text.contains("-22b of"), "{}", mail.text);
    assert!(mail.text.trim_end().ends_with(&format!("of {FLAT} at staging.matchouse.example")), "{}", mail.text);
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let taken = tokio::net::TcpListener::bind(LOCAL).await.unwrap();
    let Err(error) = Mailbox::smtp(taken.local_addr().unwrap(), settings().0).await else { panic!("it was free") };
    assert!(error.to_string().contains("the port is taken"), "{error}");
}

#[tokio::test]
async fn a_mailbox_takes_only_so_many_and_says_so() {
    let (settings, evidence) = settings();
    let mailbox = Mailbox::smtp(LOCAL, settings).await.unwrap();
    let envelope = Envelope { from: "a@b.example".into(), to: vec!["dev@partner.example".into()] };
    for _ in 0..MOST_MAILS {
        assert!(mailbox.shared.take(b"Subject: x\r\n\r\nx\r\n", &envelope));
    }
    assert!(!mailbox.shared.take(b"Subject: x\r\n\r\nx\r\n", &envelope));
    mailbox.record_watch();
    let evidence = evidence.lock().unwrap();
    assert_eq!(evidence.mails.len(), MOST_MAILS);
    assert!(evidence.mail_watches[0].trouble.as_ref().unwrap().contains("more than 1000"));
}

#[tokio::test]
async fn who_finds_no_room_waits_for_it_and_a_long_wait_is_told() {
    let (settings, evidence) = settings();
    let mailbox = Mailbox::smtp(LOCAL, settings).await.unwrap();
    let visit = || async {
        let stream = TcpStream::connect(mailbox.smtp_address().unwrap()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        lines.next_line().await.unwrap().unwrap();
        lines
    };
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(timeout(SOON, visit()).await.unwrap());
    }
    mailbox.record_watch();
    let mut late = pin!(visit());
    assert!(futures::poll!(&mut late).is_pending());
    let mut changes = mailbox.shared.changes.subscribe();
    // Nobody has had to wait until then.
    let told = changes.wait_for(|_| mailbox.shared.state().missed.is_some());
    timeout(SOON, told).await.expect("the wait is told").unwrap();
    mailbox.record_watch();
    open.pop();
    drop(timeout(SOON, late).await.expect("there is room again"));
    let troubles: Vec<bool> =
        evidence.lock().unwrap().mail_watches.iter().map(|watch| watch.trouble.is_some()).collect();
    assert_eq!(troubles, [false, true]);
}

#[tokio::test]
async fn whoever_waits_for_a_mail_hears_of_it() {
    let mailbox = Mailbox::smtp(LOCAL, settings().0).await.unwrap();
    mailbox.arm(FLAT, "qk3v9x2m8abcdefg");
    mailbox.arm("other-0123456789abcdef", "0123456789abcdef");
    let take =
        |text: &str| mailbox.shared.take(format!("Subject: x\r\n\r\n{text}\r\n").as_bytes(), &Envelope::default());
    assert!(take("about other-0123456789abcdef"));
    assert_eq!(mailbox.wait_for(&[FLAT], 1, Duration::ZERO).await, 0, "about another agency");
    let (count, ()) = tokio::join!(mailbox.wait_for(&[FLAT], 2, SOON), async {
        assert!(take(&format!("about {FLAT}")) && take("about nobody"));
    });
    assert_eq!(count, 2);
}
