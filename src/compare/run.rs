//! A run as it is compared: what it was, and one value for each figure.

use std::collections::BTreeMap;

use super::figure::Figure;

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFigures {
    /// What a reader calls it: its folder.
    pub name: String,
    /// What it was: runs are comparable whose traits are equal. By what a trait is, such as `plan`.
    pub traits: BTreeMap<&'static str, String>,
    /// Why its figures are not the target's, or not of a whole run; nothing where they are.
    pub unusable: Option<String>,
    /// Its figures.
    pub figures: BTreeMap<Figure, f64>,
}

/// Two runs that may not be compared.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{other} is of another {what} than {one}: {here}, and not {there}; compare runs of one {what} alone")]
pub struct Mismatch {
    /// What differs.
    pub what: &'static str,
    /// The run that all others are held against: the first.
    pub one: String,
    /// The run that differs.
    pub other: String,
    /// What the other has.
    pub here: String,
    /// What the first has.
    pub there: String,
}

/// Everything in which a run differs from the first one, so that they may not be compared.
#[must_use]
pub fn mismatches<'a>(runs: impl IntoIterator<Item = &'a RunFigures>) -> Vec<Mismatch> {
    let mut runs = runs.into_iter();
    let Some(first) = runs.next() else { return Vec::new() };
    let value = |run: &RunFigures, what| run.traits.get(what).cloned().unwrap_or_else(|| "none".to_owned());
    let mut found = Vec::new();
    for other in runs {
        let mut whats: Vec<&'static str> = first.traits.keys().chain(other.traits.keys()).copied().collect();
        whats.sort_unstable();
        whats.dedup();
        for what in whats {
            let (there, here) = (value(first, what), value(other, what));
            if here != there {
                found.push(Mismatch { what, one: first.name.clone(), other: other.name.clone(), here, there });
            }
        }
    }
    found
}
