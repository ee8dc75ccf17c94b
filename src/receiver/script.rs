use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{
        Error as _, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use sha2::{Digest as _, Sha256};

use super::answer::Answer;
use crate::clock::Period;

/// How the attempts of one agency are answered: the first by the first answer, and so on; the last answer repeats.
///
/// In a scenario it is the list under `answers`, or a mapping with that list and rules that go before it: an outage, a
/// quota, chance. An empty list answers 200 always.
///
/// Clones share it: of many agencies that are answered alike, each costs a pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct Script(Arc<Rules>);

impl Default for Script {
    fn default() -> Self {
        static SUCCESS: LazyLock<Script> = LazyLock::new(|| Rules::default().into());
        SUCCESS.clone()
    }
}

impl From<Rules> for Script {
    fn from(rules: Rules) -> Self {
        Self(rules.into())
    }
}

/// A script as a mapping. Of its rules the first that applies to an attempt answers it: outage, quota, chance, list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
struct Rules {
    /// The answers to the attempts in their order. Empty: 200.
    answers: Vec<Answer>,
    /// Whether the list begins anew after its last answer, which repeats otherwise.
    #[serde(skip_serializing_if = "is_false")]
    repeat: bool,
    /// An answer that attempts get by chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    chance: Option<Chance>,
    /// Times in which every attempt gets one answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outages: Vec<Outage>,
    /// How many attempts are answered in a stretch of time before others are turned away.
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<Quota>,
}

/// An answer that attempts get by chance. The same seed, agency and attempt give the same again.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Chance {
    /// The share of attempts that get it, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    share: f64,
    /// What they get.
    answer: Answer,
    /// What chance is drawn from.
    #[serde(default)]
    seed: u64,
}

/// A time in which every attempt gets one answer, counted from when the script was given.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Outage {
    /// When it begins.
    #[serde(default)]
    after: Period,
    /// How long it lasts.
    r#for: Period,
    /// What attempts get meanwhile. Default: 503.
    #[serde(default = "unavailable")]
    answer: Answer,
}

/// How many attempts are answered in a window of time; windows follow one another from when the script was given.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Quota {
    /// So many attempts of a window are answered as if there were no quota.
    attempts: u32,
    /// The length of a window.
    per: Period,
    /// What the others get. Default: 429.
    #[serde(default = "limited")]
    answer: Answer,
}

/// What an attempt's answer depends on besides the script.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    /// For which agency it is.
    pub(super) agency: &'a str,
    /// Its index among the attempts that this script answers, from 0.
    pub(super) index: usize,
    /// The time since the script was given.
    pub(super) since: Duration,
    /// How many attempts this script has answered within the time that is given, before this one.
    pub(super) within: &'a dyn Fn(Duration) -> usize,
}

impl Script {
    /// 200, always.
    #[must_use]
    pub fn success() -> Self {
        Self::default()
    }

    /// The answers of the script's list as they were written.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.0.answers
    }

    /// The script for a sender that waits so many milliseconds for an answer, where that is known: a delay that is a share of it
    /// is a time.
    #[must_use]
    pub fn for_patience(&self, attempt_timeout_ms: Option<f64>) -> Self {
        let Some(attempt_timeout_ms) = attempt_timeout_ms else { return self.clone() };
        let mut rules = (*self.0).clone();
        rules.all_answers().for_each(|answer| answer.resolve(attempt_timeout_ms));
        rules.into()
    }

    /// The answer to an attempt.
    pub(super) fn answer(&self, moment: &Moment<'_>) -> Answer {
        let rules = &self.0;
        let first = rules.outage(moment).or_else(|| rules.beyond_quota(moment)).or_else(|| rules.drawn(moment));
        first.unwrap_or_else(|| rules.listed(moment.index)).clone()
    }

    /// The number, from 1, of the first attempt that gets a 200 without delay or fault; nothing where none surely does.
    #[must_use]
    pub fn first_success(&self) -> Option<usize> {
        let listed = &self.0.answers;
        match (self.is_list(), listed.is_empty()) {
            (true, true) => Some(1),
            (true, false) => listed.iter().position(Answer::is_success).map(|index| index + 1),
            // An outage ends, a quota begins anew and chance may spare an attempt: none of that is sure.
            (false, _) => None,
        }
    }

    /// Whether every attempt gets a 200 without delay or fault.
    #[must_use]
    pub fn is_only_success(&self) -> bool {
        self.0.answers.iter().all(Answer::is_success) && (self.is_list() || self.0.spares_all())
    }

    /// Whether it is a list alone, whose last answer repeats.
    fn is_list(&self) -> bool {
        *self.0 == Rules { answers: self.0.answers.clone(), ..Rules::default() }
    }
}

