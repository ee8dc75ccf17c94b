use std::time::Duration;

use crate::scenario::load::{Amount, Relation, Threshold};

/// What tells whether the generator kept up, over the stages that are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vitals {
    /// Tickets that fell due while a user was free.
    pub free: u64,
    /// Those of them that were sent later than [`late_after`].
    pub late: u64,
    /// The greatest part of any five seconds in a row in which the generator's thread ran, or wanted to and got no core;
    /// nothing where the system does not tell.
    pub busiest: Option<f64>,
    /// The part of the time in which it wanted to run and got no core.
    pub starved: Option<f64>,
    /// Tickets that were due and never sent.
    pub unsent: Unsent,
}

/// Tickets that were due and never sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unsent {
    /// How many.
    pub count: u64,
    /// Of how many that were due.
    pub due: u64,
}

/// A reason not to trust the figures.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Doubt {
    /// What was seen.
    pub what: String,
    /// What to do about it.
    pub cure: String,
}

/// The part of tickets that may be late by the generator.
const MOST_LATE: f64 = 0.01;
/// The part of tickets that may stay unsent.
const MOST_UNSENT: f64 = 0.001;
/// The part of five seconds for which the thread may run or wait for a core.
const MOST_BUSY: f64 = 0.95;

/// How late a ticket may be sent before it counts as late by the generator.
///
/// A tenth of the smallest time that must not be exceeded: less cannot turn a verdict. At least 5 ms, since a core that is
/// shared is given back after some milliseconds and no generator can help it; at most 50 ms, for however generous a limit
/// is, the figures are read and compared as well. 10 ms where no time is limited.
///
/// A generator that is really too slow passes none of these: what it is behind with grows from ticket to ticket.
#[must_use]
pub fn late_after(thresholds: &[Threshold]) -> Duration {
    let limits = thresholds.iter().filter_map(|threshold| match (threshold.bound.relation, threshold.bound.limit) {
        (Relation::Below | Relation::AtMost, Amount::Time(limit)) => Some(limit),
        _ => None,
    });
    let tenth = limits.min().map_or(Duration::from_millis(10), |limit| limit / 10);
    tenth.clamp(Duration::from_millis(5), Duration::from_millis(50))
}

/// Why the figures of a run are not the target's; nothing where they are.
///
/// * *Late by the generator*: more than 1 % of the tickets that fell due while a user was free were sent later than
///   [`late_after`]. So no percentile up to p99 is off by more than that. Tickets that fell due while every user was waiting
///   are not asked: that is the target's doing, and stays in the response time.
/// * *Busy*: over some five seconds in a row, the generator's thread ran, or wanted to run and got no core, for 95 % of
///   the time. Then answers wait for it in the socket, users look busy who are not, and what is slow is the generator: in
///   the closed model nothing else would show it. Five seconds, for a burst after a stall of the target is shorter.
/// * *Unsent*: more than 0.1 % of the tickets that were due were never sent, so their times are in no percentile. Where a
///   threshold is `missed` already, they could only have made it worse, and the run stands.
#[must_use]
pub fn doubts(vitals: &Vitals, late_after: Duration, missed: bool) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if beyond(vitals.late, vitals.free, MOST_LATE) {
        doubts.push(Doubt {
            what: format!(
                "{} of the tickets were sent more than {} ms late though a user was free",
                percent(vitals.late, vitals.free),
                late_after.as_millis()
            ),
            cure: "stop what else runs on this machine, lower the rate, or take a faster machine".into(),
        });
    }
    if let Some(busiest) = vitals.busiest.filter(|busiest| *busiest >= MOST_BUSY) {
        let starved = vitals.starved.unwrap_or_default() >= 0.1;
        doubts.push(Doubt {
            what: format!(
                "the generator itself was the bottleneck: in its busiest seconds its thread {} for {:.0} % of the time",
                if starved { "ran, or waited for a core," } else { "ran" },
                busiest.min(1.0) * 100.0
            ),
            cure: if starved {
                "stop what else runs on this machine, or give the generator a core of its own".into()
            } else {
                "lower the rate, take fewer users, or take a faster machine".into()
            },
        });
    }
    let Unsent { count, due } = vitals.unsent;
    if !missed && beyond(count, due, MOST_UNSENT) {
        doubts.push(Doubt {
            what: format!("{count} of {due} tickets that were due ({}) were never sent", percent(count, due)),
            cure: "give the group more users (`pool`), or lower the rate".into(),
        });
    }
    doubts
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn beyond(part: u64, whole: u64, most: f64) -> bool {
    part as f64 > whole as f64 * most
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", part as f64 * 100.0 / (whole.max(1) as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: Vitals = Vitals {
        free: 1000,
        late: 10,
        busiest: Some(0.94),
        starved: Some(0.2),
        unsent: Unsent { count: 1, due: 1000 },
    };

    fn told(vitals: &Vitals, missed: bool) -> Vec<String> {
        let doubts = doubts(vitals, Duration::from_millis(5), missed);
        doubts.into_iter().map(|doubt| doubt.what).collect()
    }

    #[test]
    fn each_rule_lets_its_limit_pass_and_nothing_beyond() {
        assert_eq!(told(&SOUND, false), Vec::<String>::new());
        insta::assert_snapshot!(told(&Vitals { late: 11, ..SOUND }, false).join("\n"), @"1.1 % of the tickets were sent more than 5 ms late though a user was free");
        insta::assert_snapshot!(told(&Vitals { busiest: Some(0.95), ..SOUND }, false).join("\n"), @"the generator itself was the bottleneck: in its busiest seconds its thread ran, or waited for a core, for 95 % of the time");
        insta::assert_snapshot!(told(&Vitals { unsent: Unsent { count: 2, due: 1000 }, ..SOUND }, false).join("\n"), @"2 of 1000 tickets that were due (0.2 %) were never sent");
    }

    #[test]
    fn what_was_never_sent_cannot_save_a_threshold_that_is_missed() {
        assert_eq!(told(&Vitals { unsent: Unsent { count: 500, due: 1000 }, ..SOUND }, true), Vec::<String>::new());
    }

    #[test]
    fn nothing_due_and_nothing_known_is_no_doubt() {
        assert_eq!(told(&Vitals::default(), false), Vec::<String>::new());
    }
}
