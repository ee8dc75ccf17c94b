use std::time::Duration;

use crate::scenario::load::{Amount, Bound};

/// An amount as people write it, such as `612 ms`, `0.12 %`, `498.2/s` or `15`.
#[must_use]
pub fn shown(amount: Amount) -> String {
    match amount {
        Amount::Time(time) => time_shown(time),
        Amount::Fraction(value) => format!("{} %", significant(value * 100.0)),
        Amount::PerSecond(value) => format!("{}/s", significant(value)),
        Amount::Count(count) => count.to_string(),
    }
}

/// A limit as people write it, such as `below 250 ms`.
#[must_use]
pub fn bound_shown(bound: &Bound) -> String {
    format!("{} {}", bound.relation.word().replace('_', " "), shown(bound.limit))
}

fn time_shown(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10_000.0 { format!("{} ms", significant(ms)) } else { format!("{} s", significant(ms / 1e3)) }
}

/// Three digits at least, without noughts behind the point.
fn significant(value: f64) -> String {
    let places = match value.abs() {
        value if value >= 100.0 && value.fract() < 0.05 => 0,
        value if value >= 100.0 => 1,
        value if value >= 10.0 => 1,
        value if value >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        let ms = |ms: f64| Amount::Time(Duration::from_secs_f64(ms / 1e3));
        let amounts = [
            ms(612.0),
            ms(0.25),
            ms(18.24),
            ms(9999.0),
            ms(12_340.0),
            Amount::Fraction(0.001_2),
            Amount::Fraction(0.0),
            Amount::PerSecond(498.24),
            Amount::PerSecond(500.0),
            Amount::Count(15),
        ];
        let all = amounts.map(shown).join(", ");
        assert_eq!(all, "612 ms, 0.25 ms, 18.2 ms, 9999 ms, 12.3 s, 0.12 %, 0 %, 498.2/s, 500/s, 15");
    }
}
