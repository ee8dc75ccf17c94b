use std::collections::BTreeMap;

use super::Latency;
use crate::evidence::{Endpoint, Evidence};

/// How fast each endpoint answered, over the exchanges whose answer came whole.
pub(super) fn latency(evidence: &Evidence) -> Vec<Latency> {
    let mut times: BTreeMap<Endpoint, Vec<f64>> = BTreeMap::new();
    for exchange in evidence.exchanges.values().filter(|exchange| exchange.trouble.is_none() && exchange.status != 0) {
        times.entry(exchange.endpoint).or_default().push(exchange.ms);
    }
    times
        .into_iter()
        .filter_map(|(endpoint, mut times)| {
            times.sort_by(f64::total_cmp);
            let at = |percent| nearest_rank(&times, percent);
            Some(Latency { endpoint, n: times.len(), p50: at(50)?, p95: at(95)?, p99: at(99)?, max: at(100)? })
        })
        .collect()
}

/// The nearest-rank percentile of sorted values: the smallest value with at least `percent` of all at or below it.
fn nearest_rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Exchange, Trouble, TroubleKind};

    #[test]
    fn percentiles_are_values_that_occurred() {
        let five = [15.0, 20.0, 35.0, 40.0, 50.0];
        let at = |percent| nearest_rank(&five, percent);
        assert_eq!([at(5), at(30), at(40), at(50), at(100)], [15.0, 20.0, 20.0, 35.0, 50.0].map(Some));
        assert_eq!(nearest_rank(&[], 50), None);
    }

    #[test]
    fn an_answer_that_did_not_come_whole_is_no_measurement() {
        let mut evidence = Evidence::default();
        for (id, ms, status, trouble) in [
            (1, 3.0, 200, None),
            (2, 1.0, 500, None),
            (3, 900.0, 0, Some(TroubleKind::Timeout)),
            (4, 800.0, 200, Some(TroubleKind::Broken)),
        ] {
            let trouble = trouble.map(|kind| Trouble { kind, detail: String::new() });
            let exchange = Exchange { id, ms, status, trouble, endpoint: Endpoint::Oauth, ..Exchange::default() };
            evidence.exchanges.insert(id, exchange);
        }
        let expected = Latency { endpoint: Endpoint::Oauth, n: 2, p50: 1.0, p95: 3.0, p99: 3.0, max: 3.0 };
        assert_eq!(latency(&evidence), [expected]);
    }

    proptest::proptest! {
        #[test]
        fn a_percentile_has_its_share_at_or_below_it(
            mut values in proptest::collection::vec(0.0_f64..1e6, 1..200),
            percent in 1_usize..=100,
        ) {
            values.sort_by(f64::total_cmp);
            let found = nearest_rank(&values, percent).unwrap();
            let below = values.iter().filter(|value| **value <= found).count();
            let under = values.iter().filter(|value| **value < found).count();
            proptest::prop_assert!(below * 100 >= percent * values.len());
            proptest::prop_assert!(under * 100 < percent * values.len());
        }
    }
}
