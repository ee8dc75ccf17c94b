//! What a person types or writes wrong: told before anything is sent or made.

use crate::{
    support::{Place, SECRET_VARIABLE},
    target::profile,
};

/// Runs against the profile's target, and fails unless nothing was made.
fn refused(place: &Place, arguments: &[&str], code: i32) -> crate::support::Ran {
    let before = place.names();
    let ran = place.run([&["run"], arguments].concat()).with_code(code);
    assert_eq!((place.names(), ran.out.as_str()), (before, ""), "nothing is left, and nothing looks like an answer");
    ran
}

fn with_profile(text: &str) -> Place {
    let place = Place::new();
    place.write("matchproof.toml", text);
    place
}

#[test]
fn a_missing_profile_is_named() {
    refused(&Place::new(), &["--target", "staging"], 2).told(&["matchproof.toml", "--profile"]);
}

#[test]
fn an_unknown_target_is_answered_with_the_one_that_was_meant() {
    let place = with_profile(&profile("http://127.0.0.1:1", ""));
    refused(&place, &["--target", "locl"], 2).told(&["matchproof.toml has no target `locl`", "did you mean `local`?"]);
}

#[test]
fn an_unset_variable_is_named_with_its_place() {
    let place = with_profile(&profile("http://127.0.0.1:1", ""));
    let mut command = place.command(["run", "--target", "local"]);
    command.env_remove(SECRET_VARIABLE);
    let ran = crate::support::Process::start(command).end().with_code(2);
    ran.told(&["matchproof.toml:4:", SECRET_VARIABLE, "is not set", "export"]);
    assert_eq!(place.names(), ["matchproof.toml"]);
}

#[test]
fn a_broken_profile_is_told_whole() {
    let place = with_profile(
        "[target.local]\nbase_urll = \"http://127.0.0.1:1\"\nclient_id = 7\nclient_secret = \"hunter2-hunter2\"\n\
         deliver_within = \"soon\"\n[targets]\n",
    );
    let ran = refused(&place, &["--target", "local"], 2);
    ran.told(&[
        "did you mean `base_url`?",
        "client_id",
        "does not stand in a profile",
        "soon",
        "did you mean `target`?",
    ]);
    ran.told(&["matchproof.toml:2:1", "matchproof.toml:3:", "matchproof.toml:4:", "matchproof.toml:5:"]);
    assert!(!ran.err.contains("hunter2"), "a secret that stands there by mistake is not repeated:\n{}", ran.err);
}

#[test]
fn a_file_that_the_profile_names_is_missed_before_the_run() {
    let place = with_profile(&profile(
        "http://127.0.0.1:1",
        "ca = [\"no-ca.pem\"]\ndialect = \"no-dialect.toml\"\n\
         agency = { form = { accounts = \"no-accounts.csv\" } }",
    ));
    refused(&place, &["--target", "local"], 2).told(&["no-ca.pem", "no-dialect.toml", "no-accounts.csv"]);
}

#[test]
fn broken_scenarios_are_told_in_one_go() {
    let place = Place::new();
    place.write("syntax.yaml", "title: A tab\nsteps:\n\t- connect: {}\n");
    place.write(
        "words.yaml",
        "title: Unknown words\nagencies: [flat]\nsteps:\n  - conect: { agency: flat }\n  - connect: { agency: flta }\n  \
         - authenticate: { as: right }\n  - deliveries: { agency: flat, until: quiet, at_most: many, as: got }\nchecks:\n  \
         - RETRI-1: got | length > 1\n  - AUTH-1: right.tokn is string\n  - RETRY-5: policy_attempts(got) | lenght <= 4\n  \
         - AUTH-9: (right.status\n",
    );
    let ran = refused(&place, &["*.yaml"], 2);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("cli-broken-scenarios.txt", ran.err));
}

#[test]
fn everything_that_is_wrong_is_told_in_one_go() {
    let place = with_profile(&profile("http://127.0.0.1:1", ""));
    place.write("broken.yaml", "title: No checks\n");
    let arguments = ["--target", "locl", "--only", "RETRI", "--set", "nonsense", "broken.yaml"];
    refused(&place, &arguments, 2).told(&["`locl`", "`RETRY`", "name=value", "broken.yaml"]);
}

#[test]
fn an_unknown_parameter_is_a_mistake() {
    refused(&Place::new(), &["platform/link-one", "--set", "speed=5"], 2).told(&["no selected scenario", "`speed`"]);
}

#[test]
fn a_pattern_that_selects_nothing_is_no_success() {
    let place = Place::new();
    refused(&place, &["platform/retri-*"], 3).told(&["`platform/retri-*` selects no scenario", "list scenarios"]);
    refused(&place, &["platform/link-one", "--only", "NOTICE"], 3).told(&["--only NOTICE", "explain"]);
    refused(&place, &["a[b"], 2).told(&["`a[b` is no pattern"]);
}

#[test]
fn an_output_folder_that_cannot_be_used_is_told_before_the_run() {
    let place = Place::new();
    let file = place.write("a-file", "mine");
    let run = |out: &str| refused(&place, &["platform/link-one", "--out", out], 2);
    run("a-file").told(&["a-file is a file", "new folder"]);
    run("a-file/deeper").told(&["a-file/deeper", "can be written"]);
    run(".").told(&["not empty", "new folder"]);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
}

#[test]
fn a_folder_without_a_run_cannot_be_judged() {
    let place = Place::new();
    place.run(["judge", "."]).with_code(2).told(&["no run folder", "plan.json"]);
}

#[test]
fn a_simulator_is_not_started_on_what_it_does_not_know() {
    let place = Place::new();
    let simulate = |arguments: &[&str]| place.run([&["simulate"], arguments].concat()).with_code(2);
    simulate(&["--defect", "token-emty", "--dialect", "token-as-txt"]).told(&["`token-empty`", "`token-as-text`"]);
    simulate(&["--client-secret-env", "MATCHPROOF_UNSET"]).told(&["MATCHPROOF_UNSET is not set"]);
    simulate(&["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--webhook", "nowhere"]).told(&["absolute"]);
}

#[test]
fn a_selftest_knows_its_trials_and_runs_some_at_a_time() {
    let place = Place::new();
    place.run(["selftest", "no-retrys"]).with_code(2).told(&["did you mean `no-retries`?"]);
    place.run(["selftest", "clean", "--at-once", "0"]).with_code(2).told(&["--at-once", "zero"]);
}
