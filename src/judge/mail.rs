use super::{
    Terms,
    bindings::{Subject, Watch},
    window::{self, BLIND_GUESS_MS, Coverage, Needed, last_sign},
};
use crate::evidence::Evidence;

/// From when on a mail about the agencies of a watch was due, and for how long one has to look for it.
#[derive(Clone, Debug, PartialEq)]
pub struct MailDue {
    /// The end of their last attempt, in milliseconds of the run's clock.
    pub from_ms: f64,
    /// For how long after it.
    pub needed: Needed,
}

impl MailDue {
    /// Until when one has to look, in milliseconds of the run's clock.
    #[must_use]
    pub fn until_ms(&self) -> f64 {
        self.from_ms + self.needed.ms
    }
}

/// When mail about the agencies of a watch is due: after their last attempt. The guide gives it no time; a mail is taken
/// to need no longer than a delivery may.
#[must_use]
pub fn mail_due(terms: &Terms, evidence: &Evidence, watch: &Watch, until_ms: f64) -> MailDue {
    let meant = |agency: &Option<String>| {
        watch.agencies.is_empty() || agency.as_ref().is_some_and(|agency| watch.agencies.contains(agency))
    };
    let attempts = evidence.deliveries.values().filter(|delivery| meant(&delivery.arrived.agency));
    let from_ms = attempts.map(|delivery| last_sign(delivery, until_ms)).fold(watch.since_ms, f64::max);
    let needed = match terms.deliver_within_ms {
        Some(ms) if terms.notice_pinned => {
            Needed { ms, pinned: true, basis: "`deliver_within`, after the last attempt".into() }
        }
        known => Needed {
            ms: known.unwrap_or(BLIND_GUESS_MS),
            pinned: false,
            basis: "a guess, after the last attempt: pin `deliver_within` and `notice_after` to know".into(),
        },
    };
    MailDue { from_ms, needed }
}

/// How long was looked for mail about the agencies of a watch, once nothing more was to be delivered for them.
pub(super) fn coverage(terms: &Terms, evidence: &Evidence, watch: &Watch) -> Coverage {
    let looked_until = evidence.mail_watches.iter().map(|look| look.to_ms).fold(0.0, f64::max);
    let until = watch.until_ms.unwrap_or(looked_until);
    let MailDue { from_ms, mut needed } = mail_due(terms, evidence, watch, until);
    let deliveries = Watch { subject: Subject::Deliveries, until_ms: None, ..watch.clone() };
    let quiet = window::coverage(terms, evidence, &deliveries);
    let trouble = evidence.mail_watches.iter().find_map(|look| look.trouble.clone());
    let why = match trouble {
        Some(trouble) => Some(trouble),
        None if quiet.complete() || watch.agencies.is_empty() => None,
        None => Some("another attempt may have been to come".to_owned()),
    };
    // What was seen beside trouble tells nothing of what was missed.
    let seen_ms = if why.is_some() { 0.0 } else { until - from_ms };
    if let Some(why) = why {
        needed.basis = format!("{}; {why}", needed.basis);
    }
    let to_spare_ms = seen_ms - evidence.stopped_between(from_ms, until) - needed.ms;
    Coverage { needed, seen_ms, to_spare_ms, probed: true }
}
