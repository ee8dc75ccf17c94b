//! The two sentences that everybody reads.

use super::{
    Counts, LoadResult, RequirementResult, Run, Score, load,
    text::{clean, counted},
};
use crate::{
    dialect::Drift,
    verdict::{Outcome, Verdict},
};

/// More names than these make the sentence unreadable.
const MOST_NAMES: usize = 6;

/// What a run came to, in one sentence: outcome, worst news by name, numbers, exit code.
///
/// The first of `reasons` says why it is not whole, or was not judged.
pub(super) fn summary<'a>(
    run: &Run,
    outcome: Outcome,
    (requirements, drift, loads): (&[RequirementResult], &[Drift], &[LoadResult]),
    mut reasons: impl Iterator<Item = &'a String>,
) -> String {
    let mut parts = news(outcome, requirements);
    parts.extend(drifted(drift));
    if let (Some(reason), false) = (reasons.next(), outcome == Outcome::Conforms) {
        parts.push(reason.clone());
    }
    parts.extend(load::parts(loads));
    if !requirements.is_empty() || loads.is_empty() {
        parts.push(numbers(requirements));
    }
    // It is the last line of stdout, so it is one line whatever stands in a name or a reason.
    clean(&format!(
        "{} {}: {} in {} (exit {})",
        run.target,
        outcome.words(),
        parts.join("; "),
        duration(run.seconds),
        outcome.code()
    ))
}

/// The requirements that made the outcome, by verdict. Where something failed, what is merely open is not named.
fn news(outcome: Outcome, requirements: &[RequirementResult]) -> Vec<String> {
    let named = |verdict: Verdict, words: &str| {
        let ids: Vec<&str> =
            requirements.iter().filter(|row| row.verdict == verdict).map(|row| row.id.as_str()).collect();
        let more = ids.len().saturating_sub(MOST_NAMES);
        let shown = ids[..ids.len() - more].join(", ");
        match (ids.is_empty(), more) {
            (true, _) => None,
            (false, 0) => Some(format!("{shown} {words}")),
            (false, more) => Some(format!("{shown} and {more} more {words}")),
        }
    };
    let mut parts = vec![named(Verdict::Error, "error"), named(Verdict::Fail, "fail")];
    if outcome == Outcome::Incomplete {
        parts.push(named(Verdict::CouldNotRun, "could not run"));
        parts.push(named(Verdict::Inconclusive, "inconclusive"));
    }
    parts.into_iter().flatten().collect()
}

/// The parts of the pinned dialect in which the target answers otherwise.
fn drifted(drift: &[Drift]) -> Option<String> {
    let parts: Vec<&str> = drift.iter().map(|one| one.part.as_str()).collect();
    (!parts.is_empty()).then(|| format!("{} not as pinned", parts.join(", ")))
}

/// How many requirements came to what, the good news first.
fn numbers(requirements: &[RequirementResult]) -> String {
    let kinds = [
        (Verdict::Pass, "pass"),
        (Verdict::Warn, "warn"),
        (Verdict::Fail, "fail"),
        (Verdict::Error, "error"),
        (Verdict::Inconclusive, "inconclusive"),
        (Verdict::CouldNotRun, "could not run"),
        (Verdict::Info, "info"),
        (Verdict::NotApplicable, "not applicable"),
        (Verdict::NotSelected, "not selected"),
    ];
    let counts: Vec<String> = kinds
        .into_iter()
        .map(|(verdict, words)| (requirements.iter().filter(|row| row.verdict == verdict).count(), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    match requirements.len() {
        0 => "no requirement selected".to_owned(),
        all => format!("{} of {}", counts.join(", "), counted(all, "requirement")),
    }
}

/// How many checks were planned and executed, and what they came to.
pub(super) fn headline(checks: &Counts) -> String {
    let counts = [
        (checks.pass, "pass"),
        (checks.warn, "warn"),
        (checks.fail, "fail"),
        (checks.inconclusive, "inconclusive"),
        (checks.skip, "skip"),
        (checks.info, "info"),
        (checks.error, "error"),
    ];
    let shown: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let shown = if shown.is_empty() { "nothing to judge".to_owned() } else { shown.join(", ") };
    format!("planned {}, executed {}: {shown}", checks.planned, checks.executed)
}

/// A time as a reader takes it in: `7.4 s`, `3 min 20 s`, `6 h 5 min`.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 99.95 {
        return format!("{seconds:.1} s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a run's length, far below 2^64")]
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// How a harness did on itself, in one sentence.
#[must_use]
pub fn score(score: &Score) -> String {
    let Score { lawful, accused, defects, killed, survived, collateral, shadowed, unproven } = score;
    let sound = [*accused, *survived, *collateral, *shadowed] == [0; 4];
    format!(
        "selftest {}: {} of {lawful} lawful servers left alone, {killed} of {defects} defects killed, {survived} \
         survived, {collateral} with collateral, {shadowed} with too much in the shadow, {unproven} not yet provable",
        if sound { "passes" } else { "fails" },
        lawful.saturating_sub(*accused),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (seconds, shown) in
            [(0.0, "0.0 s"), (7.44, "7.4 s"), (99.94, "99.9 s"), (99.96, "1 min 40 s"), (21_900.0, "6 h 5 min")]
        {
            assert_eq!(duration(seconds), shown);
        }
    }

    #[test]
    fn the_headline_leaves_out_what_did_not_occur() {
        let checks = Counts { planned: 84, executed: 82, pass: 79, warn: 2, fail: 1, skip: 2, ..Counts::default() };
        assert_eq!(headline(&checks), "planned 84, executed 82: 79 pass, 2 warn, 1 fail, 2 skip");
        assert_eq!(headline(&Counts::default()), "planned 0, executed 0: nothing to judge");
    }
}
