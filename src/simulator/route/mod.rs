//! The platform's endpoints, one a file.

mod account;
mod control;
mod integrate;
mod listing;
mod oauth;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    response::Response,
    routing::{any, get, post},
};
use futures::StreamExt as _;
use http::{HeaderMap, StatusCode, header};

use super::{answer, behaviour::Refusal, page, platform::Platform};

/// Why a request is not answered as it hoped: the answer that it gets instead.
type Refused = Box<Response>;

/// More of a body than this is thrown away unread by us, but read off the connection, so that the sender sees the answer.
const DRAINED: usize = 16 << 20;

/// What partners and agencies see.
pub(super) fn public(platform: &Arc<Platform>) -> Router {
    let listings = platform.behaviour.listing.surface.path;
    Router::new()
        .route("/crm/oauth", any(oauth::token))
        .route("/crm/integrate", post(integrate::link))
        .route(listings, any(listing::all))
        .route(&format!("{listings}/{{*reference}}"), any(listing::one))
        .route("/account", get(account::whose))
        .merge(page::routes())
        .fallback(nothing_here)
        .with_state(Arc::clone(platform))
}

/// What only whoever runs the platform sees.
pub(super) fn control(platform: &Arc<Platform>) -> Router {
    Router::new()
        .route("/clock", get(control::time).post(control::advance))
        .fallback(nothing_here)
        .with_state(Arc::clone(platform))
}

async fn nothing_here() -> Response {
    answer::refusal(Refusal::default(), StatusCode::NOT_FOUND, "there is nothing at this path")
}

/// The answer to a method that is not taken here (RFC 9110 §15.5.6).
fn wrong_method(allowed: &str) -> Response {
    let mut response = answer::refusal(Refusal::default(), StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
    if let Ok(allowed) = allowed.parse() {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

/// Either half of a route's result is an answer.
fn either(result: Result<Response, Refused>) -> Response {
    result.unwrap_or_else(|refused| *refused)
}

/// A body of at most `limit` bytes; nothing where it is longer or breaks off.
async fn read(body: Body, limit: usize) -> Option<Vec<u8>> {
    let (mut kept, mut length) = (Vec::new(), 0);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        length += chunk.len();
        if length <= limit {
            kept.extend_from_slice(&chunk);
        } else if length > DRAINED {
            break;
        }
    }
    (length <= limit).then_some(kept)
}

/// A header's text; nothing where it is absent or not text.
fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The token of an `Authorization` header in the scheme `Bearer` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text_of(headers, "authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
