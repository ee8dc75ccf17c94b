use futures::future::BoxFuture;
use http::HeaderMap;

use crate::{markup::Document, secret::Secret};

/// Fetches pages. It follows no redirect and keeps no cookie: both are the driver's.
pub trait Browser: Send + Sync {
    /// Sends one request. Never fails: trouble is told by the page.
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Page>;
}

/// One request to the agency's page.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The absolute URL.
    pub url: Secret,
    /// The headers, cookies among them.
    pub headers: Vec<(String, Secret)>,
    /// The content type and the body.
    pub body: Option<(String, Secret)>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Page {
    /// The number of the exchange in the evidence.
    pub exchange: u64,
    /// The status; 0 where no answer came.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text; bytes that are not UTF-8 are replaced.
    pub body: Document,
    /// What went wrong on the way, secrets masked.
    pub trouble: Option<String>,
}
