use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Dialect;

/// A part of a dialect.
#[derive(Clone, Copy)]
pub struct Part {
    /// Its name in a pinned file.
    pub name: &'static str,
    /// What it tells, for a reader.
    pub about: &'static str,
    /// The part as a person reads it; nothing where it is not known.
    pub shown: fn(&Dialect) -> Option<String>,
    /// Whether two known ones of it say the same.
    agrees: fn(&Dialect, &Dialect) -> bool,
}

impl Part {
    /// Whether two dialects that both know the part say the same of it.
    #[must_use]
    pub fn agrees(&self, one: &Dialect, other: &Dialect) -> bool {
        (self.agrees)(one, other)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Part").field(&self.name).finish()
    }
}

/// The row of a part whose two values say the same where they are equal.
macro_rules! part {
    ($name:ident, $about:literal, $shown:expr) => {
        Part {
            name: stringify!($name),
            about: $about,
            shown: |dialect| dialect.$name.as_ref().map($shown),
            agrees: |one, other| one.$name == other.$name,
        }
    };
}

/// Every part of a dialect, in the order of the guide's steps.
pub const PARTS: &[Part] = &[
    part!(token, "where the answer of /crm/oauth holds the token", ToString::to_string),
    part!(token_answer, "the answer of /crm/oauth to the right credentials", ToString::to_string),
    Part {
        agrees: |one, other| is_about(one.token_life, other.token_life),
        ..part!(token_life, "how long a token lives by the answer's own word", ToString::to_string)
    },
    part!(limit_headers, "headers about a rate limit on an answer that was not limited", |all| names(all)),
    part!(link, "where the answer of /crm/integrate holds the signed URL", ToString::to_string),
    part!(link_answer, "the answer of /crm/integrate to the right request", ToString::to_string),
    part!(wrong_secret, "how /crm/oauth refuses a wrong client secret", ToString::to_string),
    part!(wrong_token, "how /crm/integrate refuses a token that is none", ToString::to_string),
    part!(missing_agency, "how /crm/integrate refuses a body without an agencyId", ToString::to_string),
    part!(delivery_type, "the content type of a delivery", ToString::to_string),
    part!(delivery_fields, "the names in the JSON object of a delivery", |all| names(all)),
    part!(delivery_headers, "the platform's own headers of a delivery", |all| names(all)),
];

fn names(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Whether two lives differ by no more than a clock's step and the way of an answer: 2 seconds and a hundredth.
fn is_about(one: Option<crate::clock::Period>, other: Option<crate::clock::Period>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one.ms() - other.ms()).abs() <= 2000.0 + one.ms().max(other.ms()) / 100.0,
        (one, other) => one == other,
    }
}

/// A part of the dialect in which the target answered otherwise than the profile pins.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Drift {
    /// The part's name in a pinned file.
    pub part: String,
    /// What the part tells.
    pub about: String,
    /// What the profile pins.
    pub pinned: String,
    /// What was seen.
    pub seen: String,
    /// The number in the evidence of the exchange or delivery that showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<u64>,
}

impl Drift {
    /// Every part that both dialects know and in which they differ. `evidence` tells the record that showed a part.
    #[must_use]
    pub fn between(pinned: &Dialect, seen: &Dialect, evidence: impl Fn(&str) -> Option<u64>) -> Vec<Drift> {
        let differing = |part: &Part| {
            let (before, now) = ((part.shown)(pinned)?, (part.shown)(seen)?);
            (!part.agrees(pinned, seen)).then(|| Drift {
                part: part.name.to_owned(),
                about: part.about.to_owned(),
                pinned: before,
                seen: now,
                evidence: evidence(part.name),
            })
        };
        PARTS.iter().filter_map(differing).collect()
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, about, pinned, seen, evidence } = self;
        write!(f, "{part} ({about}): pinned as `{pinned}`, seen as `{seen}`")?;
        evidence.map_or(Ok(()), |number| write!(f, " (evidence {number})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Period;

    fn dialect(text: &str) -> Dialect {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn every_field_is_a_part_and_every_part_a_field() {
        let schema = schemars::schema_for!(Dialect).to_value();
        let mut fields: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut parts: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        fields.sort_unstable();
        parts.sort_unstable();
        assert_eq!(fields, parts);
    }

    #[test]
    fn drift_is_told_of_parts_that_both_know() {
        let pinned = dialect("token = \"json:/token\"\nlink = \"text\"\nwrong_token = \"401 empty\"");
        let seen = dialect("token = \"json:/token\"\nlink = \"json:/url\"\ntoken_answer = \"200 empty\"");
        let drift = Drift::between(&pinned, &seen, |part| (part == "link").then_some(7));
        let told: Vec<String> = drift.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["link (where the answer of /crm/integrate holds the signed URL): pinned as `text`, seen as `json:/url` \
              (evidence 7)"]
        );
        assert_eq!(Drift::between(&pinned, &Dialect::default(), |_| None), []);
        assert_eq!(Drift::between(&pinned, &pinned, |_| None), []);
    }

    #[test]
    fn a_life_may_vary_by_a_clocks_step() {
        let life = |seconds| Dialect {
            token_life: Some(Period(std::time::Duration::from_secs(seconds))),
            ..Dialect::default()
        };
        let drifts = |one, other| !Drift::between(&life(one), &life(other), |_| None).is_empty();
        assert!(!drifts(21600, 21598) && !drifts(60, 62) && drifts(21600, 20000) && drifts(60, 64));
    }
}