impl Rules {
    fn listed(&self, index: usize) -> &Answer {
        static SUCCESS: LazyLock<Answer> = LazyLock::new(Answer::default);
        match self.answers.len() {
            0 => &SUCCESS,
            length if self.repeat => &self.answers[index % length],
            length => &self.answers[index.min(length - 1)],
        }
    }

    fn outage(&self, moment: &Moment<'_>) -> Option<&Answer> {
        let rages =
            |outage: &&Outage| moment.since.checked_sub(outage.after.0).is_some_and(|into| into < outage.r#for.0);
        self.outages.iter().find(rages).map(|outage| &outage.answer)
    }

    fn beyond_quota(&self, moment: &Moment<'_>) -> Option<&Answer> {
        let quota = self.quota.as_ref()?;
        let into = moment.since.as_nanos() % quota.per.0.as_nanos().max(1);
        let into = Duration::from_nanos(u64::try_from(into).unwrap_or(u64::MAX));
        ((moment.within)(into) >= quota.attempts as usize).then_some(&quota.answer)
    }

    fn drawn(&self, moment: &Moment<'_>) -> Option<&Answer> {
        let chance = self.chance.as_ref()?;
        // Agencies must not fail in step with one another, so each draws from a sequence of its own.
        let digest = Sha256::new()
            .chain_update(chance.seed.to_le_bytes())
            .chain_update((moment.index as u64).to_le_bytes())
            .chain_update(moment.agency);
        let drawn: f64 = StdRng::from_seed(digest.finalize().into()).random();
        (drawn < chance.share).then_some(&chance.answer)
    }

    fn all_answers(&mut self) -> impl Iterator<Item = &mut Answer> {
        let rules = self.outages.iter_mut().map(|outage| &mut outage.answer);
        let rules = rules.chain(self.quota.iter_mut().map(|quota| &mut quota.answer));
        rules.chain(self.chance.iter_mut().map(|chance| &mut chance.answer)).chain(&mut self.answers)
    }

    /// Whether no rule makes trouble.
    fn spares_all(&self) -> bool {
        let answers = self.outages.iter().map(|outage| &outage.answer);
        let answers = answers.chain(self.quota.iter().map(|quota| &quota.answer));
        let mut answers = answers.chain(self.chance.iter().map(|chance| &chance.answer));
        answers.all(Answer::is_success)
    }

    /// What serde cannot see.
    fn check(&self) -> Result<(), String> {
        if let Some(chance) = self.chance.as_ref().filter(|chance| !(0.0..=1.0).contains(&chance.share)) {
            return Err(format!("expected a `share` from 0 to 1, found {}", chance.share));
        }
        if self.quota.as_ref().is_some_and(|quota| quota.per.0.is_zero()) {
            return Err("expected a `per` longer than nothing".into());
        }
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn unavailable() -> Answer {
    Answer::status(503)
}

fn limited() -> Answer {
    Answer::status(429)
}

impl FromIterator<Answer> for Script {
    fn from_iter<I: IntoIterator<Item = Answer>>(answers: I) -> Self {
        Rules { answers: answers.into_iter().collect(), ..Rules::default() }.into()
    }
}

impl Serialize for Script {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_list() { self.0.answers.serialize(serializer) } else { (*self.0).serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Script {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScriptVisitor;

        impl<'de> Visitor<'de> for ScriptVisitor {
            type Value = Script;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of answers such as `[503, 200]`, or a mapping such as `{ answers: [503, 200], repeat: true }`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Script, A::Error> {
                let answers = Vec::deserialize(SeqAccessDeserializer::new(access))?;
                Ok(Rules { answers, ..Rules::default() }.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Script, A::Error> {
                let rules = Rules::deserialize(MapAccessDeserializer::new(access))?;
                rules.check().map_err(A::Error::custom)?;
                Ok(rules.into())
            }
        }

        deserializer.deserialize_any(ScriptVisitor)
    }
}

impl JsonSchema for Script {
    fn schema_name() -> Cow<'static, str> {
        "Script".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (answers, rules) = (Vec::<Answer>::json_schema(generator), Rules::json_schema(generator));
        json_schema!({ "description": "How the attempts of an agency are answered.", "anyOf": [answers, rules] })
    }
}
