use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Refused, bearer, either, read, text_of, wrong_method};
use crate::simulator::{
    answer,
    behaviour::{Change, KeyCheck, Reaction, Updates},
    platform::Platform,
};

/// The largest listing that is taken, in bytes.
const LARGEST: usize = 1 << 20;

/// Where listings go that belong to nobody, on a platform that takes them.
const NOBODY: usize = usize::MAX;

/// `/listings`: create or update one, or read all.
pub(super) async fn all(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let write = platform.behaviour.listing.surface.method;
    let (head, body) = request.into_parts();
    either(match &head.method {
        method if method.as_str() == write => put(&platform, &head.headers, body, None).await,
        &Method::GET => authorise(&platform, &head.headers).map(|number| read_all(&platform, number)),
        _ => Err(wrong_method(&format!("GET, {write}")).into()),
    })
}

/// `/listings/{reference}`: update, read or remove one.
pub(super) async fn one(
    State(platform): State<Arc<Platform>>,
    Path(reference): Path<String>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let owner = || authorise(&platform, &head.headers);
    either(match head.method {
        Method::PUT => put(&platform, &head.headers, body, Some(reference)).await,
        Method::GET => owner().map(|number| read_one(&platform, number, &reference)),
        Method::DELETE => owner().map(|number| remove(&platform, number, &reference)),
        _ => Err(wrong_method("GET, PUT, DELETE").into()),
    })
}

/// The number of the connection whose key stands in the headers.
pub(super) fn authorise(platform: &Platform, headers: &HeaderMap) -> Result<usize, Refused> {
    let (listing, now) = (&platform.behaviour.listing, platform.time.now());
    let key = text_of(headers, "x-api-key").filter(|key| !key.is_empty());
    let state = platform.state();
    let owner = key.and_then(|key| state.key_owner(key));
    let owner = owner.filter(|(_, since)| *since + listing.key_opens_after <= now).map(|(number, _)| number);
    let token = || key.or_else(|| bearer(headers)).and_then(|token| state.token_owner(token, now));
    let number = match listing.key {
        KeyCheck::Full => owner,
        KeyCheck::Optional => owner.or(if key.is_none() { Some(NOBODY) } else { None }),
        KeyCheck::Anything => owner.or(key.map(|_| NOBODY)),
        KeyCheck::OrToken => owner.or_else(|| token().map(|_| NOBODY)),
    };
    number
        .filter(|_| !platform.turns.listing_calls.comes(listing.refuses_one_in))
        .ok_or_else(|| answer::unauthorized(platform.behaviour.refusal, "no agency's key was presented").into())
}

async fn put(
    platform: &Platform,
    headers: &HeaderMap,
    body: Body,
    reference: Option<String>,
) -> Result<Response, Refused> {
    let body = read(body, LARGEST).await;
    let number = authorise(platform, headers)?;
    match understood(platform, body, reference)? {
        Some((reference, text)) => Ok(store(platform, number, &reference, text)),
        None => Ok(answer::json(StatusCode::CREATED, &json!({ "status": "created" }))),
    }
}

/// The reference and the text of a listing; nothing where the platform takes what cannot be kept.
fn understood(
    platform: &Platform,
    body: Option<Vec<u8>>,
    path: Option<String>,
) -> Result<Option<(String, String)>, Refused> {
    let listing = &platform.behaviour.listing;
    let refused = |status: Option<StatusCode>, why: &str| match status {
        Some(status) => answer::refusal(platform.behaviour.refusal, status, why),
        None => answer::invalid(platform.behaviour.refusal, why),
    };
    let skip =
        |reaction: Reaction, status, why: &str| answer::reaction(reaction, || refused(status, why)).map(|()| None);
    let Some(body) = body else {
        return skip(listing.oversized, Some(StatusCode::PAYLOAD_TOO_LARGE), "a listing has at most 1 MiB");
    };
    if body.is_empty() {
        return skip(listing.empty, None, "the body is empty");
    }
    let text = String::from_utf8(body).ok();
    let parsed = text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let (Some(text), Some(mut value)) = (text, parsed) else {
        return skip(listing.broken_json, None, "the body is not JSON");
    };
    if value.as_object().is_some_and(serde_json::Map::is_empty) && path.is_none() {
        return skip(listing.empty, None, "the listing is empty");
    }
    if let Some(why) = mistyped(&value, path.as_deref()) {
        answer::reaction(listing.wrong_types, || refused(None, why))?;
    }
    let stated =
        value.get("reference").map(|reference| reference.as_str().map_or(reference.to_string(), str::to_owned));
    let Some(reference) = path.or(stated) else { return Ok(None) };
    let complete = value.get("reference").is_some();
    if listing.text == Change::None && complete {
        return Ok(Some((reference, text)));
    }
    if let Some(members) = value.as_object_mut().filter(|_| !complete) {
        members.insert("reference".to_owned(), reference.as_str().into());
    }
    listing.text.of_all(&mut value);
    Ok(Some((reference, value.to_string())))
}

