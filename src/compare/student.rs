//! Student's t distribution, for any degrees of freedom.

use std::f64::consts::FRAC_PI_2;

/// Parts of an integral: an even number, for Simpson's rule.
const PARTS: u32 = 100;
/// Steps of Newton's method at most; a dozen do.
const STEPS: u32 = 60;

/// The t that is exceeded with this probability, which is above 0 and at most one half. `freedom` is at least 1.
pub(super) fn exceeded_with(probability: f64, freedom: f64) -> f64 {
    // With t = √ν tan θ the density is cos^(ν−1) θ, which is smooth and ends at a right angle.
    let density = |angle: f64| angle.cos().max(0.0).powf(freedom - 1.0);
    let whole = 2.0 * simpson(&density, 0.0);
    let mut angle = 0.0;
    for _ in 0..STEPS {
        // The tail is convex in the angle, so that from the left no step leads too far.
        let step = (simpson(&density, angle) - probability * whole) / density(angle);
        angle += step;
        if step.abs() < 1e-12 {
            break;
        }
    }
    freedom.sqrt() * angle.tan()
}

/// The integral from an angle up to the right angle.
fn simpson(density: &impl Fn(f64) -> f64, from: f64) -> f64 {
    let width = (FRAC_PI_2 - from) / f64::from(PARTS);
    let at = |part: u32| density(from + width * f64::from(part));
    let inner: f64 = (1..PARTS).map(|part| at(part) * if part.is_multiple_of(2) { 2.0 } else { 4.0 }).sum();
    (at(0) + inner + at(PARTS)) * width / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (probability, freedom, table) in [
            (0.05, 1.0, 6.314),
            (0.025, 4.0, 2.776),
            (0.005, 8.0, 3.355),
            (0.0005, 10.0, 4.587),
            (0.001, 30.0, 3.385),
            (0.5, 7.0, 0.0),
        ] {
            let found = exceeded_with(probability, freedom);
            assert!((found - table).abs() < 0.001, "t({probability}, {freedom}) is {table}, not {found}");
        }
    }
}
