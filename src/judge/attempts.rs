use std::collections::BTreeMap;

use minijinja::{Error, Value};

use super::{Terms, resend_within};
use crate::evidence::{Delivery, Evidence};

/// No sender re-sends of itself later than this after a connection fault, in milliseconds.
const MOST_RESEND_MS: f64 = 1000.0;

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
    /// transparently send again after a connection fault. Nothing where that cannot be told, since no `resend_within` is
    /// known.
    pub(super) fn is_resent_after(&self, gap_ms: f64, resend_within_ms: Option<f64>) -> Option<bool> {
        match resend_within_ms {
            _ if !self.connection_fault || gap_ms > MOST_RESEND_MS => Some(false),
            Some(within) => Some(gap_ms <= within),
            None => None,
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
    // The window is sought in all that came in a run, and most deliveries have no use for it.
    if !attempts.iter().any(|attempt| attempt.answered.connection_fault) {
        return attempts.len();
    }
    let resend_within_ms = resend_within(terms, evidence);
    let attempts: Vec<Attempt> = attempts.iter().copied().map(Attempt::from).collect();
    let resent = attempts.windows(2).filter(|pair| {
        let (ended, next) = (pair[0].ended_ms, pair[1].began_ms);
        let gap_ms = next - ended + evidence.moved_between(ended, next);
        pair[0].is_resent_after(gap_ms, resend_within_ms) != Some(false)
    });
    attempts.len() - resent.count()
}

/// The window of a transparent re-send: half the smallest of these gaps after a 503, and a second at most.
pub(super) fn resend_window(gaps_after_503: impl Iterator<Item = f64>) -> Option<f64> {
    gaps_after_503.map(|gap| gap / 2.0).reduce(f64::min).map(|half| half.min(MOST_RESEND_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_soon_after_a_connection_fault_is_a_resend() {
        let (fault, whole) = (Attempt::new(0.0, 10.0, true), Attempt::new(0.0, 10.0, false));
        assert_eq!(fault.is_resent_after(10.0, Some(50.0)), Some(true));
        assert_eq!(fault.is_resent_after(80.0, Some(50.0)), Some(false));
        assert_eq!(whole.is_resent_after(10.0, Some(50.0)), Some(false));
        assert_eq!(fault.is_resent_after(10.0, None), None, "no gap is known to compare with");
        assert_eq!(fault.is_resent_after(1990.0, None), Some(false));
    }

    #[test]
    fn the_window_is_half_the_smallest_gap_and_a_second_at_most() {
        assert_eq!(resend_window([400.0, 100.0].into_iter()), Some(50.0));
        assert_eq!(resend_window([60_000.0].into_iter()), Some(1000.0));
        assert_eq!(resend_window(std::iter::empty()), None);
    }
}