/// What is wrong with the types of a listing.
fn mistyped(value: &Value, path: Option<&str>) -> Option<&'static str> {
    let Some(members) = value.as_object() else { return Some("a listing is an object") };
    match (members.get("reference"), path) {
        (Some(Value::String(reference)), None) if !reference.is_empty() => {}
        (Some(Value::String(reference)), Some(path)) if reference == path => {}
        (None, Some(_)) => {}
        (_, None) => return Some("reference must be a string, and not empty"),
        (_, Some(_)) => return Some("reference must be the one in the path"),
    }
    let wrong = |name: &str, right: fn(&Value) -> bool| members.get(name).is_some_and(|value| !right(value));
    if wrong("price", Value::is_number) {
        return Some("price must be a number");
    }
    if wrong("bedrooms", Value::is_number) {
        return Some("bedrooms must be a number");
    }
    ["title", "summary", "description"]
        .iter()
        .any(|name| wrong(name, Value::is_string))
        .then_some("title, summary and description must be strings")
}

fn store(platform: &Platform, owner: usize, reference: &str, text: String) -> Response {
    let listing = &platform.behaviour.listing;
    let mut state = platform.state();
    let holder = if listing.shared_references { state.holder(reference) } else { None };
    let known = state.shelf(holder.unwrap_or(owner));
    let created = !known.contains_key(reference);
    if !platform.turns.listings.comes(listing.loses_one_in) {
        let copies = known.entry(reference.to_owned()).or_default();
        match listing.updates {
            Updates::Replace => *copies = vec![text],
            Updates::Add => copies.push(text),
            Updates::Ignore if created => copies.push(text),
            Updates::Ignore => {}
        }
    }
    drop(state);
    platform.changed();
    let (status, word) = if created { (StatusCode::CREATED, "created") } else { (StatusCode::OK, "updated") };
    enveloped(platform, status, &json!({ "reference": reference, "status": word }).to_string())
}

fn read_all(platform: &Platform, owner: usize) -> Response {
    let texts: Vec<String> = platform.state().shelf(owner).values().flatten().cloned().collect();
    enveloped(platform, StatusCode::OK, &format!("{{\"listings\":[{}]}}", texts.join(",")))
}

fn read_one(platform: &Platform, owner: usize, reference: &str) -> Response {
    let text = platform.state().shelf(owner).get(reference).and_then(|copies| copies.last().cloned());
    text.map_or_else(|| unknown(platform), |text| enveloped(platform, StatusCode::OK, &text))
}

fn remove(platform: &Platform, owner: usize, reference: &str) -> Response {
    if platform.state().shelf(owner).remove(reference).is_none() {
        return unknown(platform);
    }
    platform.changed();
    StatusCode::NO_CONTENT.into_response()
}

fn unknown(platform: &Platform) -> Response {
    answer::refusal(platform.behaviour.refusal, StatusCode::NOT_FOUND, "there is no such listing")
}

/// An answer of JSON text, in the envelope that this platform uses.
fn enveloped(platform: &Platform, status: StatusCode, text: &str) -> Response {
    let text = match platform.behaviour.listing.surface.envelope {
        Some(name) => format!("{{{}:{text}}}", Value::from(name)),
        None => text.to_owned(),
    };
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}
