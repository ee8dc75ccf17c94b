//! Requests that are made once and sent often.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header::HOST};
use http_body_util::Full;
use url::{Position, Url};

use super::engine::{Call, Connections, Destination, Keep, Outcome};
use crate::step::path_segment;

/// A request without its body: where it goes, and what all that go there have in common.
#[derive(Clone)]
pub(super) struct Route {
    /// Where connections lead.
    pub(super) destination: Arc<Destination>,
    method: Method,
    /// Path and query; with `{id}` or `{reference}` in it where they differ.
    path: String,
    /// The same where nothing in it differs.
    uri: Option<Uri>,
    headers: HeaderMap,
}

impl Route {
    /// A route to a URL, in which `{id}` and `{reference}` stand for a listing's.
    ///
    /// # Errors
    ///
    /// What of it is no HTTP.
    pub(super) fn new(
        destination: Arc<Destination>,
        method: &str,
        url: &str,
        headers: &[(String, String)],
    ) -> Result<Self, String> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| format!("`{method}` is no HTTP method"))?;
        let parsed = Url::parse(url).map_err(|error| format!("a URL cannot be used: {error}"))?;
        let path = parsed[Position::BeforePath..Position::AfterQuery].replace("%7B", "{").replace("%7D", "}");
        let mut all = HeaderMap::new();
        let host = &parsed[Position::BeforeHost..Position::AfterPort];
        all.insert(HOST, value(host)?);
        for (name, text) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no header's name"))?;
            all.append(name, value(text)?);
        }
        let uri = if path.contains('{') { None } else { Some(uri(&path)?) };
        Ok(Self { destination, method, path, uri, headers: all })
    }

    /// A request with a body.
    pub(super) fn call(&self, body: Bytes) -> Call {
        self.built(self.uri.clone().unwrap_or_default(), body)
    }

    /// A request about a listing, by its id at the target and our reference.
    pub(super) fn call_about(&self, id: &str, reference: &str, body: Bytes) -> Call {
        if self.uri.is_some() {
            return self.call(body);
        }
        let path = self.path.replace("{id}", &path_segment(id)).replace("{reference}", &path_segment(reference));
        // A percent-encoded segment is part of a path whatever was in it.
        self.built(path.parse().unwrap_or_default(), body)
    }

    /// Sends a request of which only what became of it matters; `lacking` says what it is for want of which there is none.
    pub(super) async fn send(
        &self,
        ready: &mut Option<Call>,
        lacking: &'static str,
        connections: &mut Connections,
    ) -> Outcome {
        if ready.is_none() {
            return Outcome::Unreadable(lacking);
        }
        Outcome::of(&connections.send(&self.destination, ready, Keep::Nothing).await)
    }

    /// Whether its path names a listing.
    pub(super) fn is_about_one(&self) -> bool {
        self.uri.is_none()
    }

    /// Whether its path names a listing by the id that the target gave it.
    pub(super) fn needs_id(&self) -> bool {
        self.uri.is_none() && self.path.contains("{id}")
    }

    fn built(&self, uri: Uri, body: Bytes) -> Call {
        let mut call = Call::new(Full::new(body));
        *call.method_mut() = self.method.clone();
        *call.uri_mut() = uri;
        *call.headers_mut() = self.headers.clone();
        call
    }
}

fn uri(path: &str) -> Result<Uri, String> {
    path.parse().map_err(|error| format!("a URL cannot be used: {error}"))
}

/// A header's value; it is not shown by any `Debug`.
pub(super) fn value(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| "a header's value holds a line break or a control character".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
