use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::HeaderMap;
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use url::form_urlencoded::byte_serialize;

use super::{Refused, bearer, either, read, text_of};
use crate::simulator::{
    answer,
    behaviour::{LinkNonce, LinkUrl, Reaction, Scheme, TokenCheck},
    link::Link,
    platform::Platform,
    text,
};

/// For how long a call counts as being under way where calls at once may share a link.
const RACE: Duration = Duration::from_millis(25);

/// `POST /crm/integrate`: a signed link for one agency.
pub(super) async fn link(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    either(make(&platform, request).await)
}

async fn make(platform: &Platform, request: Request) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let body = read(body, 1 << 20).await;
    let token = presented(platform, &head.headers);
    let client = client(platform, token)?;
    let refusal = platform.behaviour.refusal;
    platform.limits.link_call(&client).map_err(|limited| platform.limits.answer(&limited, refusal))?;
    let agency = agency_id(platform, body.as_deref())?;
    let mut url = url(platform, &client, agency, token.unwrap_or_default());
    if let Some(many) = platform.behaviour.integrate.race {
        url = raced(platform, url, many).await;
    }
    if let Some(many) = platform.behaviour.integrate.swapped {
        url = swapped(platform, url, many).await;
    }
    let integrate = &platform.behaviour.integrate;
    Ok(answer::placed(integrate.status, integrate.place, &url, Map::new()))
}

fn presented<'a>(platform: &Platform, headers: &'a HeaderMap) -> Option<&'a str> {
    match platform.behaviour.integrate.scheme {
        Scheme::Bearer => bearer(headers),
        Scheme::Any => text_of(headers, "authorization")?.split_whitespace().last(),
    }
}

/// The client id of the partner whose token was presented.
fn client(platform: &Platform, token: Option<&str>) -> Result<String, Refused> {
    let (now, opens_after) = (platform.time.now(), platform.behaviour.auth.opens_after);
    let opens = |token: &str| platform.state().token_age(token, now).is_some_and(|age| age >= opens_after);
    let owner = |token: &str| platform.state().token_owner(token, now).map(str::to_owned);
    let owner = token.filter(|token| opens(token)).and_then(owner);
    let somebody = || platform.partners.first().map(|partner| partner.client_id.clone());
    let client = match platform.behaviour.integrate.token {
        TokenCheck::Full => owner,
        TokenCheck::Optional => owner.or_else(|| if token.is_none() { somebody() } else { None }),
        TokenCheck::Anything => owner.or_else(|| token.filter(|token| !token.is_empty()).and_then(|_| somebody())),
    };
    client.ok_or_else(|| answer::unauthorized(platform.behaviour.refusal, "no live token was presented").into())
}

/// The agencyId of a body, as the platform understands it.
fn agency_id(platform: &Platform, body: Option<&[u8]>) -> Result<String, Refused> {
    let integrate = &platform.behaviour.integrate;
    let invalid = |why: &str| answer::invalid(platform.behaviour.refusal, why);
    let react =
        |reaction: Reaction, why: &str, taken: String| answer::reaction(reaction, || invalid(why)).map(|()| taken);
    let parsed = body.and_then(|body| serde_json::from_slice::<Value>(body).ok());
    let text = match parsed.as_ref().map(|body| body.get("agencyId")) {
        None => react(integrate.not_json, "the body is not JSON", String::new())?,
        Some(None) => react(integrate.missing, "agencyId is missing", String::new())?,
        Some(Some(Value::String(text))) if text.is_empty() => {
            react(integrate.empty, "agencyId is empty", String::new())?
        }
        Some(Some(Value::String(text))) => text.clone(),
        Some(Some(Value::Null)) => react(integrate.null, "agencyId is null", "null".to_owned())?,
        Some(Some(value @ (Value::Number(_) | Value::Bool(_)))) => {
            react(integrate.number, "agencyId must be a string", value.to_string())?
        }
        Some(Some(value @ Value::Array(_))) => react(integrate.array, "agencyId must be a string", value.to_string())?,
        Some(Some(value @ Value::Object(_))) => {
            react(integrate.object, "agencyId must be a string", value.to_string())?
        }
    };
    if text.chars().count() > integrate.longest {
        return Err(invalid("agencyId is too long").into());
    }
    if !text.is_ascii() {
        react(integrate.beyond_ascii, "agencyId must be ASCII", String::new())?;
    }
    Ok(integrate.agency.of(&text))
}

fn url(platform: &Platform, client: &str, agency: String, token: &str) -> String {
    let (behaviour, now) = (&platform.behaviour.link, platform.time.now());
    let expires = now + behaviour.life;
    let (nonce, expires) = match behaviour.nonce {
        LinkNonce::Random => (text::unguessable(), expires.as_millis()),
        LinkNonce::Second => (now.as_secs().to_string(), u128::from(expires.as_secs()) * 1000),
        LinkNonce::Minute => ((now.as_secs() / 60).to_string(), u128::from(expires.as_secs() / 60) * 60_000),
        // One end for all links: it is what else would tell them apart.
        LinkNonce::Absent => (String::new(), 4_102_444_800_000),
    };
    let expires_ms = u64::try_from(expires).unwrap_or(u64::MAX);
    let link = Link { client: client.to_owned(), agency, nonce, expires_ms };
    let path = format!("/connect?{}", platform.signer.query(&link));
    let with = |name: &str, value: &str| {
        format!("{}{path}&{name}={}", platform.base, byte_serialize(value.as_bytes()).collect::<String>())
    };
    match behaviour.url {
        LinkUrl::Absolute => format!("{}{path}", platform.base),
        LinkUrl::Relative => path,
        LinkUrl::Empty => String::new(),
        LinkUrl::WithToken => with("token", token),
        LinkUrl::WithSecret => {
            with("key", platform.partner(client).map_or("", |partner| partner.client_secret.expose()))
        }
    }
}

/// A platform with one place for the link in the making: with `many` calls at once, they read each other's.
async fn raced(platform: &Platform, url: String, many: usize) -> String {
    let turns = &platform.turns;
    let at_once = turns.links_under_way.fetch_add(1, Ordering::Relaxed) + 1;
    tokio::time::sleep(RACE).await;
    turns.links_under_way.fetch_sub(1, Ordering::Relaxed);
    let mut last = turns.last_link.lock().unwrap_or_else(PoisonError::into_inner);
    match last.as_ref().filter(|_| at_once >= many) {
        Some(other) => other.clone(),
        None => last.insert(url).clone(),
    }
}

/// A platform that mixes up two calls: with `many` at once, each of a pair gets the other's link.
async fn swapped(platform: &Platform, url: String, many: usize) -> String {
    let turns = &platform.turns;
    let at_once = turns.links_under_way.fetch_add(1, Ordering::Relaxed) + 1;
    tokio::time::sleep(RACE).await;
    turns.links_under_way.fetch_sub(1, Ordering::Relaxed);
    if at_once < many {
        return url;
    }
    let lock = || turns.offered_link.lock().unwrap_or_else(PoisonError::into_inner);
    let found = lock().take();
    if let Some((theirs, other)) = found
        && other.send(url.clone()).is_ok()
    {
        return theirs;
    }
    let (other, mut theirs) = oneshot::channel();
    *lock() = Some((url.clone(), other));
    let waited = tokio::time::timeout(RACE, &mut theirs).await;
    // Closed first: whoever finds our offer from now on cannot take it any more.
    theirs.close();
    match waited {
        Ok(Ok(link)) => link,
        _ => theirs.try_recv().unwrap_or(url),
    }
}
