use super::{
    Terms, Watch,
    attempts::{Attempt, certain_policy_attempts, resend_window},
};
use crate::evidence::{Delivery, Ended, Evidence, Window};

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
    /// Whether the receiver answered its own probe before and after.
    pub probed: bool,
}

impl Coverage {
    /// Whether the window was watched to its end.
    #[must_use]
    pub fn complete(&self) -> bool {
        // A window that was reckoned from the same figures may end a clock tick early.
        self.probed && self.seen_ms + 1.0 >= self.needed.ms
    }

    /// The window for a reader.
    #[must_use]
    pub fn describe(&self) -> String {
        let seconds = |ms: f64| format!("{:.1} s", ms / 1000.0);
        let probed = if self.probed { "" } else { "; the receiver's own probe was not answered before and after it" };
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
const BLIND_GUESS_MS: f64 = 30_000.0;

/// When an attempt is certainly late that was due after a gap of so many milliseconds: jitter takes up to a half, and
/// scheduling half a second.
#[must_use]
pub fn latest_after(gap_ms: f64) -> f64 {
    gap_ms.mul_add(1.5, 500.0)
}

/// How long one has to listen after the last event of a watch, for its slowest agency.
#[must_use]
pub fn needed(terms: &Terms, evidence: &Evidence, watch: &Watch) -> Needed {
    let mut longest: Option<Needed> = None;
    for agency in &watch.agencies {
        let attempts: Vec<&Delivery> = watch.deliveries(evidence, agency).collect();
        let one = if attempts.is_empty() { first_due(terms) } else { next_gap(terms, evidence, &attempts) };
        if longest.as_ref().is_none_or(|known| known.ms < one.ms) {
            longest = Some(one);
        }
    }
    longest.unwrap_or_else(|| first_due(terms))
}

/// How long was listened for what a watch is about, at its worst agency.
#[must_use]
pub fn coverage(terms: &Terms, evidence: &Evidence, watch: &Watch) -> Coverage {
    let until =
        watch.until_ms.unwrap_or_else(|| evidence.windows.iter().map(|window| window.to_ms).fold(0.0, f64::max));
    let mut worst: Option<Coverage> = None;
    for agency in &watch.agencies {
        let attempts: Vec<&Delivery> = watch.deliveries(evidence, agency).collect();
        let alone = Watch { agencies: vec![agency.clone()], ..watch.clone() };
        let last = attempts.iter().map(|delivery| last_sign(delivery, until)).fold(watch.since_ms, f64::max);
        let one = Coverage {
            needed: needed(terms, evidence, &alone),
            seen_ms: until - last - blind(evidence, last, until) + moved(evidence, last, until),
            probed: probed(evidence, last, until),
        };
        if worst.as_ref().is_none_or(|known| known.seen_ms - known.needed.ms > one.seen_ms - one.needed.ms) {
            worst = Some(one);
        }
    }
    worst.unwrap_or_else(|| Coverage { needed: first_due(terms), seen_ms: 0.0, probed: false })
}

/// The last moment at which an attempt was seen to be going on; an attempt still open goes on.
fn last_sign(delivery: &Delivery, until: f64) -> f64 {
    let answered = &delivery.answered;
    match answered.ended {
        Ended::Open if answered.answered_ms == 0.0 => until,
        _ => Attempt::from(delivery).ended_ms.min(until).max(delivery.arrived.at_ms),
    }
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
        let made = certain_policy_attempts(attempts, resend_within(terms, evidence));
        let gap = gaps.get(made.saturating_sub(1)).copied().unwrap_or_else(|| grown(gaps));
        return Needed {
            ms: latest_after(gap),
            pinned: true,
            basis: "the gap that `retry.gaps` leads one to expect next".into(),
        };
    }
    let own = gaps_of(attempts.iter().copied());
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

/// The gaps between the attempts of one agency, from the end of one to the begin of the next, in milliseconds.
fn gaps_of<'d>(attempts: impl Iterator<Item = &'d Delivery>) -> Vec<f64> {
    let attempts: Vec<&Delivery> = attempts.collect();
    attempts
        .windows(2)
        .map(|pair| (pair[1].arrived.at_ms - last_sign(pair[0], pair[1].arrived.at_ms)).max(0.0))
        .collect()
}

/// The longest first gap of any delivery of the run, as the only one known of a delivery that succeeded at once.
fn first_gaps(evidence: &Evidence) -> Vec<f64> {
    let longest = evidence
        .agencies
        .iter()
        .filter_map(|agency| gaps_of(evidence.deliveries_of(&agency.id)).first().copied())
        .fold(0.0, f64::max);
    if longest > 0.0 { vec![longest] } else { Vec::new() }
}

/// The window of a transparent re-send after a connection fault, in milliseconds: the pinned one, or the smaller of one
/// second and half the smallest gap that this target showed after a 503. Nothing where it showed none.
#[must_use]
pub fn resend_within(terms: &Terms, evidence: &Evidence) -> Option<f64> {
    terms.resend_within_ms.or_else(|| {
        let after_503 = evidence.agencies.iter().flat_map(|agency| {
            let attempts: Vec<&Delivery> = evidence.deliveries_of(&agency.id).collect();
            attempts
                .windows(2)
                .filter(|pair| pair[0].answered.status == 503 && !pair[0].answered.connection_fault)
                .flat_map(|pair| gaps_of(pair.iter().copied()))
                .collect::<Vec<f64>>()
        });
        resend_window(after_503)
    })
}
