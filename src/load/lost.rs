//! Looks for the listings that a load pushed, once it is over: what was accepted must be there.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use bytes::Bytes;
use serde_json::Value;
use tokio::time::timeout;

use super::{
    engine::{Answer, Connections, Keep, Trouble},
    facts::ReadBack,
    ground::Key,
    listings::{API_KEY, Listings},
    route::Route,
};
use crate::step::has_next_page;

/// So many listings are looked for where they are read one by one.
const MOST_SINGLE: usize = 200;
/// How long one answer may take: the target has no load to bear any more.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// A target may list a listing a little after it took it: while one is missing, it is asked again so often.
const TRIES: u32 = 4;

/// Looks for listings, given for each key's number.
pub(super) async fn look(listings: &Listings, keys: &[Key], accepted: &BTreeMap<usize, Vec<String>>) -> ReadBack {
    let trouble = |what: String| ReadBack { trouble: Some(what), ..ReadBack::default() };
    let route = match listings.read() {
        Ok(Some(route)) => route,
        Ok(None) => return trouble("the profile gives no `listing.read`: nothing can be read back".into()),
        Err(what) => return trouble(what),
    };
    let mut connections = Connections::default();
    let mut all = ReadBack::default();
    let total: usize = accepted.values().map(Vec::len).sum();
    // One by one, a part that is spread over all must do.
    let every = if route.is_about_one() { total.div_ceil(MOST_SINGLE).max(1) } else { 1 };
    for (number, references) in accepted {
        let Some(key) = keys.get(*number) else { continue };
        let sought: HashSet<&str> = references.iter().step_by(every).map(String::as_str).collect();
        all.sought += sought.len() as u64;
        match patiently(&mut connections, &route, key, sought).await {
            Ok(missing) => {
                all.lost += missing.len() as u64;
                let mut missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
                missing.sort_unstable();
                all.missing.extend(missing.into_iter().take(3_usize.saturating_sub(all.missing.len())));
            }
            Err(what) => {
                // Where one cannot be read, waiting for all the others would take for ever.
                all.trouble = Some(what);
                break;
            }
        }
    }
    all
}

async fn patiently<'r>(
    connections: &mut Connections,
    route: &Route,
    key: &Key,
    mut missing: HashSet<&'r str>,
) -> Result<HashSet<&'r str>, String> {
    let mut wait = Duration::from_millis(250);
    for tried in 1..=TRIES {
        if route.is_about_one() {
            let mut ordered: Vec<&str> = missing.iter().copied().collect();
            ordered.sort_unstable();
            for reference in ordered {
                if read(connections, route, key, reference).await?.contains(reference) {
                    missing.remove(reference);
                }
            }
        } else {
            let there = read(connections, route, key, "").await?;
            missing.retain(|reference| !there.contains(*reference));
        }
        if missing.is_empty() || tried == TRIES {
            break;
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    Ok(missing)
}

/// Every text in an answer about a listing, or about all of a key's.
async fn read(
    connections: &mut Connections,
    route: &Route,
    key: &Key,
    reference: &str,
) -> Result<HashSet<String>, String> {
    let mut call = route.call_about(reference, reference, Bytes::new());
    call.headers_mut().insert(API_KEY, key.header.clone());
    let answer = timeout(PATIENCE, connections.send(&route.destination, &mut Some(call), Keep::List)).await;
    let answer = answer.unwrap_or(Err(Trouble::TimedOut));
    let answer = answer.map_err(|trouble| format!("listings could not be read back: {}", trouble.word()))?;
    texts_of(&answer, route.is_about_one())
}

fn texts_of(answer: &Answer, is_about_one: bool) -> Result<HashSet<String>, String> {
    let mut found = HashSet::new();
    if is_about_one && answer.status.is_client_error() && answer.status.as_u16() != 429 {
        return Ok(found);
    }
    if !answer.status.is_success() {
        return Err(format!("listings could not be read back: status {}", answer.status.as_u16()));
    }
    let json: Value = serde_json::from_slice(&answer.body)
        .map_err(|_| "the list of listings is no JSON, or longer than 64 MiB: push fewer or smaller ones".to_owned())?;
    let next = answer.headers.get("link").and_then(|value| value.to_str().ok()).map(str::to_owned);
    if !is_about_one && has_next_page(next.as_ref(), &json) {
        return Err("the list of listings has further pages, which are not followed".into());
    }
    let mut open = vec![json];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                found.insert(text);
            }
            Value::Array(items) => open.extend(items),
            Value::Object(members) => open.extend(members.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    Ok(found)
}
