//! What a check, a requirement and a run can come to, and how they add up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a check or a requirement came to.
///
/// The order is the lattice: a parent's verdict is the greatest of its children's.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Skipped: no selected scenario proves it.
    NotSelected,
    /// Skipped: the profile declares that the target does not have what it is about.
    NotApplicable,
    /// Measured, never judged.
    Info,
    /// Observed true, on enough evidence.
    Pass,
    /// A `should` observed broken.
    Warn,
    /// The evidence does not tell: ambiguous, too short, or a prerequisite failed.
    Inconclusive,
    /// Skipped: what it needs was claimed, and could not be used.
    CouldNotRun,
    /// A `must` observed broken; under `--strict` a `should` too.
    Fail,
    /// The harness's own fault.
    Error,
}

impl Verdict {
    /// All verdicts, from the least to the greatest.
    pub const ALL: [Verdict; 9] = [
        Verdict::NotSelected,
        Verdict::NotApplicable,
        Verdict::Info,
        Verdict::Pass,
        Verdict::Warn,
        Verdict::Inconclusive,
        Verdict::CouldNotRun,
        Verdict::Fail,
        Verdict::Error,
    ];

    /// The word that a report shows: the three kinds of skip share one.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::NotSelected | Verdict::NotApplicable | Verdict::CouldNotRun => "skip",
            Verdict::Info => "info",
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Fail => "fail",
            Verdict::Error => "error",
        }
    }

    /// Whether something was observed to be one way or the other.
    #[must_use]
    pub fn is_observed(self) -> bool {
        matches!(self, Verdict::Info | Verdict::Pass | Verdict::Warn | Verdict::Fail)
    }

    /// The greatest of several verdicts; not selected where there is none.
    #[must_use]
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        verdicts.into_iter().max().unwrap_or(Verdict::NotSelected)
    }
}

/// What a threshold of a load came to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// It held.
    Pass,
    /// Too little was measured to tell.
    Inconclusive,
    /// It was missed.
    Missed,
}

impl Held {
    /// The word that a report shows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Held::Pass => "pass",
            Held::Inconclusive => "inconclusive",
            Held::Missed => "missed",
        }
    }
}

/// One check's answer, with what it rests on.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Judgement {
    /// The requirement that the check proves, such as `RETRY-6`.
    pub requirement: String,
    /// The path of the scenario, such as `platform/retry-until-200`.
    pub scenario: String,
    /// The check's number within its scenario, from 1.
    pub check: usize,
    /// What it came to.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// Why the check could not be evaluated at all, without what sets it apart from others that end alike; nothing where it
    /// was evaluated, whatever came of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_executed: Option<String>,
    /// Whether it was seen broken, and nothing is made of that because the machine held the harness itself up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_up: bool,
    /// The expression that was judged, as it stands in the scenario.
    pub expression: String,
    /// Which of several acceptable outcomes was seen (`any_of`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The values in the expression.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Shown>,
    /// For a failure: the records that it can be put down to, where it lies in some of those that were judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offenders: Vec<Offender>,
    /// The numbers of the exchanges and deliveries in the evidence that it rests on; of a failure with offenders, theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<u64>,
    /// For a negative: the window that was watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// For a failure: a command line that repeats the exchange, secrets as environment variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<String>,
}

/// A record to which a failure can be put down.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Offender {
    /// How the check's expression reaches it, such as `wrong[0]`.
    pub name: String,
    /// What tells it from its like, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub which: Option<String>,
    /// What was sent and how it was answered, in one line; empty where it has neither exchange nor delivery.
    pub seen: String,
}

impl Offender {
    /// Its name, and what tells it from its like.
    #[must_use]
    pub fn title(&self) -> String {
        self.which.as_ref().map_or_else(|| self.name.clone(), |which| format!("{} ({which})", self.name))
    }
}

/// A part of an expression and the value that it had.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Shown {
    /// The part, such as `got | length`.
    pub part: String,
    /// Its value, cut to a readable length.
    pub value: String,
}

/// What a whole run came to, and with it the exit code of the process.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every selected check passed, or warned without `--strict`.
    Conforms,
    /// At least one requirement was observed broken.
    DoesNotConform,
    /// No requirement was observed broken, and the target answers otherwise than the profile pins where the guide is silent.
    Drifted,
    /// Flags, profile, scenario, unset variable or output folder are wrong.
    Usage,
    /// Nothing failed, but something is inconclusive, could not run or was cut short, or nothing was selected.
    Incomplete,
    /// Target or receiver out of reach, TLS, a port taken, or credentials refused like wrong ones.
    Environment,
    /// A fault of the harness, or a secret found in an artefact.
    Harness,
    /// Conforms, but a load threshold is missed.
    ThresholdMissed,
    /// Interrupted from outside.
    Interrupted,
}

