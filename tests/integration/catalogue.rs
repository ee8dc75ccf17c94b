//! What holds the catalogue together: requirements, scenarios, faults, steps, defects and dialects refer to each other, and
//! none stands alone.

use std::collections::BTreeSet;

use matchproof::{
    receiver,
    requirement::{self, Level, Requirement, Side},
    scenario::{Scenario, parse, shipped},
    simulator::{DEFECTS, DIALECTS},
    step,
};
use serde_json::Value;

/// Requirements that no run can see broken, or that no defect of ours can break, each with the reason.
const NOT_OBSERVABLE: &[(&str, &str)] = &[];

/// Lints that keep bad input from ending the process, and were lost once.
const LINTS: &[&str] = &["unwrap_used", "expect_used", "panic", "unreachable", "todo", "unimplemented"];

fn scenarios() -> Vec<Scenario> {
    shipped().iter().map(|(path, source)| parse(path, source).unwrap()).collect()
}

/// The rows of the platform's side that a run judges, those aside that cannot be observed.
fn judged() -> Vec<&'static Requirement> {
    let excepted = |id: &str| NOT_OBSERVABLE.iter().any(|(known, _)| *known == id);
    let rows = requirement::all().filter(|row| row.side == Side::Platform && row.level != Level::Info);
    rows.filter(|row| !excepted(row.id)).collect()
}

/// Every name and every text that stands in the steps of the shipped scenarios, at any depth.
fn words_of_steps() -> BTreeSet<String> {
    fn walk(value: &Value, all: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => drop(all.insert(text.clone())),
            Value::Array(items) => items.iter().for_each(|item| walk(item, all)),
            Value::Object(members) => {
                all.extend(members.keys().cloned());
                members.values().for_each(|value| walk(value, all));
            }
            _ => {}
        }
    }
    let mut all = BTreeSet::new();
    for (path, source) in shipped() {
        let file: Value = serde_saphyr::from_str(source.text()).unwrap_or_else(|error| panic!("{path}: {error}"));
        walk(&file["steps"], &mut all);
    }
    all
}

#[test]
fn every_requirement_of_a_platform_is_checked_by_a_shipped_scenario() {
    let scenarios = scenarios();
    let checked: BTreeSet<&str> =
        scenarios.iter().flat_map(|scenario| &scenario.checks).map(|check| check.requirement.id).collect();
    let missing: Vec<&str> = judged().iter().map(|row| row.id).filter(|id| !checked.contains(id)).collect();
    assert!(missing.is_empty(), "no scenario checks {missing:?}");
}

#[test]
fn every_requirement_of_a_platform_is_broken_by_a_defect() {
    let broken: BTreeSet<&str> = DEFECTS.iter().flat_map(|defect| defect.breaks).copied().collect();
    let missing: Vec<&str> = judged().iter().map(|row| row.id).filter(|id| !broken.contains(id)).collect();
    assert!(missing.is_empty(), "no defect breaks {missing:?}");
}

#[test]
fn every_defect_breaks_requirements_of_a_platform_that_are_judged() {
    let judged: BTreeSet<&str> = judged().iter().map(|row| row.id).collect();
    for defect in DEFECTS {
        let strange: Vec<_> = defect.breaks.iter().filter(|id| !judged.contains(*id)).collect();
        assert!(strange.is_empty(), "{}: {strange:?}", defect.name);
    }
}

#[test]
fn what_cannot_be_observed_is_told_with_a_reason_and_is_not_checked_after_all() {
    let scenarios = scenarios();
    for (id, reason) in NOT_OBSERVABLE {
        assert!(requirement::all().any(|row| row.id == *id) && reason.len() > 20, "{id}");
        let checked = scenarios.iter().flat_map(|scenario| &scenario.checks).any(|check| check.requirement.id == *id);
        let broken = DEFECTS.iter().any(|defect| defect.breaks.contains(id));
        assert!(!(checked && broken), "{id} is observed");
    }
}

#[test]
fn every_fault_is_used_by_a_shipped_scenario() {
    let used = words_of_steps();
    let unused: Vec<&str> =
        receiver::FAULTS.iter().map(|fault| fault.name).filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "no scenario uses {unused:?}");
}

#[test]
fn every_kind_of_step_is_used_by_a_shipped_scenario() {
    let used = words_of_steps();
    let unused: Vec<&str> = step::KINDS.iter().map(|kind| kind.name).filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "no scenario uses {unused:?}");
}

#[test]
fn there_are_as_many_defects_and_dialects_as_were_promised() {
    assert!(DEFECTS.len() >= 100, "{} defects", DEFECTS.len());
    assert!(DIALECTS.len() >= 14, "{} dialects", DIALECTS.len());
}

#[test]
fn what_ends_a_process_on_bad_input_stays_forbidden() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let manifest: Value = toml::from_str(&manifest).unwrap();
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"], "forbid");
    for lint in LINTS {
        let level = manifest["lints"]["clippy"][*lint].as_str();
        assert!(matches!(level, Some("warn" | "deny" | "forbid")), "{lint}: {level:?}");
    }
}
