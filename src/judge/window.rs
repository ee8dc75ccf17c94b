use std::collections::BTreeSet;

use super::{
    Terms, Watch,
    attempts::{Attempt, ResendWindow, by_delivery, certain_policy_attempts},
    bindings::Subject,
    mail,
};
use crate::evidence::{Delivery, Ended, Evidence, HeldUp, Window};

/// How long one has to listen before "nothing more comes" may be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Needed {
    /// The length, in milliseconds.
    pub ms: f64,
    /// Whether the profile pins what it was reckoned from.
    pub pinned: bool,
    /// What it was reckoned from, for a reader.
    pub basis: String,
}

/// How long was listened, against how long one has to.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// What was needed.
    pub needed: Needed,
    /// How long was listened after the last event, in milliseconds, blind times taken off.
    pub seen_ms: f64,
    /// How much longer than needed was listened, in milliseconds, times in which the harness stood still taken off too;
    /// below 0 where it was not long enough.
    pub to_spare_ms: f64,
    /// Whether the receiver answered its own probe before and after, and let everybody in.
    pub probed: bool,
}

impl Coverage {
    /// Whether the window was watched to its end.
    #[must_use]
    pub fn complete(&self) -> bool {
        // A window that was reckoned from the same figures may end a clock tick early.
        self.probed && self.seen_ms + 1.0 >= self.needed.ms
    }

    /// Whether the window was watched to its end, and the harness did not stand still for any of the time that was needed.
    #[must_use]
    pub fn complete_awake(&self) -> bool {
        self.complete() && self.to_spare_ms + 1.0 >= 0.0
    }

    /// The window for a reader.
    #[must_use]
    pub fn describe(&self) -> String {
        let seconds = |ms: f64| format!("{:.1} s", ms / 1000.0);
        let probed = if self.probed {
            ""
        } else {
            "; the receiver did not answer its own probe before and after it, or let nobody in for a time"
        };
        let (seen, needed) = (seconds(self.seen_ms.max(0.0)), seconds(self.needed.ms));
        let watched = if self.seen_ms + 1.0 >= self.needed.ms {
            format!("watched {seen}, and {needed} were needed")
        } else {
            format!("watched {seen} of the {needed} needed")
        };
        format!("{watched} ({}){probed}", self.needed.basis)
    }
}

/// Without any gap seen or pinned, this is how long a retry may take to come.
pub(super) const BLIND_GUESS_MS: f64 = 30_000.0;

/// When an attempt is certainly late that was due after a gap of so many milliseconds: jitter takes up to a half, and
/// scheduling half a second.
#[must_use]
pub fn latest_after(gap_ms: f64) -> f64 {
    gap_ms.mul_add(1.5, 500.0)
}

/// How long one has to listen after the last event of a watch, for its slowest delivery.
#[must_use]
pub fn needed(terms: &Terms, evidence: &Evidence, watch: &Watch) -> Needed {
    let all = awaited(evidence, watch).map(|(agency, attempts)| needed_after(terms, evidence, agency, &attempts));
    all.reduce(|longest, one| if longest.ms < one.ms { one } else { longest }).unwrap_or_else(|| first_due(terms))
}

/// How long was listened for what a watch is about, at its worst delivery.
#[must_use]
pub fn coverage(terms: &Terms, evidence: &Evidence, watch: &Watch) -> Coverage {
    if watch.subject == Subject::Mails {
        return mail::coverage(terms, evidence, watch);
    }
    let until =
        watch.until_ms.unwrap_or_else(|| evidence.windows.iter().map(|window| window.to_ms).fold(0.0, f64::max));
    let all = awaited(evidence, watch).map(|(agency, attempts)| {
        let last = attempts.iter().map(|delivery| last_sign(delivery, until)).fold(watch.since_ms, f64::max);
        let needed = needed_after(terms, evidence, agency, &attempts);
        let seen_ms = until - last - blind(evidence, last, until) + moved(evidence, last, until);
        let to_spare_ms = seen_ms - evidence.stopped_between(last, until) - needed.ms;
        let probed = probed(evidence, last, until) && !refused(evidence, watch.since_ms, until);
        Coverage { needed, seen_ms, to_spare_ms, probed }
    });
    let left = |one: &Coverage| one.seen_ms - one.needed.ms;
    all.reduce(|worst, one| {
        let to_spare_ms = worst.to_spare_ms.min(one.to_spare_ms);
        Coverage { to_spare_ms, ..if left(&worst) > left(&one) { one } else { worst } }
    })
    .unwrap_or_else(|| {
        let needed = first_due(terms);
        Coverage { to_spare_ms: -needed.ms, needed, seen_ms: 0.0, probed: false }
    })
}

