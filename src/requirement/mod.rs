//! The catalogue: what the guide requires of both sides, as data.
//!
//! A row is added in `platform` or `partner`; lists, help and reports follow from it.

mod partner;
mod platform;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that the guide, or a standard, asks of one side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Requirement {
    /// Written by hand, and permanent.
    pub id: &'static str,
    /// Who has to keep it.
    pub side: Side,
    /// How binding it is.
    pub level: Level,
    /// What is required, in one line of ours.
    pub text: &'static str,
    /// Where the rule comes from: the guide's step, or a standard's section.
    pub origin: &'static str,
    /// How a run proves it, and what leaves it open.
    pub proof: &'static str,
    /// The capability of the target without which it asks nothing, by its name in the profile: a target that is declared to
    /// lack it has no part in the requirement, whether or not a scenario proves it.
    pub about: Option<&'static str>,
}

impl Requirement {
    /// The same, asking nothing of a target without this capability.
    const fn about(self, capability: &'static str) -> Self {
        Self { about: Some(capability), ..self }
    }
}

/// Who has to keep a requirement.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Matchouse, or whatever answers in its place.
    #[default]
    Platform,
    /// The CRM.
    Partner,
}

/// How binding a requirement is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The guide says it, or its flow cannot work without it.
    Must,
    /// The guide is silent; a standard or plain safety says it.
    Should,
    /// Measured, never judged.
    Info,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Must => "must",
            Level::Should => "should",
            Level::Info => "info",
        })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Platform => "platform",
            Side::Partner => "partner",
        })
    }
}

/// A row of the catalogue. Its id tells whose it is: the partner's begin with `CRM-`.
const fn row(
    id: &'static str,
    level: Level,
    text: &'static str,
    origin: &'static str,
    proof: &'static str,
) -> Requirement {
    let side = if matches!(id.as_bytes(), [b'C', b'R', b'M', b'-', ..]) { Side::Partner } else { Side::Platform };
    Requirement { id, side, level, text, origin, proof, about: None }
}

/// Every requirement, the platform's first, in the order of the guide's steps.
pub fn all() -> impl Iterator<Item = &'static Requirement> {
    platform::ROWS.iter().chain(partner::ROWS)
}

/// The requirement with this id, letter case aside.
#[must_use]
pub fn find(id: &str) -> Option<&'static Requirement> {
    all().find(|row| row.id.eq_ignore_ascii_case(id))
}

/// The family of a requirement: its id without the number, such as `RETRY` or `CRM-HOOK`.
#[must_use]
pub fn family(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(family, _)| family)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `FAMILY-7` or `FAMILY-7b`, with `CRM-` before it on the partner's side.
    fn well_formed(row: &Requirement) -> bool {
        let id = match row.side {
            Side::Platform => Some(row.id),
            Side::Partner => row.id.strip_prefix("CRM-"),
        };
        id.and_then(|id| id.split_once('-')).is_some_and(|(family, number)| {
            let digits = number.trim_end_matches(|last: char| last.is_ascii_lowercase());
            family.chars().all(|letter| letter.is_ascii_uppercase())
                && number.len() - digits.len() <= 1
                && digits.parse::<u8>().is_ok_and(|number| number > 0)
        })
    }

    #[test]
    fn a_row_stands_on_the_side_that_its_id_tells() {
        assert!(platform::ROWS.iter().all(|row| row.side == Side::Platform));
        assert!(partner::ROWS.iter().all(|row| row.side == Side::Partner));
    }

    #[test]
    fn ids_are_unique_and_well_formed() {
        let ids: BTreeSet<String> = all().map(|row| row.id.to_lowercase()).collect();
        assert_eq!(ids.len(), all().count());
        for row in all() {
            assert!(well_formed(row), "{}", row.id);
        }
    }

    #[test]
    fn no_row_gets_lost() {
        let count = |side, level| all().filter(|row| row.side == side && row.level == level).count();
        let counts = [Side::Platform, Side::Partner]
            .map(|side| [Level::Must, Level::Should, Level::Info].map(|level| count(side, level)));
        assert_eq!(counts, [[42, 19, 3], [16, 9, 2]]);
    }

    #[test]
    fn the_rows_of_a_family_stand_together_in_rising_order() {
        let mut seen: Vec<&str> = Vec::new();
        let mut last = 0;
        for row in all() {
            let number = row.id[family(row.id).len() + 1..].trim_end_matches(char::is_alphabetic).parse().unwrap();
            if seen.last() == Some(&family(row.id)) {
                assert!(number >= last, "{}", row.id);
            } else {
                assert!(!seen.contains(&family(row.id)), "{} stands apart from its family", row.id);
                seen.push(family(row.id));
            }
            last = number;
        }
    }

    #[test]
    fn every_origin_cites_a_step_a_standard_or_safety() {
        for row in all() {
            let step = (1..=5).any(|step| row.origin.starts_with(&format!("guide, step {step}")));
            let standard = row.origin.starts_with("RFC ") && row.origin.contains('§');
            assert!(step || standard || row.origin.starts_with("plain safety"), "{}: {}", row.id, row.origin);
            assert!(row.level != Level::Must || step, "{}: what must be, the guide says", row.id);
        }
    }

    #[test]
    fn every_text_is_one_short_line_of_its_own() {
        let mut texts = BTreeSet::new();
        for row in all() {
            assert!((20..120).contains(&row.text.chars().count()), "{}", row.id);
            assert!(!row.text.contains('\n') && !row.text.ends_with('.'), "{}", row.id);
            assert!(row.proof.ends_with('.') && !row.proof.contains("  "), "{}", row.id);
            assert!(texts.insert(row.text), "{} repeats another row", row.id);
        }
    }

    #[test]
    fn a_requirement_is_found_whatever_the_case_of_its_id() {
        assert_eq!(find("retry-6").map(|row| row.id), Some("RETRY-6"));
        assert_eq!(find("crm-auth-4B").map(|row| row.id), Some("CRM-AUTH-4b"));
        assert_eq!(find("RETRY-99"), None);
        assert_eq!([family("RETRY-6"), family("CRM-AUTH-4b")], ["RETRY", "CRM-AUTH"]);
    }
}
