use std::fmt;

use http::HeaderMap;

use crate::{
    evidence::{Endpoint, Exchange},
    markup::Document,
};

/// The most objects and arrays of a body that is read as JSON: an empty one takes hundreds of times its length in memory.
const MOST_PARTS: usize = 10_000;

/// Who sends a request, as its record names them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The path of the scenario; empty for the run's own requests.
    pub scenario: String,
    /// The step, such as `step 2 (connect)`.
    pub step: String,
}

/// A request to send.
///
/// URL, header values and body may hold fingerprints of the run's vault. They are replaced by the raw secrets at the last
/// moment before sending, without any escaping, and what is recorded is masked again.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Who sends it.
    pub origin: Origin,
    /// Which of the guide's endpoints it is meant for; tells where the answer may hold secrets.
    pub endpoint: Endpoint,
    /// The method, in upper case as HTTP's own are.
    pub method: String,
    /// The absolute URL.
    pub url: String,
    /// The headers, in their order; a name may occur more than once.
    pub headers: Vec<(String, String)>,
    /// The body; none sends a request without one.
    pub body: Option<String>,
}

/// What came of a [`Call`].
#[derive(Clone, Debug)]
pub struct Reply {
    /// The exchange as it was recorded, secrets masked.
    pub exchange: Exchange,
    /// The answer as it came.
    pub raw: Raw,
}

/// An answer as it came, secrets and all. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Raw {
    /// The status; 0 where no answer came.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The decoded body as far as it was read; bytes that are not UTF-8 are replaced.
    pub body: Document,
}

impl Raw {
    /// An answer that never came.
    #[must_use]
    pub fn none() -> Self {
        Self { status: 0, headers: HeaderMap::new(), body: Document::new("") }
    }

    /// Whether the status is one of success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body read as JSON; nothing where it is not, is nested deeper than 127, or has too many parts.
    #[must_use]
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        let body = self.body.expose();
        let parts = body.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
        if parts > MOST_PARTS { None } else { serde_json::from_str(body).ok() }
    }

    /// The first header of this name, where it is text.
    #[must_use]
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw").finish_non_exhaustive()
    }
}
