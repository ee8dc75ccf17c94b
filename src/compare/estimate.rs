//! What two sets of values differ by, and how sure that is.

use super::{figure::Expected, student::exceeded_with};

/// How many values what is known beforehand counts as much as: with few runs, a spread that happens to be small is not
/// believed.
const PRIOR: f64 = 6.0;
/// What the median of absolute deviations is worth beside a standard deviation: the part of its degrees of freedom.
const ROBUST: f64 = 0.6;
/// Makes the median of absolute deviations of normal values their standard deviation.
const NORMAL: f64 = 1.4826;

/// What new values differ from base values by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    /// The difference.
    pub(super) shift: f64,
    /// Half of the interval's width.
    pub(super) half: f64,
    /// By how much runs vary: a standard deviation.
    pub(super) spread: f64,
}

/// Estimates the difference of two sets of two values at least. `reach` is that of their sizes.
pub(super) fn estimate(base: &[f64], new: &[f64], expected: &Expected, reach: f64) -> Estimate {
    let differences: Vec<f64> = new.iter().flat_map(|new| base.iter().map(move |base| new - base)).collect();
    let spread = spread(base, new, expected);
    Estimate { shift: median(differences), half: reach * spread, spread }
}

/// Half the width of the interval for sets of these sizes, for a spread of 1. `chance` is the probability with which the
/// interval may miss the truth on one side.
pub(super) fn reach(base: usize, new: usize, chance: f64) -> f64 {
    let error = (1.0 / size(base) + 1.0 / size(new)).sqrt();
    exceeded_with(chance, PRIOR + freedom(base, new)) * error
}

/// How much the values of a set vary, from both sets: one run in some that something else disturbed counts little, and a set
/// that varies wildly is not hidden by one that does not.
fn spread(base: &[f64], new: &[f64], expected: &Expected) -> f64 {
    let seen = f64::midpoint(own_spread(base).powi(2), own_spread(new).powi(2));
    let free = freedom(base.len(), new.len());
    ((PRIOR * expected.spread.powi(2) + free * seen) / (PRIOR + free)).sqrt()
}

fn own_spread(values: &[f64]) -> f64 {
    let middle = median(values.to_vec());
    let mut deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    deviations.sort_by(f64::total_cmp);
    // The median lies at one value, which says nothing of the spread.
    NORMAL * median(deviations.split_off(1.min(deviations.len())))
}

fn freedom(base: usize, new: usize) -> f64 {
    ROBUST * (size(base) + size(new) - 2.0).max(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 runs")]
fn size(count: usize) -> f64 {
    count as f64
}

/// The median; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, values.get(middle)) {
        (_, None) => 0.0,
        (1, Some(value)) => *value,
        (_, Some(value)) => f64::midpoint(values[middle - 1], *value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Scale;

    const BASE: [f64; 5] = [0.00, 0.01, 0.02, 0.03, 0.04];

    fn of(new: [f64; 5]) -> Estimate {
        estimate(&BASE, &new, &Scale::Ratio.expected(), reach(5, 5, 0.001))
    }

    #[test]
    fn a_shift_is_found_whatever_one_disturbed_run_says() {
        let plain = of(BASE.map(|value| value + 0.1));
        assert!((plain.shift - 0.1).abs() < 1e-9);
        let mut disturbed = BASE.map(|value| value + 0.1);
        disturbed[4] = 3.0;
        let disturbed = of(disturbed);
        assert!((disturbed.shift - plain.shift).abs() < 0.011, "{disturbed:?}");
        assert!(disturbed.half < 1.3 * plain.half, "{disturbed:?} beside {plain:?}");
    }

    #[test]
    fn the_interval_widens_with_the_spread_and_narrows_with_the_runs() {
        let wide = estimate(&BASE.map(|value| value * 5.0), &BASE, &Scale::Ratio.expected(), reach(5, 5, 0.001));
        assert!(wide.half > of(BASE).half);
        assert!(reach(20, 20, 0.001) < reach(5, 5, 0.001) / 1.9);
    }

    #[test]
    fn values_that_do_not_vary_at_all_are_not_believed() {
        let still = estimate(&[1.0; 5], &[1.0; 5], &Scale::Ratio.expected(), reach(5, 5, 0.001));
        assert!(still.shift == 0.0 && still.half > 0.03, "{still:?}");
    }
}
