//! A run against the simulator inside the program, and what it leaves.

use std::fs;

use serde_json::Value;

use crate::support::{Place, json, verdicts};

#[test]
fn a_run_leaves_a_folder_that_holds_all_of_it() {
    let place = Place::new();
    let ran = place.run(["run", "platform/link-one"]).with_code(0);
    let folder = place.run_folder();
    let report = json(&folder, "report.json");
    assert_eq!(report["summary"].as_str(), Some(ran.last_line()));
    assert!(ran.last_line().starts_with("embedded conforms: 2 pass"), "{}", ran.last_line());
    assert!(ran.out.contains(folder.file_name().unwrap().to_str().unwrap()), "{}", ran.out);
    ran.told(&["run folder .matchproof/", "preflight", "  1 of 1 scenarios done"]);

    let schema: Value = serde_json::from_str(&place.run(["schema", "report"]).with_code(0).out).unwrap();
    jsonschema::validate(&schema, &report).unwrap();
    let junit = fs::read_to_string(folder.join("junit.xml")).unwrap();
    let junit = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    assert!(junit.tests > 0 && junit.failures == 0 && junit.errors == 0);
    let evidence = fs::read_to_string(folder.join("evidence.jsonl")).unwrap();
    let kinds: Vec<String> = evidence
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["record"].as_str().unwrap().to_owned())
        .collect();
    assert!(kinds.iter().any(|kind| kind == "exchange") && kinds.last().is_some_and(|kind| kind == "end"), "{kinds:?}");
}

#[test]
fn a_saved_run_is_judged_again_to_the_same_words() {
    let place = Place::new();
    let ran = place.run(["run", "platform/auth-credentials", "--out", "out"]).with_code(0);
    let again = place.run(["judge", "out"]).with_code(0);
    assert_eq!(again.last_line(), ran.last_line());
    let file = |name: &str| fs::read_to_string(place.path().join("out").join(name)).unwrap();
    assert_eq!(place.run(["judge", "out", "--format", "json"]).with_code(0).out, file("report.json"));
    assert_eq!(place.run(["judge", "out", "--format", "junit"]).with_code(0).out.trim(), file("junit.xml").trim());
}

#[test]
fn only_what_was_asked_for_is_judged() {
    let place = Place::new();
    let ran = place.run(["run", "--only", "auth-10,LINK-1", "--out", "out", "--no-progress"]).with_code(0);
    assert_eq!(ran.err, "", "and nothing is told of the progress");
    let judged: Vec<String> =
        verdicts(&json(&place.path().join("out"), "report.json")).into_iter().map(|(id, _)| id).collect();
    assert_eq!(judged, ["AUTH-10", "LINK-1"]);
}

#[test]
fn a_scenario_of_ones_own_runs_with_its_parameters() {
    let place = Place::new();
    place.write(
        "mine.yaml",
        "title: So many links\nagencies: [flat]\nparams: { count: 2 }\nsteps:\n  \
         - repeat: { times: \"{{ count }}\", steps: [ { integrate: { agency: flat, as: link } } ], as: links }\nchecks:\n  \
         - LINK-1: links | length == count and count == 5\n",
    );
    let ran = place.run(["run", "mine.yaml", "--set", "count=5"]).with_code(0);
    assert!(ran.last_line().starts_with("embedded conforms: 1 pass"), "{}", ran.last_line());
}

#[test]
fn a_run_that_is_cut_short_says_so() {
    let place = Place::new();
    let ran = place.run(["run", "platform/retry-exhausted", "--max-time", "1ms"]).with_code(3);
    assert!(ran.last_line().contains("longer than it may"), "{}", ran.last_line());
}

#[test]
fn a_report_carries_the_score_of_a_selftest_of_its_version() {
    let place = Place::new();
    let told = place.run(["selftest", "key-optional", "--json", "--no-progress"]).with_code(0).out;
    place.write("score.json", &told);
    let ran = place.run(["run", "platform/link-one", "--score", "score.json", "--out", "out"]).with_code(0);
    assert!(ran.out.contains("0 of 0 lawful servers left alone, 1 of 1 defects killed"), "{}", ran.out);
    assert_eq!(json(&place.path().join("out"), "report.json")["tool"]["score"]["killed"], 1);
    place.write("score.json", &told.replace(env!("CARGO_PKG_VERSION"), "0.0.1"));
    let refused = place.run(["run", "--score", "score.json"]).with_code(2);
    refused.told(&["score.json is no selftest of this version: it is of version 0.0.1", "matchproof selftest --json"]);
    place.run(["run", "--score", "none.json"]).with_code(2).told(&["none.json is no selftest"]);
}
