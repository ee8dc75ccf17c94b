use std::sync::Mutex;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    evidence::Evidence,
    mailbox::{
        Mailbox,
        tests::{FLAT, LOCAL, SOON, settings},
    },
};

use super::*;

/// A message of the fake: its id, what its list is sorted by, and its text.
#[derive(Clone)]
struct Message {
    id: String,
    created_ms: u64,
    text: String,
}

fn message(id: impl std::fmt::Display, created_ms: u64, text: &str) -> Message {
    Message { id: id.to_string(), created_ms, text: text.to_owned() }
}

/// What the fake answers: its messages, or a failure.
#[derive(Clone, Default)]
struct Fake {
    messages: Arc<Mutex<Vec<Message>>>,
    broken: Arc<Mutex<Option<&'static str>>>,
}

/// The query of the list, with its documented defaults.
#[derive(Deserialize)]
struct Paging {
    #[serde(default)]
    start: usize,
    #[serde(default = "fifty")]
    limit: usize,
}

fn fifty() -> usize {
    50
}

impl Fake {
    /// Serves the part of Mailpit's API that is used, under a path as its `--webroot` gives.
    async fn start(&self) -> Url {
        let router = Router::new()
            .route("/mp/api/v1/messages", get(list))
            .route("/mp/api/v1/message/{id}/raw", get(raw))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind(LOCAL).await.unwrap();
        let url = format!("http://{}/mp/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn add(&self, messages: impl IntoIterator<Item = Message>) {
        self.messages.lock().unwrap().extend(messages);
    }
}

async fn list(
    State(fake): State<Fake>,
    Query(paging): Query<Paging>,
) -> Result<Json<Value>, (StatusCode, &'static str)> {
    if let Some(why) = *fake.broken.lock().unwrap() {
        return Err((StatusCode::BAD_REQUEST, why));
    }
    let mut all = fake.messages.lock().unwrap().clone();
    all.sort_by_key(|message| std::cmp::Reverse(message.created_ms));
    let total = all.len();
    let page: Vec<Value> = all.iter().skip(paging.start).take(paging.limit).map(summary).collect();
    Ok(Json(json!({
        "total": total, "unread": total, "count": page.len(), "messages_count": total, "messages_unread": total,
        "start": paging.start, "tags": [], "messages": page,
    })))
}

fn summary(message: &Message) -> Value {
    json!({
        "ID": message.id, "MessageID": "x@y.example", "Read": false,
        "From": { "Name": "Matchouse", "Address": "no-reply@matchouse.example" },
        "To": [{ "Name": "", "Address": "dev@partner.example" }], "Cc": null, "Bcc": [], "ReplyTo": [], "Username": "",
        "Subject": "x", "Created": "2026-01-01T00:00:00.1Z", "Tags": [], "Size": 1, "Attachments": 0, "Snippet": "x",
    })
}

async fn raw(State(fake): State<Fake>, Path(id): Path<String>) -> Result<String, StatusCode> {
    let messages = fake.messages.lock().unwrap();
    let found = messages.iter().find(|message| message.id == id).ok_or(StatusCode::NOT_FOUND)?;
    Ok(format!("Subject: x\r\n\r\n{}\r\n", found.text))
}

/// What was recorded, in the order in which it came.
fn texts(evidence: &Mutex<Evidence>) -> Vec<String> {
    evidence.lock().unwrap().mails.values().map(|mail| mail.text.trim().to_owned()).collect()
}

#[tokio::test]
async fn it_is_asked_for_what_is_new() {
    let fake = Fake::default();
    fake.add([message("old", 1, "from before")]);
    let (settings, evidence) = settings();
    let mailbox = Mailbox::mailpit(&fake.start().await, settings).await.unwrap();
    mailbox.arm(FLAT, "qk3v9x2m8abcdefg");
    fake.add([message("one", 2, FLAT), message("two", 3, "nobody")]);
    assert_eq!(mailbox.wait_for(&[FLAT], 2, SOON).await, 2);
    assert_eq!(texts(&evidence), [FLAT, "nobody"], "in the order in which they came");
    assert!(evidence.lock().unwrap().mails.values().all(|mail| mail.registered));
}

#[tokio::test]
async fn however_many_come_at_once_each_is_taken_once_and_what_was_there_before_is_not() {
    let fake = Fake::default();
    fake.add((0..120).map(|number| message(number, number, "from before")));
    let (settings, evidence) = settings();
    let mailbox = Mailbox::mailpit(&fake.start().await, settings).await.unwrap();
    fake.add((200..330).map(|number| message(number, number, &number.to_string())));
    assert_eq!(mailbox.wait_for(&[], 130, SOON).await, 130);
    // Somebody who tidies up meanwhile does not make old ones new.
    fake.messages.lock().unwrap().retain(|message| message.created_ms < 120);
    fake.add([message("last", 400, "last")]);
    assert_eq!(mailbox.wait_for(&[], 131, SOON).await, 131);
    let wanted: Vec<String> = (200..330).map(|number: u64| number.to_string()).chain(["last".to_owned()]).collect();
    assert_eq!(texts(&evidence), wanted);
}

#[tokio::test]
async fn a_message_that_claims_to_be_old_is_found_all_the_same() {
    let fake = Fake::default();
    fake.add((1000..1120).map(|number| message(number, number, "from before")));
    let (settings, evidence) = settings();
    let mailbox = Mailbox::mailpit(&fake.start().await, settings).await.unwrap();
    fake.add([message("backdated", 3, "backdated")]);
    assert_eq!(mailbox.wait_for(&[], 1, SOON).await, 1);
    assert_eq!(texts(&evidence), ["backdated"]);
}

#[tokio::test]
async fn while_it_cannot_be_asked_the_watch_says_so_and_nothing_is_lost() {
    let fake = Fake::default();
    let (settings, evidence) = settings();
    let mailbox = Mailbox::mailpit(&fake.start().await, settings).await.unwrap();
    *fake.broken.lock().unwrap() = Some("database is locked");
    let trouble = async {
        while mailbox.shared.state().trouble().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, trouble).await.unwrap();
    mailbox.record_watch();
    fake.add([message("one", 1, "one")]);
    *fake.broken.lock().unwrap() = None;
    assert_eq!(mailbox.wait_for(&[], 1, SOON).await, 1);
    mailbox.seen_until(0.0, SOON).await;
    mailbox.record_watch();
    let evidence = evidence.lock().unwrap();
    let troubles: Vec<_> = evidence.mail_watches.iter().map(|watch| watch.trouble.as_deref()).collect();
    assert!(troubles[0].is_some_and(|why| why.contains("400")) && troubles[1].is_none(), "{troubles:?}");
}

#[tokio::test]
async fn what_is_no_mailpit_is_told_at_once() {
    let elsewhere: Url = Fake::default().start().await.join("/elsewhere").unwrap();
    let Err(error) = Mailbox::mailpit(&elsewhere, settings().0).await else { panic!("it answered") };
    assert!(error.to_string().contains("404") && error.to_string().contains("mailbox.mailpit"), "{error}");
    let other = Router::new().route("/api/v1/messages", get(async || Json(json!({ "items": [] }))));
    let listener = tokio::net::TcpListener::bind(LOCAL).await.unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, other).await });
    let Err(error) = Mailbox::mailpit(&url, settings().0).await else { panic!("it answered") };
    assert!(error.to_string().contains("list of messages cannot be read"), "{error}");
}
