use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempts::ResendWindow;
use crate::evidence::{HeldUp, Window};

/// What the profile pins of the target's promise, in the terms of checks: `target.…` in expressions.
///
/// Saved with a run, so that the run can be judged again.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a name of its own in expressions")]
pub struct Terms {
    /// The name of the target.
    pub name: String,
    /// The base URL.
    pub base_url: String,
    /// Whether the target is on this machine, and so can reach every port of the receiver.
    pub loopback: bool,
    /// The Listing API's URL to which a listing goes; empty without one.
    pub listing_url: String,
    /// Whether listings can be read back.
    pub listing_read: bool,
    /// Whether the profile says how a listing is changed.
    pub listing_update: bool,
    /// Within how many milliseconds of the agency's agreement the first delivery is due; nothing when not pinned.
    pub deliver_within_ms: Option<f64>,
    /// The gaps between a failure and the next attempt, in milliseconds; nothing when not pinned.
    pub gaps_ms: Option<Vec<f64>>,
    /// The sender's own time-out for an attempt, in milliseconds; nothing when not pinned.
    pub attempt_timeout_ms: Option<f64>,
    /// Within how many milliseconds after a connection fault a second wire attempt belongs to the same policy attempt.
    pub resend_within_ms: Option<f64>,
    /// How many policy attempts in all are lawful for a delivery that always fails.
    pub lawful_attempts: Vec<u64>,
    /// Whether every 2xx answer counts as success, and not 200 alone.
    pub any_2xx_is_success: bool,
    /// How many keys one agency is delivered at one connection.
    pub keys_per_agency: u64,
    /// Whether that number is pinned, and not taken for granted.
    pub keys_pinned: bool,
    /// After how many exhausted deliveries in a row the developer is told.
    pub notice_after: u64,
    /// Whether that number is pinned, and not taken for granted.
    pub notice_pinned: bool,
    /// How many calls of `/crm/oauth` may be spent to find its limit.
    pub probe_limit: u64,
    /// After how many calls `/crm/oauth` is limited; nothing when not pinned.
    pub limit: Option<u64>,
    /// How long after a limited answer `/crm/oauth` answers again, in milliseconds; nothing when not pinned.
    pub limit_window_ms: Option<f64>,
    /// Whether a broken `should` fails instead of warning.
    pub strict: bool,
}

impl Terms {
    /// The terms of a target of which nothing is pinned.
    #[must_use]
    pub fn bare() -> Self {
        Self {
            name: String::new(),
            base_url: String::new(),
            loopback: true,
            listing_url: String::new(),
            listing_read: false,
            listing_update: false,
            deliver_within_ms: None,
            gaps_ms: None,
            attempt_timeout_ms: None,
            resend_within_ms: None,
            lawful_attempts: vec![3, 4],
            any_2xx_is_success: false,
            keys_per_agency: 1,
            keys_pinned: false,
            notice_after: 1,
            notice_pinned: false,
            probe_limit: 50,
            limit: None,
            limit_window_ms: None,
            strict: false,
        }
    }
}

/// What a function of the language knows beside its arguments.
#[derive(Clone, Debug)]
pub(super) struct CallContext {
    /// The window of a transparent re-send after a connection fault; nothing where it is not known.
    pub(super) resent: Option<ResendWindow>,
    /// Whether the target is on this machine.
    pub(super) loopback: bool,
    /// Whether the profile says how many keys an agency has.
    pub(super) keys_pinned: bool,
    /// When the target's own clock was moved on, and how far, in milliseconds.
    moves: Vec<(f64, f64)>,
    /// The times in which the harness was held up, where lengths of time are to be read with them in mind.
    held_up: Vec<HeldUp>,
    /// How much of such times lengths of time are read longer: none, or all of them, or below 0 shorter.
    lean: f64,
}

impl CallContext {
    /// What follows from the profile, with the window of a transparent re-send.
    pub(super) fn new(terms: &Terms, resent: Option<ResendWindow>) -> Self {
        let (loopback, keys_pinned) = (terms.loopback, terms.keys_pinned);
        Self { resent, loopback, keys_pinned, moves: Vec::new(), held_up: Vec::new(), lean: 0.0 }
    }

    /// The same for a target whose own clock was moved on in these windows.
    pub(super) fn with_moves(self, windows: &[Window]) -> Self {
        let moves = windows.iter().filter(|window| window.moved_ms > 0.0);
        Self { moves: moves.map(|window| (window.from_ms, window.moved_ms)).collect(), ..self }
    }

    /// The same, with every length of time read shorter (-1) or longer (1) by what the harness was held up in it, and with the
    /// window of a re-send that follows.
    pub(super) fn leaning(&self, held_up: &[HeldUp], lean: f64, resent: Option<ResendWindow>) -> Self {
        Self { held_up: held_up.to_vec(), lean, resent, ..self.clone() }
    }

    /// The milliseconds from one moment to another by the target's own clock; below 0 where the second is the earlier one.
    pub(super) fn waited(&self, from_ms: f64, to_ms: f64) -> f64 {
        let moved = self.moves.iter().filter(|(at_ms, _)| (from_ms..=to_ms).contains(at_ms)).map(|(_, by_ms)| by_ms);
        self.elapsed(from_ms, to_ms) + moved.sum::<f64>()
    }

    /// The milliseconds from one moment to another; below 0 where the second is the earlier one.
    pub(super) fn elapsed(&self, from_ms: f64, to_ms: f64) -> f64 {
        let lost: f64 = self.held_up.iter().map(|one| one.lost_between(from_ms.min(to_ms), from_ms.max(to_ms))).sum();
        (to_ms - from_ms) + (self.lean * lost).copysign(self.lean * (to_ms - from_ms))
    }
}
