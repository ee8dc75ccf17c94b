use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::{DRIFT_CURE, Format, RenderError, Report, RequirementResult, load, text::clean};
use crate::{
    dialect::Drift,
    requirement,
    verdict::{Judgement, Verdict},
};

pub(super) const FORMAT: Format = Format {
    name: "junit",
    file: "junit.xml",
    about: "a suite for each family of requirements, a case for each requirement and scenario, and for each threshold",
    render,
};

fn render(report: &Report) -> Result<Vec<u8>, RenderError> {
    let mut junit = quick_junit::Report::new(clean(&format!("matchproof {}", report.run.target)));
    junit.set_time(Duration::try_from_secs_f64(report.run.seconds).unwrap_or_default());
    for family in report.requirements.chunk_by(|one, next| family(one) == family(next)) {
        junit.add_test_suite(suite(report, family));
    }
    junit.add_test_suites(drift(report));
    junit.add_test_suites(report.load.iter().map(load::suite));
    let mut bytes = Vec::new();
    junit.serialize(&mut bytes).map_err(|error| RenderError { format: FORMAT.name, reason: error.to_string() })?;
    Ok(bytes)
}

/// A suite with a failed case for each part of the pinned dialect in which the target answers otherwise.
fn drift(report: &Report) -> Option<TestSuite> {
    let case = |drift: &Drift| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(clean(&drift.to_string())).set_type("drift").set_description(DRIFT_CURE);
        let mut case = TestCase::new(clean(&format!("{} is as pinned", drift.part)), status);
        case.set_classname("dialect");
        case
    };
    let mut suite = TestSuite::new("dialect");
    suite.add_property(Property::new("run", name(report.outcome)));
    suite.add_test_cases(report.drift.iter().map(case));
    (!report.drift.is_empty()).then_some(suite)
}

fn family(row: &RequirementResult) -> &str {
    requirement::family(&row.id)
}

/// The property `outcome` is a verdict on cases and suites alike; `run` is what the whole run came to, which a reader of
/// `JUnit` has no other place to see.
fn suite(report: &Report, rows: &[RequirementResult]) -> TestSuite {
    let mut suite = TestSuite::new(clean(rows.first().map(family).unwrap_or_default()));
    let worst = Verdict::worst(rows.iter().map(|row| row.verdict));
    suite.add_property(Property::new("outcome", name(worst)));
    suite.add_property(Property::new("run", name(report.outcome)));
    suite.extra.insert(XmlString::new("timestamp"), XmlString::new(&report.run.began));
    suite.add_test_cases(rows.iter().flat_map(cases));
    suite
}

fn cases(row: &RequirementResult) -> Vec<TestCase> {
    let mut scenarios: Vec<&str> = Vec::new();
    for judgement in &row.judgements {
        if !scenarios.contains(&judgement.scenario.as_str()) {
            scenarios.push(&judgement.scenario);
        }
    }
    if scenarios.is_empty() {
        return vec![case(row, "none", row.verdict, &row.reason, &[])];
    }
    let of = |scenario: &str| {
        let judgements: Vec<&Judgement> = row.judgements.iter().filter(|one| one.scenario == scenario).collect();
        let verdict = Verdict::worst(judgements.iter().map(|one| one.verdict));
        // The worst comes first, and there is at least one.
        let reason = judgements.first().map(|worst| worst.reason.as_str()).unwrap_or_default();
        case(row, scenario, verdict, reason, &judgements)
    };
    scenarios.into_iter().map(of).collect()
}

fn case(
    row: &RequirementResult,
    scenario: &str,
    verdict: Verdict,
    reason: &str,
    judgements: &[&Judgement],
) -> TestCase {
    let mut case = TestCase::new(clean(&format!("{} {}", row.id, row.text)), status(verdict, reason, judgements));
    case.set_classname(clean(scenario));
    case.add_property(Property::new("outcome", name(verdict)));
    case.add_property(Property::new("requirement", clean(&row.id)));
    case.add_property(Property::new("level", row.level.to_string()));
    case.add_property(Property::new("origin", clean(&row.origin)));
    if matches!(verdict, Verdict::Warn | Verdict::Info) {
        case.set_system_out(details(judgements));
    }
    case
}

fn status(verdict: Verdict, reason: &str, judgements: &[&Judgement]) -> TestCaseStatus {
    let mut status = match verdict {
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Inconclusive | Verdict::CouldNotRun | Verdict::NotApplicable | Verdict::NotSelected => {
            TestCaseStatus::skipped()
        }
        Verdict::Pass | Verdict::Warn | Verdict::Info => return TestCaseStatus::success(),
    };
    status.set_message(clean(reason)).set_type(name(verdict));
    let details = details(judgements);
    if !details.is_empty() {
        status.set_description(details);
    }
    status
}

/// What each check saw, a line for each fact.
fn details(judgements: &[&Judgement]) -> String {
    let mut lines = Vec::new();
    for judgement in judgements {
        lines.push(format!("check {}: {}: {}", judgement.check, name(judgement.verdict), clean(&judgement.reason)));
        lines.push(format!("  expression: {}", clean(&judgement.expression)));
        for shown in &judgement.values {
            lines.push(format!("  {} = {}", clean(&shown.part), clean(&shown.value)));
        }
        for offender in &judgement.offenders {
            lines.push(clean(&format!("  offender: {}: {}", offender.title(), offender.seen)));
        }
        lines.extend(judgement.outcome.iter().map(|seen| format!("  seen: {}", clean(seen))));
        lines.extend(judgement.window.iter().map(|window| format!("  window: {}", clean(window))));
        if !judgement.evidence.is_empty() {
            let numbers: Vec<String> = judgement.evidence.iter().map(u64::to_string).collect();
            lines.push(format!("  evidence: {}", numbers.join(", ")));
        }
        lines.extend(judgement.repeat.iter().map(|repeat| format!("  repeat: {}", clean(repeat))));
    }
    lines.join("\n")
}

/// The name of a verdict or outcome as `report.json` has it.
fn name(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
