//! The control port: `PUT` changes what deliveries get, `GET` tells what came.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response, Sse, sse::Event},
    routing::{get, put},
};
use futures::StreamExt as _;
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use super::feed::Feed;
use crate::{
    receiver::{AcceptFault, Receiver, Script},
    secret::Secret,
    syntax::{Source, decode, parse_yaml, render_all},
};

/// No script that a person writes is longer, in bytes.
const LONGEST_BODY: usize = 1 << 20;

struct Control {
    receiver: Arc<Receiver>,
    feed: Arc<Feed>,
    token: Secret,
}

pub(super) fn routes(receiver: Arc<Receiver>, feed: Arc<Feed>, token: Secret) -> Router {
    let control = Arc::new(Control { receiver, feed, token });
    Router::new()
        .route("/deliveries", get(deliveries))
        .route("/script", put(script_of_all))
        .route("/scripts/{agency}", put(script_of_one).delete(forget))
        .route("/disturbance", put(disturb).delete(restore))
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&control), only_with_token))
        .with_state(control)
}

/// A page that a browser shows can reach this port as well, so that the token is asked for on every path.
async fn only_with_token(State(control): State<Arc<Control>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    // Digests are compared, so that the time that it takes tells nothing of the token.
    if Sha256::digest(given) == Sha256::digest(control.token.expose()) {
        return next.run(request).await;
    }
    let mut refusal =
        told(StatusCode::UNAUTHORIZED, "send `Authorization: Bearer` with the token that was shown at the start");
    refusal.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    refusal
}

async fn nothing_here() -> Response {
    let known = "there is nothing here: GET /deliveries, PUT /script, PUT or DELETE /scripts/AGENCY, PUT or DELETE \
                 /disturbance";
    told(StatusCode::NOT_FOUND, known)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Follow {
    #[serde(default)]
    follow: bool,
}

/// What came, as JSON lines, or as server-sent events for whoever accepts those; `?follow=true` goes on.
async fn deliveries(
    State(control): State<Arc<Control>>,
    Query(Follow { follow }): Query<Follow>,
    headers: HeaderMap,
) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/event-stream") {
        let lines = control.feed.lines(true);
        let events = lines.map(|line| Ok::<_, std::convert::Infallible>(Event::default().data(&*line)));
        return Sse::new(events).keep_alive(axum::response::sse::KeepAlive::default()).into_response();
    }
    let lines = control.feed.lines(follow).map(|line| Ok::<_, std::convert::Infallible>(format!("{line}\n")));
    ([(header::CONTENT_TYPE, "application/jsonl")], Body::from_stream(lines)).into_response()
}

/// Changes what all agencies get that have no script of their own; each begins at its first answer.
async fn script_of_all(State(control): State<Arc<Control>>, body: Bytes) -> Response {
    with(&body, "script", |script: Script| control.receiver.answer_strangers(script))
}

/// Changes what one agency gets.
async fn script_of_one(State(control): State<Arc<Control>>, Path(agency): Path<String>, body: Bytes) -> Response {
    with(&body, "script", |script: Script| control.receiver.answer_with(&agency, script))
}

/// Lets an agency get again what all get, from the begin.
async fn forget(State(control): State<Arc<Control>>, Path(agency): Path<String>) -> Response {
    control.receiver.forget(&agency);
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disturbance {
    fault: AcceptFault,
}

async fn disturb(State(control): State<Arc<Control>>, body: Bytes) -> Response {
    let wanted = match read::<Disturbance>(&body, "disturbance") {
        Ok(wanted) => wanted,
        Err(why) => return told(StatusCode::BAD_REQUEST, &why),
    };
    done(control.receiver.disturb(wanted.fault, "").await.map(|()| Vec::new()))
}

async fn restore(State(control): State<Arc<Control>>) -> Response {
    done(control.receiver.restore().await)
}

fn done(outcome: Result<Vec<crate::evidence::Knock>, crate::receiver::NotRestored>) -> Response {
    match outcome {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => told(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    }
}

fn with<T: DeserializeOwned>(body: &[u8], name: &str, act: impl FnOnce(T)) -> Response {
    match read(body, name) {
        Ok(value) => {
            act(value);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => told(StatusCode::BAD_REQUEST, &why),
    }
}

/// What a body says, in JSON or YAML, or every mistake in it with its place.
fn read<T: DeserializeOwned>(body: &[u8], name: &str) -> Result<T, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("the {name} is not UTF-8: {error}"))?;
    let source = Source::new(name, text);
    let node = parse_yaml(&source).map_err(|mistake| render_all(&[mistake]))?;
    decode(&source, &node).map_err(|mistakes| render_all(&mistakes))
}

fn told(status: StatusCode, what: &str) -> Response {
    (status, format!("{what}\n")).into_response()
}
