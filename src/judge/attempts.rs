use std::{cell::LazyCell, collections::BTreeMap};

use minijinja::{Error, Value};

use super::{Terms, window::resend_window};
use crate::evidence::{Delivery, Evidence};

/// No sender re-sends of itself later than this after a connection fault, in milliseconds.
const MOST_RESEND_MS: f64 = 1000.0;

/// Within what time of a connection fault a wire attempt is a transparent re-send, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResendWindow {
    /// What comes so soon is one.
    pub(super) certain_ms: f64,
    /// What comes later than this is none. Between the two it may be either.
    pub(super) most_ms: f64,
}

impl ResendWindow {
    /// The window that the profile pins.
    pub(super) fn pinned(ms: f64) -> Self {
        Self { certain_ms: ms, most_ms: ms }
    }

    /// What the smallest gap after a 503 tells of it: half of that, and a second at most. Few gaps may have been seen, and
    /// the next may be far shorter: only what comes at once, by this measure, is certainly a re-send.
    pub(super) fn learned(gaps_after_503: impl Iterator<Item = f64>) -> Option<Self> {
        let most_ms = gaps_after_503.reduce(f64::min).map(|gap| (gap / 2.0).min(MOST_RESEND_MS))?;
        Some(Self { certain_ms: most_ms / 4.0, most_ms })
    }
}

/// What tells wire attempts and policy attempts apart, of one wire attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Attempt {
    /// When it began, in milliseconds of the run's clock.
    pub(super) began_ms: f64,
    /// When it ended, or at least was answered, or at least came.
    pub(super) ended_ms: f64,
    connection_fault: bool,
}

impl Attempt {
    /// The attempt of a delivery in an expression.
    pub(super) fn of_value(delivery: &Value) -> Result<Self, Error> {
        let number = |name| delivery.get_attr(name).and_then(f64::try_from);
        let fault = delivery.get_attr("connection_fault")?.is_true();
        Ok(Self::new(number("at_ms")?, number("answered_ms")?.max(number("ended_ms")?), fault))
    }

    /// Whether an attempt that came so many milliseconds after this one is the same policy attempt: a sender may
    /// transparently send again after a connection fault. Nothing where that cannot be told, for want of a window or
    /// within an uncertain one.
    pub(super) fn is_resent_after(&self, gap_ms: f64, resent: Option<ResendWindow>) -> Option<bool> {
        match resent {
            _ if !self.connection_fault || gap_ms > resent.map_or(MOST_RESEND_MS, |window| window.most_ms) => {
                Some(false)
            }
            Some(window) if gap_ms <= window.certain_ms => Some(true),
            _ => None,
        }
    }

    fn new(began_ms: f64, ended_ms: f64, connection_fault: bool) -> Self {
        Self { began_ms, ended_ms: if ended_ms > 0.0 { ended_ms } else { began_ms }, connection_fault }
    }
}

impl From<&Delivery> for Attempt {
    fn from(delivery: &Delivery) -> Self {
        let answered = &delivery.answered;
        Self::new(delivery.arrived.at_ms, answered.answered_ms.max(answered.ended_ms), answered.connection_fault)
    }
}

/// The attempts of one agency by delivery, each in the order of their arrival.
pub(super) fn by_delivery<'d>(attempts: impl IntoIterator<Item = &'d Delivery>) -> Vec<Vec<&'d Delivery>> {
    let mut deliveries: BTreeMap<u32, Vec<&Delivery>> = BTreeMap::new();
    for attempt in attempts {
        deliveries.entry(attempt.arrived.delivery).or_default().push(attempt);
    }
    deliveries.into_values().collect()
}

/// How many policy attempts the wire attempts of one delivery certainly are: what may be a re-send counts as one.
pub(super) fn certain_policy_attempts(terms: &Terms, evidence: &Evidence, attempts: &[&Delivery]) -> usize {
    // The window is sought in all that came in a run, and most attempts have no use for it.
    let window = LazyCell::new(|| resend_window(terms, evidence, &[]));
    let most_ms = terms.resend_within_ms.unwrap_or(MOST_RESEND_MS);
    let made: Vec<Attempt> = attempts.iter().copied().map(Attempt::from).collect();
    let resent = made.windows(2).filter(|pair| {
        let (ended, next) = (pair[0].ended_ms, pair[1].began_ms);
        let gap_ms = next - ended + evidence.moved_between(ended, next);
        pair[0].connection_fault && gap_ms <= most_ms && pair[0].is_resent_after(gap_ms, *window) != Some(false)
    });
    made.len() - resent.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_soon_after_a_connection_fault_is_a_resend() {
        let (fault, whole) = (Attempt::new(0.0, 10.0, true), Attempt::new(0.0, 10.0, false));
        let pinned = Some(ResendWindow::pinned(50.0));
        assert_eq!(fault.is_resent_after(50.0, pinned), Some(true));
        assert_eq!(fault.is_resent_after(80.0, pinned), Some(false));
        assert_eq!(fault.is_resent_after(1990.0, Some(ResendWindow::pinned(2000.0))), Some(true));
        assert_eq!(whole.is_resent_after(10.0, pinned), Some(false));
        let learned = ResendWindow::learned([400.0, 160.0].into_iter());
        assert_eq!(fault.is_resent_after(20.0, learned), Some(true));
        assert_eq!(fault.is_resent_after(30.0, learned), None, "a retry may come sooner than those that were seen");
        assert_eq!(fault.is_resent_after(90.0, learned), Some(false));
        assert_eq!(fault.is_resent_after(10.0, None), None, "no gap is known to compare with");
        assert_eq!(fault.is_resent_after(1990.0, None), Some(false));
    }

    #[test]
    fn the_window_is_half_the_smallest_gap_and_a_second_at_most() {
        let most_ms = |gaps: &[f64]| ResendWindow::learned(gaps.iter().copied()).map(|window| window.most_ms);
        assert_eq!(most_ms(&[400.0, 100.0]), Some(50.0));
        assert_eq!(most_ms(&[60_000.0]), Some(1000.0));
        assert_eq!(most_ms(&[]), None);
    }
}