/// The agency and the attempts of each delivery that a watch is about; none for an agency of which nothing has come.
fn awaited<'e>(evidence: &'e Evidence, watch: &'e Watch) -> impl Iterator<Item = (&'e str, Vec<&'e Delivery>)> {
    watch.agencies.iter().flat_map(|agency| {
        let deliveries = by_delivery(watch.deliveries(evidence, agency));
        let deliveries = if deliveries.is_empty() { vec![Vec::new()] } else { deliveries };
        deliveries.into_iter().map(|attempts| (agency.as_str(), attempts))
    })
}

fn needed_after(terms: &Terms, evidence: &Evidence, agency: &str, attempts: &[&Delivery]) -> Needed {
    match attempts {
        [] if disturbed(evidence, agency) => due_after_disturbance(terms, evidence),
        [] => first_due(terms),
        _ => next_gap(terms, evidence, attempts),
    }
}

/// Whether attempts for an agency may have come while its own scenario disturbed the receiver, and so were not seen.
fn disturbed(evidence: &Evidence, agency: &str) -> bool {
    // Few scenarios disturb the receiver, and a run has many agencies.
    let is_of = |scenario: &str| evidence.agencies.iter().any(|known| known.scenario == scenario && known.id == agency);
    evidence.blind.iter().any(|blind| is_of(&blind.scenario))
}

/// Of attempts that were not seen, any number may have been made: the longest gap of all may be the next.
fn due_after_disturbance(terms: &Terms, evidence: &Evidence) -> Needed {
    let (first, timeout) = (first_due(terms), terms.attempt_timeout_ms.unwrap_or_default());
    match &terms.gaps_ms {
        Some(gaps) => Needed {
            ms: first.ms + timeout + latest_after(gaps.iter().copied().fold(0.0, f64::max)),
            pinned: first.pinned,
            basis: "the first delivery and the longest of `retry.gaps`, for the receiver was disturbed".into(),
        },
        None => Needed {
            ms: first.ms + timeout + latest_after(grown(&first_gaps(evidence))),
            pinned: false,
            basis: "a guess, for the receiver was disturbed: pin `retry.gaps` to know".into(),
        },
    }
}

/// The last moment at which an attempt was seen to be going on; an attempt still open goes on.
pub(super) fn last_sign(delivery: &Delivery, until: f64) -> f64 {
    let answered = &delivery.answered;
    match answered.ended {
        Ended::Open if answered.answered_ms == 0.0 => until,
        _ => Attempt::from(delivery).ended_ms.min(until).max(delivery.arrived.at_ms),
    }
}

/// Whether our own machine refused connections in a stretch: whatever was to come may have been among them.
fn refused(evidence: &Evidence, from: f64, until: f64) -> bool {
    evidence.blind.iter().any(|blind| blind.scenario.is_empty() && blind.from_ms < until && blind.to_ms > from)
}

fn blind(evidence: &Evidence, from: f64, until: f64) -> f64 {
    evidence.blind.iter().map(|blind| (blind.to_ms.min(until) - blind.from_ms.max(from)).max(0.0)).sum()
}

/// How far the target's own clock was moved on in windows after `from`.
fn moved(evidence: &Evidence, from: f64, until: f64) -> f64 {
    let within = |window: &&Window| window.from_ms >= from && window.to_ms <= until;
    evidence.windows.iter().filter(within).map(|window| window.moved_ms).sum()
}

/// Whether the receiver answered before `from`, after `until`, and whenever it was asked between.
fn probed(evidence: &Evidence, from: f64, until: f64) -> bool {
    let answered_before = evidence.probes.iter().any(|probe| probe.answered && probe.at_ms <= from);
    let answered_after = evidence.probes.iter().any(|probe| probe.answered && probe.at_ms >= until);
    let broken_between =
        evidence.probes.iter().any(|probe| !probe.answered && probe.at_ms >= from && probe.at_ms <= until);
    answered_before && answered_after && !broken_between
}

fn first_due(terms: &Terms) -> Needed {
    match terms.deliver_within_ms {
        Some(ms) => Needed { ms, pinned: true, basis: "`deliver_within`".into() },
        None => Needed { ms: BLIND_GUESS_MS, pinned: false, basis: "a guess: pin `deliver_within` to know".into() },
    }
}

