use std::{sync::Arc, time::Duration};

use axum::{body::Bytes, extract::State, response::Response};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::simulator::{answer, behaviour::Refusal, platform::Platform};

/// The furthest that one call moves the clock: a year.
const FURTHEST_MS: u64 = 366 * 24 * 3600 * 1000;

/// What settling may take beyond an attempt that runs into its time-out: a busy machine, and a slow mail server.
const MARGIN: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

/// `GET /clock`: the virtual clock.
pub(super) async fn time(State(platform): State<Arc<Platform>>) -> Response {
    let now = platform.time.now();
    let timestamp = i64::try_from(now.as_millis()).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let moved_ms = u64::try_from(platform.time.moved().as_millis()).unwrap_or(u64::MAX);
    answer::json(StatusCode::OK, &json!({ "now": timestamp.map(|now| now.to_string()), "moved_ms": moved_ms }))
}

/// `POST /clock`: moves the virtual clock on; answers when all that came due is done, or waits again.
pub(super) async fn advance(State(platform): State<Arc<Platform>>, body: Bytes) -> Response {
    let wanted = serde_json::from_slice::<Advance>(&body).ok().filter(|wanted| wanted.advance_ms <= FURTHEST_MS);
    let Some(Advance { advance_ms }) = wanted else {
        let why = "send {\"advance_ms\": N}, N being whole milliseconds from 0 to a year";
        return answer::refusal(Refusal::default(), StatusCode::BAD_REQUEST, why);
    };
    let patience = platform.behaviour.retry.attempt_timeout + MARGIN;
    let moving = Arc::clone(&platform);
    // In a task of its own: whoever hangs up does not stop the clock half way.
    let moved = tokio::spawn(async move { moving.time.advance(Duration::from_millis(advance_ms), patience).await });
    if moved.await.is_err() {
        return answer::crash();
    }
    platform.changed();
    time(State(platform)).await
}
