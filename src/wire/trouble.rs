use std::{error::Error, time::Duration};

use crate::{
    evidence::{Trouble, TroubleKind},
    trust,
};

/// Trouble of a kind, with more about it.
pub(super) fn trouble(kind: TroubleKind, detail: impl Into<String>) -> Trouble {
    Trouble { kind, detail: detail.into() }
}

/// A wait that was too long, by what was waited for.
pub(super) fn too_slow(what: &str, limit: Duration) -> Trouble {
    trouble(TroubleKind::Timeout, format!("{what} did not come within {} s", limit.as_secs_f64()))
}

/// What a failed request of reqwest means. The URL is left out of the detail; other secrets are not yet masked in it.
pub(super) fn from_reqwest(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let detail = chain(&error);
    trouble(kind(&error, &detail), trust::with_cure(detail, &error))
}

fn kind(error: &reqwest::Error, detail: &str) -> TroubleKind {
    if error.is_builder() || error.is_request() && detail.contains("invalid URL") {
        TroubleKind::Request
    } else if trust::found_wrong(error).is_some() {
        TroubleKind::Tls
    } else if detail.contains("dns error") {
        // hyper-util names it so and exports no type for it.
        TroubleKind::Resolve
    } else if error.is_connect() {
        TroubleKind::Connect
    } else if error.is_timeout() {
        TroubleKind::Timeout
    } else {
        TroubleKind::Broken
    }
}

/// An error and its causes in one line, without repetitions.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = cause.source();
    }
    line
}
