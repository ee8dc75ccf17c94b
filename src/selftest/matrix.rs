use std::{collections::BTreeSet, fmt::Write as _};

use serde::{Deserialize, Serialize};

use super::{Finding, Shown};
use crate::{
    report::{self, Score},
    scenario::{parse, shipped},
};

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What all trials of a selftest came to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Matrix {
    /// The version of the program that was tried.
    pub version: String,
    /// All of it in numbers.
    pub score: Score,
    /// One for each trial, in their order.
    pub findings: Vec<Finding>,
    /// The checks of the shipped suite that no defect has made fail, as `scenario#number REQUIREMENT`.
    pub never_failed: Vec<String>,
}

impl Matrix {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        let failed: BTreeSet<&str> = findings
            .iter()
            .filter(|one| one.shown != Shown::Clean)
            .flat_map(|one| &one.checks)
            .map(String::as_str)
            .collect();
        let never_failed = shipped()
            .iter()
            .filter_map(|(path, source)| parse(path, source).ok())
            .flat_map(|scenario| {
                let checks = scenario.checks.iter().enumerate();
                checks
                    .map(|(at, check)| (format!("{}#{}", scenario.path, at + 1), check.requirement.id))
                    .collect::<Vec<_>>()
            })
            .filter(|(name, _)| !failed.contains(name.as_str()))
            .map(|(name, id)| format!("{name} {id}"))
            .collect();
        Self { version: VERSION.to_owned(), score: score(&findings), findings, never_failed }
    }

    /// The score in what `matchproof selftest --json` printed.
    ///
    /// # Errors
    ///
    /// It is none, or one of another version of the program.
    pub fn score_in(text: &str) -> Result<Score, String> {
        let matrix: Self = serde_json::from_str(text).map_err(|error| format!("{error}"))?;
        if matrix.version != VERSION {
            return Err(format!("it is of version {}, and this is {VERSION}", matrix.version));
        }
        // What is found counts, whatever else the file says.
        Ok(score(&matrix.findings))
    }

    /// Whether every server that keeps the guide was left alone, and every defect found where it is declared and nowhere
    /// else.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| !finding.shown.is_wrong())
    }

    /// The whole answer in one sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        report::score(&self.score)
    }

    /// The matrix as a table for a terminal, then what is wrong, and the checks that no defect has made fail.
    #[must_use]
    pub fn render(&self) -> String {
        let width = self.findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for finding in &self.findings {
            let _ = writeln!(text, "{:<width$}  {:<10}  {}", finding.name, finding.shown.word(), rows(finding));
        }
        for finding in self.findings.iter().filter(|finding| finding.shown.is_wrong()) {
            let _ = writeln!(text, "\n{}: {}", finding.name, finding.about);
            for (id, reason) in &finding.reasons {
                let _ = writeln!(text, "  {id}: {reason}");
            }
        }
        if self.score.defects > 0 && !self.never_failed.is_empty() {
            let _ = writeln!(text, "\nchecks that no defect of this selftest has made fail:");
            for check in &self.never_failed {
                let _ = writeln!(text, "  {check}");
            }
        }
        text
    }
}

fn score(findings: &[Finding]) -> Score {
    let count = |shown| findings.iter().filter(|finding| finding.shown == shown).count();
    let accused = count(Shown::Accused);
    let (lawful, unproven) = (count(Shown::Clean) + accused, count(Shown::Unproven));
    Score {
        lawful,
        accused,
        defects: findings.len() - lawful - unproven,
        killed: count(Shown::Killed),
        survived: count(Shown::Survived),
        collateral: count(Shown::Collateral),
        shadowed: count(Shown::Shadow),
        unproven,
    }
}

/// The rows of a finding, in words.
fn rows(finding: &Finding) -> String {
    let parts = [
        ("found by", &finding.killed),
        ("not by", &finding.missed),
        ("accused", &finding.accused),
        ("in the shadow", &finding.shadowed),
    ];
    let parts = parts.iter().filter(|(_, rows)| !rows.is_empty());
    let parts = parts.map(|(words, rows)| format!("{words} {}", rows.join(" ")));
    let again = (finding.tries > 1).then(|| format!("tried {} times", finding.tries));
    parts.chain(again).collect::<Vec<_>>().join("; ")
}
