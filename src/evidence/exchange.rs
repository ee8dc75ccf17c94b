use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Header;

/// One request of ours and what came of it.
///
/// Names whose answer never came have `status` 0 and a `trouble`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Exchange {
    /// Its number in the evidence.
    pub id: u64,
    /// The path of the scenario that sent it; empty for the run's own.
    pub scenario: String,
    /// The step that sent it, such as `step 2 (connect)`.
    pub step: String,
    /// Which of the guide's endpoints it was meant for.
    pub endpoint: Endpoint,
    /// When sending began, in milliseconds of the run's clock: that of the body, where that was kept back for a second in case
    /// that the head alone is answered.
    pub at_ms: f64,
    /// From the begin of sending until the end of the answer's headers, in milliseconds.
    pub headers_ms: f64,
    /// From the begin of sending until the end of the answer, in milliseconds.
    pub ms: f64,
    /// The request's method.
    pub method: String,
    /// The request's URL, secrets masked.
    pub url: String,
    /// The request's headers that we chose, secrets masked.
    pub request_headers: Vec<Header>,
    /// The request's body, secrets masked.
    pub request_body: String,
    /// The answer's status; 0 where none came.
    pub status: u16,
    /// The answer's headers by lower-case name, secrets masked; several of one name are joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// The answer's body as text, secrets masked, cut at 64 KiB.
    pub body: String,
    /// The length of the answer's body in bytes, as far as it was read.
    pub body_bytes: u64,
    /// The body read as JSON, secrets masked; nothing where it is not JSON, or longer than 64 KiB.
    pub json: Option<serde_json::Value>,
    /// What went wrong on the way; nothing where an answer came whole.
    pub trouble: Option<Trouble>,
}

/// Which of the guide's endpoints a request was meant for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/crm/oauth`: step 1.
    Oauth,
    /// `/crm/integrate`: step 2.
    Integrate,
    /// The agency's page: step 3.
    Page,
    /// The Listing API: step 5.
    Listing,
    /// The target's clock, where it has one.
    Clock,
    /// Anything else.
    #[default]
    Other,
}

impl Endpoint {
    /// The name that a report shows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Endpoint::Oauth => "oauth",
            Endpoint::Integrate => "integrate",
            Endpoint::Page => "page",
            Endpoint::Listing => "listing",
            Endpoint::Clock => "clock",
            Endpoint::Other => "other",
        }
    }
}

/// What went wrong on the way of a request.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Trouble {
    /// What kind of trouble.
    pub kind: TroubleKind,
    /// More about it, secrets masked.
    pub detail: String,
}

/// What kind of trouble a request met.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The name could not be resolved.
    Resolve,
    /// The connection was refused, or not made within its time.
    Connect,
    /// TLS failed.
    Tls,
    /// No whole answer within its time.
    Timeout,
    /// The connection broke, or the answer was not HTTP.
    Broken,
    /// The answer was larger than we read.
    TooLarge,
    /// The request could not be built, such as from a URL that is none.
    Request,
}
