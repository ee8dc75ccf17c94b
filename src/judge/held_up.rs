//! The one rule about the harness's own lateness: what it saw or answered late, because the machine held it up, accuses nobody.
//!
//! A check that does not hold is judged again as things may have been had the harness been prompt. If it holds then, the
//! evidence does not tell. On a machine with time to spare there is nothing to judge again.

use std::{cell::OnceCell, collections::BTreeMap, sync::Arc};

use minijinja::Environment;

use super::{Terms, expression, terms::CallContext, window::resend_window};
use crate::evidence::{Delivery, Evidence};

/// A run as it may have been, had the harness not been held up.
pub(super) struct Doubt<'e> {
    seen: &'e Evidence,
    terms: &'e Terms,
    charitable: OnceCell<Evidence>,
    /// Where lengths of time are read shorter, and longer, by what the harness was held up in them.
    pub(super) environments: [Environment<'static>; 2],
}

impl<'e> Doubt<'e> {
    /// Nothing where the harness was never held up.
    pub(super) fn of(seen: &'e Evidence, terms: &'e Terms, context: &CallContext) -> Option<Self> {
        if seen.held_up.is_empty() {
            return None;
        }
        // The smaller one accuses less: what comes behind it is a retry.
        let resent = resend_window(terms, seen, &seen.held_up);
        let leaning = |lean| expression::environment(&Arc::new(context.leaning(&seen.held_up, lean, resent)));
        Some(Self { seen, terms, charitable: OnceCell::new(), environments: [leaning(-1.0), leaning(1.0)] })
    }

    /// What was seen, without the attempts that the sender may rightly have given up.
    pub(super) fn evidence(&self) -> &Evidence {
        self.charitable.get_or_init(|| {
            let given_up = given_up(self.seen, self.terms);
            let mut evidence = self.seen.clone();
            evidence.deliveries.retain(|id, _| !given_up.contains(id));
            evidence
        })
    }

    /// What else may be the reason that a check does not hold, for a reader.
    pub(super) fn may_be(&self) -> String {
        let lost: f64 = self.seen.held_up.iter().map(|held_up| held_up.lost_ms).sum();
        format!(
            "may be the harness's own lateness: the machine kept parts of it from running for {:.1} s; run it again \
             where less else goes on",
            lost / 1000.0
        )
    }
}

/// The attempts that we answered as a success, though perhaps too late for a sender who then lawfully tried again or gave up.
fn given_up(evidence: &Evidence, terms: &Terms) -> Vec<u64> {
    let mut latest: BTreeMap<(&str, u32), &Delivery> = BTreeMap::new();
    let mut given_up = Vec::new();
    for attempt in evidence.deliveries.values().filter(|attempt| !attempt.arrived.canary) {
        let Some(agency) = &attempt.arrived.agency else { continue };
        let before = latest.insert((agency, attempt.arrived.delivery), attempt);
        given_up.extend(before.filter(|before| is_late(before, evidence, terms)).map(|before| before.arrived.id));
    }
    // After the last attempt nothing follows but, perhaps, an e-mail.
    given_up.extend(latest.values().filter(|last| is_late(last, evidence, terms)).map(|last| last.arrived.id));
    given_up
}

/// A sender whose time-out is pinned has waited for at least this share of it before it gives up.
const LEAST_OF_TIMEOUT: f64 = 0.5;

/// A stretch may have reached this far beyond what was measured of it, in milliseconds.
const MARGIN_MS: f64 = 50.0;

/// Whether the sender may have waited in vain for an answer of ours that was a success.
fn is_late(attempt: &Delivery, evidence: &Evidence, terms: &Terms) -> bool {
    let answered = &attempt.answered;
    let (at_ms, ended_ms) = (attempt.arrived.at_ms, answered.answered_ms.max(answered.ended_ms));
    let mut stretches: Vec<_> = evidence.held_up.iter().filter(|one| one.from_ms <= ended_ms).collect();
    stretches.sort_by(|one, other| other.to_ms.total_cmp(&one.to_ms));
    // What came while we were held up was read only afterwards; of a long time, each stretch tells a part.
    let mut began_ms = f64::INFINITY;
    for one in stretches {
        if one.to_ms + MARGIN_MS >= at_ms.min(began_ms) {
            began_ms = began_ms.min(one.from_ms);
        }
    }
    began_ms.is_finite()
        && (200..300).contains(&answered.status)
        && terms.attempt_timeout_ms.is_none_or(|timeout| ended_ms - began_ms.min(at_ms) >= LEAST_OF_TIMEOUT * timeout)
}