impl Outcome {
    /// From the strongest to the weakest: when several apply to one run, the first of these is its outcome.
    pub const PRECEDENCE: [Outcome; 9] = [
        Outcome::Interrupted,
        Outcome::Harness,
        Outcome::Usage,
        Outcome::DoesNotConform,
        Outcome::Drifted,
        Outcome::Environment,
        Outcome::Incomplete,
        Outcome::ThresholdMissed,
        Outcome::Conforms,
    ];

    /// The exit code of the process.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Outcome::Conforms => 0,
            Outcome::DoesNotConform | Outcome::Drifted => 1,
            Outcome::Usage => 2,
            Outcome::Incomplete => 3,
            Outcome::Environment => 4,
            Outcome::Harness => 5,
            Outcome::ThresholdMissed => 6,
            Outcome::Interrupted => 130,
        }
    }

    /// What the outcome says of the target, for the last line of a run.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Conforms => "conforms",
            Outcome::DoesNotConform => "does not conform",
            Outcome::Drifted => "has drifted from its pinned dialect",
            Outcome::Usage => "not run: usage",
            Outcome::Incomplete => "incomplete",
            Outcome::Environment => "not judged: environment",
            Outcome::Harness => "not judged: harness fault",
            Outcome::ThresholdMissed => "conforms, but a load threshold is missed",
            Outcome::Interrupted => "interrupted",
        }
    }

    /// The strongest of the outcomes that apply; conforms where there is none.
    #[must_use]
    pub fn strongest(applying: impl IntoIterator<Item = Outcome>) -> Outcome {
        let rank = |outcome: &Outcome| Outcome::PRECEDENCE.iter().position(|one| one == outcome);
        applying.into_iter().min_by_key(rank).unwrap_or(Outcome::Conforms)
    }

    /// What the requirements' verdicts alone make of a run.
    ///
    /// A requirement that is not applicable does not count; a run in which nothing was judged is incomplete.
    #[must_use]
    pub fn of_verdicts(verdicts: impl IntoIterator<Item = Verdict>) -> Outcome {
        let mut judged = false;
        let applying: Vec<Outcome> = verdicts
            .into_iter()
            .filter_map(|verdict| match verdict {
                Verdict::Fail => Some(Outcome::DoesNotConform),
                Verdict::Error => Some(Outcome::Harness),
                Verdict::Inconclusive | Verdict::CouldNotRun => Some(Outcome::Incomplete),
                Verdict::Pass | Verdict::Warn => {
                    judged = true;
                    None
                }
                Verdict::NotSelected | Verdict::NotApplicable | Verdict::Info => None,
            })
            .collect();
        if applying.is_empty() && !judged { Outcome::Incomplete } else { Outcome::strongest(applying) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_makes_its_outcome() {
        for (verdict, outcome) in [
            (Verdict::NotSelected, Outcome::Incomplete),
            (Verdict::NotApplicable, Outcome::Incomplete),
            (Verdict::Info, Outcome::Incomplete),
            (Verdict::Pass, Outcome::Conforms),
            (Verdict::Warn, Outcome::Conforms),
            (Verdict::Inconclusive, Outcome::Incomplete),
            (Verdict::CouldNotRun, Outcome::Incomplete),
            (Verdict::Fail, Outcome::DoesNotConform),
            (Verdict::Error, Outcome::Harness),
        ] {
            assert_eq!(Outcome::of_verdicts([verdict]), outcome, "{verdict:?}");
        }
        assert_eq!(Outcome::of_verdicts([]), Outcome::Incomplete, "nothing selected");
        assert_eq!(Outcome::of_verdicts([Verdict::Pass, Verdict::NotApplicable]), Outcome::Conforms);
        assert_eq!(Outcome::of_verdicts([Verdict::Inconclusive, Verdict::Fail]), Outcome::DoesNotConform);
    }

    #[test]
    fn every_pair_of_outcomes_follows_the_documented_precedence() {
        let codes: Vec<u8> = Outcome::PRECEDENCE.iter().map(|outcome| outcome.code()).collect();
        assert_eq!(codes, [130, 5, 2, 1, 1, 4, 3, 6, 0]);
        for (rank, strong) in Outcome::PRECEDENCE.iter().enumerate() {
            for weak in &Outcome::PRECEDENCE[rank..] {
                assert_eq!(Outcome::strongest([*weak, *strong]), *strong);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn the_lattice_does_not_depend_on_order(mut picks in proptest::collection::vec(0_usize..9, 0..12)) {
            let worst = |picks: &[usize]| Verdict::worst(picks.iter().map(|pick| Verdict::ALL[*pick]));
            let before = worst(&picks);
            picks.reverse();
            proptest::prop_assert_eq!(before, worst(&picks));
            if let Some(greatest) = picks.iter().max() {
                proptest::prop_assert_eq!(before, Verdict::ALL[*greatest]);
            }
        }
    }
}