fn next_gap(terms: &Terms, evidence: &Evidence, attempts: &[&Delivery]) -> Needed {
    if let Some(gaps) = &terms.gaps_ms {
        let made = certain_policy_attempts(terms, evidence, attempts);
        let gap = gaps.get(made.saturating_sub(1)).copied().unwrap_or_else(|| grown(gaps));
        return Needed {
            ms: latest_after(gap),
            pinned: true,
            basis: "the gap that `retry.gaps` leads one to expect next".into(),
        };
    }
    let own = gaps_of(evidence, attempts);
    let seen = if own.is_empty() { first_gaps(evidence) } else { own };
    if seen.is_empty() {
        return Needed {
            ms: BLIND_GUESS_MS,
            pinned: false,
            basis: "a guess, no retry was seen: pin `retry.gaps` to know".into(),
        };
    }
    let timeout = terms.attempt_timeout_ms.unwrap_or_default();
    let upper = grown(&seen).mul_add(1.25, timeout + 2000.0);
    let shown: Vec<String> = seen.iter().map(|gap| format!("{gap:.0}")).collect();
    Needed {
        ms: (2.0 * upper).max(BLIND_GUESS_MS),
        pinned: false,
        basis: format!("twice what the gaps seen ({} ms) lead one to expect: pin `retry.gaps`", shown.join(", ")),
    }
}

/// The gap after these, were they to grow on as the last two did.
fn grown(gaps: &[f64]) -> f64 {
    match gaps {
        [] => BLIND_GUESS_MS,
        [only] => only * 4.0,
        [.., before, last] => last.max(last * last / before.max(1.0)),
    }
}

/// The gaps between the attempts of one delivery, from the end of one to the begin of the next, in milliseconds of the
/// target's clock.
fn gaps_of(evidence: &Evidence, attempts: &[&Delivery]) -> Vec<f64> {
    let gap = |pair: &[&Delivery]| {
        let next = pair[1].arrived.at_ms;
        let ended = last_sign(pair[0], next);
        (next - ended + evidence.moved_between(ended, next)).max(0.0)
    };
    attempts.windows(2).map(gap).collect()
}

/// The deliveries, each with its attempts, of the agencies that have such an attempt.
fn deliveries_where(evidence: &Evidence, is_such: impl Fn(&Delivery) -> bool) -> impl Iterator<Item = Vec<&Delivery>> {
    let such = evidence.deliveries.values().filter(|one| is_such(one));
    let agencies: BTreeSet<&str> = such.filter_map(|one| one.arrived.agency.as_deref()).collect();
    agencies.into_iter().flat_map(|agency| by_delivery(evidence.deliveries_of(agency)))
}

/// The longest first gap of any delivery of the run, as the only one known of a delivery that succeeded at once.
fn first_gaps(evidence: &Evidence) -> Vec<f64> {
    let firsts =
        deliveries_where(evidence, |_| true).filter_map(|attempts| gaps_of(evidence, &attempts).first().copied());
    let longest = firsts.fold(0.0, f64::max);
    if longest > 0.0 { vec![longest] } else { Vec::new() }
}

/// The window of a transparent re-send after a connection fault: the pinned one, or what the gaps tell that this target showed
/// after a 503. Nothing where it showed none.
///
/// A gap in which the receiver was blind is none, for an attempt may have gone unseen; nor are those after it, which belong to
/// later retries than they seem to, and gaps grow. Where attempts overlap there is none either: nobody knows when the sender had
/// done with the first. What was lost in `held_up` is taken off the others.
pub(super) fn resend_window(terms: &Terms, evidence: &Evidence, held_up: &[HeldUp]) -> Option<ResendWindow> {
    let refused = |one: &Delivery| one.answered.status == 503 && !one.answered.connection_fault;
    let lost = |pair: &[&Delivery]| -> f64 {
        let (from_ms, to_ms) = (pair[0].arrived.at_ms, pair[1].arrived.at_ms);
        held_up.iter().map(|one| one.lost_between(from_ms, to_ms)).sum()
    };
    let gap = |pair: &[&Delivery]| {
        let seen = gaps_of(evidence, pair).first().copied().filter(|gap| *gap > 0.0);
        seen.map(|gap| (gap - lost(pair)).max(0.0))
    };
    let is_whole = |pair: &&[&Delivery]| blind(evidence, pair[0].arrived.at_ms, pair[1].arrived.at_ms) <= 0.0;
    terms.resend_within_ms.map(ResendWindow::pinned).or_else(|| {
        let after_503 = deliveries_where(evidence, refused).flat_map(|attempts| {
            let pairs = attempts.windows(2).take_while(is_whole).filter(|pair| refused(pair[0]));
            pairs.filter_map(gap).collect::<Vec<f64>>()
        });
        ResendWindow::learned(after_503)
    })
}
