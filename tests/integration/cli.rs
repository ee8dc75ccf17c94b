//! Commands that send nothing.

use serde_json::Value;

use crate::{server::Server, support::Place};

#[test]
fn help_names_every_command_and_version_tells_the_version() {
    let place = Place::new();
    let ran = place.run(["--help"]).with_code(0);
    for command in ["run", "judge", "simulate", "selftest", "list", "explain", "schema", "completions"] {
        assert!(ran.out.contains(&format!("\n  {command} ")), "{command} is missing in:\n{}", ran.out);
    }
    assert_eq!(place.run(["--version"]).with_code(0).out.trim(), concat!("matchproof ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn lists_are_shown_for_people_and_for_programs() {
    let place = Place::new();
    for list in ["requirements", "scenarios", "steps", "faults", "functions", "defects", "dialects"] {
        let lines = place.run(["list", list]).with_code(0).out.lines().count();
        let json: Vec<Value> = serde_json::from_str(&place.run(["list", list, "--json"]).with_code(0).out).unwrap();
        assert!(lines > 2 && lines == json.len(), "{list}: {lines} lines, {} objects", json.len());
    }
    place.run(["list", "requirement"]).with_code(2).told(&["requirements"]);
}

#[test]
fn anything_with_a_name_is_explained() {
    let place = Place::new();
    let about = |name: &str| place.run(["explain", name]).with_code(0).out;
    assert!(about("RETRY-6").contains("platform/retry-exhausted"));
    assert!(about("connect").contains("- connect: {"));
    assert!(about("never-answer").contains("fault"));
    assert!(about("platform/link-one").contains("LINK-1"));
    assert!(about("token-answer-cacheable").contains("AUTH-10, a should"));
    place.run(["explain", "RETRI-6"]).with_code(2).told(&["`RETRI-6`", "did you mean `RETRY-6`?"]);
}

#[test]
fn every_shipped_scenario_keeps_the_schema_for_editors() {
    let place = Place::new();
    let schema: Value = serde_json::from_str(&place.run(["schema", "scenario"]).with_code(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let listed: Vec<Value> = serde_json::from_str(&place.run(["list", "scenarios", "--json"]).out).unwrap();
    for scenario in &listed {
        let path = scenario["path"].as_str().unwrap();
        let text = std::fs::read_to_string(format!("{}/scenarios/{path}.yaml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{path}: {errors:?}");
    }
    let wrong = serde_json::json!({ "title": "x", "checks": [{ "RETRY-99": "true" }] });
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn a_profile_keeps_its_schema() {
    let place = Place::new();
    let schema: Value = serde_json::from_str(&place.run(["schema", "profile"]).with_code(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let read = |text: &str| toml::from_str::<Value>(text).unwrap();
    let profile = crate::target::profile("http://127.0.0.1:1", "deliver_within = \"30s\"");
    assert!(validator.is_valid(&read(&profile)), "{profile}");
    assert!(!validator.is_valid(&read(&profile.replace("deliver_within", "deliver_witin"))));
}

#[test]
fn a_shell_gets_its_completions() {
    assert!(Place::new().run(["completions", "bash"]).with_code(0).out.contains("matchproof"));
}

#[test]
fn a_plan_is_shown_and_nothing_is_sent() {
    let place = Place::new();
    let ran = place.run(["run", "--plan"]).with_code(0);
    for part in
        ["embedded: ", "side by side\n", "platform/retry-exhausted ", "refused credentials ", "nothing was sent"]
    {
        assert!(ran.out.contains(part), "`{part}` is missing in:\n{}", ran.out);
    }
    let server = Server::answering("500 Oops", "");
    place.write("matchproof.toml", &crate::target::profile(&format!("http://{}", server.address), ""));
    let ran = place.run(["run", "--plan", "--target", "local", "platform/auth-*"]).with_code(0);
    assert!(ran.out.contains(&format!("local at http://{}", server.address)), "{}", ran.out);
    assert_eq!((server.requests(), place.names()), (0, vec!["matchproof.toml".to_owned()]));
}

#[test]
fn a_plan_says_what_will_not_run_and_does_not_count_it() {
    let place = Place::new();
    let links = |more: &str| {
        place.write("matchproof.toml", &crate::target::profile("http://127.0.0.1:1", more));
        let ran = place.run(["run", "--plan", "--target", "local", "platform/auth-token-expiry"]).with_code(0);
        let line = ran.out.lines().find(|line| line.trim_start().starts_with("links ")).unwrap();
        (line.split_whitespace().next_back().unwrap().parse::<u32>().unwrap(), ran.out)
    };
    let (all, text) = links("clock = { advance = \"POST http://127.0.0.1:1/clock\" }");
    assert!(!text.contains("will not run") && !text.contains("not applicable"), "{text}");
    let (none, text) = links("");
    assert!(text.contains("will not run: needs `clock = { advance"), "{text}");
    let (absent, text) = links("absent = { clock = \"no time travel\" }");
    assert!(text.contains("not applicable: the profile declares `clock` absent: no time travel"), "{text}");
    assert_eq!((none, absent), (3, 3), "the preflight tries three strings for a token at most");
    assert!(all > 3, "{all}");
}
