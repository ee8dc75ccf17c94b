//! The driver that asks Mailpit, a mail catcher, by its HTTP API (v1).
//!
//! It lists messages and reads their source: both leave Mailpit as it is, while asking for a message marks it as read.

#[cfg(test)]
mod tests;

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde::Deserialize;
use tokio::{task::JoinSet, time::sleep};
use url::Url;

use super::{Envelope, MOST_BYTES, Shared, StartError};
use crate::trust;

/// How often it is asked: a mail is seen so much after it came.
const EVERY: Duration = Duration::from_millis(250);

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// So many messages are asked for at once.
const PAGE: usize = 50;

/// So many pages are read at most in one look. A Mailpit keeps 500 messages unless it is told otherwise.
const MOST_PAGES: usize = 40;

/// The most bytes of a list.
const MOST_LISTED: usize = 4 * 1024 * 1024;

/// A page of the list of messages, newest first; which is newest may go by what the messages themselves say.
#[derive(Deserialize)]
struct Page {
    /// How many there are in all.
    total: f64,
    messages: Vec<Summary>,
}

/// What the list says of a message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    #[serde(rename = "ID")]
    id: String,
    from: Option<Address>,
    to: Option<Vec<Address>>,
    cc: Option<Vec<Address>>,
    bcc: Option<Vec<Address>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Address {
    address: String,
}

/// What was seen in the list so far.
#[derive(Clone, Default)]
struct Known {
    ids: HashSet<String>,
    /// How many messages there were in all at the last look.
    total: Option<f64>,
}

struct Client {
    http: reqwest::Client,
    base: Url,
}

/// Looks once, so that what is there already is known, and then again and again.
pub(super) async fn start(base: &Url, shared: Arc<Shared>) -> Result<JoinSet<()>, StartError> {
    let failed = |why: String| StartError::Mailpit { url: base.to_string(), why };
    let http =
        reqwest::Client::builder().tls_backend_preconfigured(trust::system()).no_proxy().timeout(TIMEOUT).build();
    let http = http.map_err(|error| failed(error.to_string()))?;
    let client = Client { http, base: base.clone() };
    let mut known = Known::default();
    // What was there before the run is nobody's evidence.
    client.new_messages(&mut known).await.map_err(failed)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let looked_ms = shared.settings.recorder.now_ms();
            match client.look(&mut known, &shared).await {
                Ok(()) => shared.seen_until(looked_ms),
                Err(why) => shared.trouble(Some(format!("Mailpit could not be asked: {why}"))),
            }
            sleep(EVERY).await;
        }
    });
    Ok(tasks)
}

impl Client {
    /// Takes every message that is new, the oldest first.
    async fn look(&self, known: &mut Known, shared: &Shared) -> Result<(), String> {
        let mut found = known.clone();
        for summary in self.new_messages(&mut found).await?.into_iter().rev() {
            let raw = self.get(&["message", &summary.id, "raw"], &[], MOST_BYTES).await?;
            shared.take(&raw, &summary.envelope());
            known.ids.insert(summary.id);
        }
        *known = found;
        Ok(())
    }

    /// Every message that is not known yet, in the order of the list; all are known then.
    ///
    /// The whole list is read where it has another length than before: a message that says that it is old stands far
    /// back. A message that comes in between moves the others on, so that one may be seen on two pages.
    async fn new_messages(&self, known: &mut Known) -> Result<Vec<Summary>, String> {
        let mut new = Vec::new();
        for page in 0..MOST_PAGES {
            let Page { total, messages } = self.list(page * PAGE).await?;
            let full = messages.len() >= PAGE;
            let before = new.len();
            new.extend(messages.into_iter().filter(|summary| known.ids.insert(summary.id.clone())));
            let changed = new.len() > before || known.total.replace(total) != Some(total);
            if !full || !(changed || page > 0) {
                break;
            }
        }
        Ok(new)
    }

    async fn list(&self, start: usize) -> Result<Page, String> {
        let query = [("start", start), ("limit", PAGE)];
        let body = self.get(&["messages"], &query, MOST_LISTED).await?;
        serde_json::from_slice(&body).map_err(|error| format!("its list of messages cannot be read: {error}"))
    }

    async fn get(&self, path: &[&str], query: &[(&str, usize)], most: usize) -> Result<Vec<u8>, String> {
        let mut url = self.base.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, &value.to_string());
        }
        let sent = self.http.get(url).send().await;
        let mut answer = sent.and_then(reqwest::Response::error_for_status).map_err(|error| whole(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| whole(&error))? {
            // A message that is too long is cut: its begin is what a person reads.
            let room = most - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == most {
                break;
            }
        }
        Ok(body)
    }
}

impl Summary {
    fn envelope(&self) -> Envelope {
        let to = [&self.to, &self.cc, &self.bcc].into_iter().flatten().flatten();
        Envelope {
            from: self.from.as_ref().map(|from| from.address.clone()).unwrap_or_default(),
            to: to.map(|one| one.address.clone()).collect(),
        }
    }
}

/// An error with what caused it.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
