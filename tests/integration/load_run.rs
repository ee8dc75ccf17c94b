//! `matchproof load` while it sends: a search, a target that stops, and loads that are ended from outside.

use serde_json::Value;

use crate::{
    interrupt::signal,
    support::{Place, Process, SECRET_VARIABLE, json},
    target::{Simulated, profile},
};

/// Links at a steady rate, for longer than any test takes unless it is told otherwise.
const LINKS: &str = "title: Links\nparams: { hold: 4m }\ngroups: [ { name: links, flow: [ integrate ], rate: 20/s } ]\n\
                     stages: [ { hold: \"{{ hold }}\" } ]\n\
                     thresholds: [ { figure: links.error_rate, below: 1% } ]\n";

/// A load of a file of this text, in the folder `out`.
fn begun(place: &Place, text: &str, arguments: &[&str]) -> Process {
    place.write("mine.yaml", text);
    place.start([&["load", "mine.yaml", "--out", "out"], arguments].concat())
}

/// The passes that are done, of the one group of the one load.
fn done(report: &Value) -> u64 {
    report["load"][0]["groups"][0]["passes"]["all"]["counts"]["done"].as_u64().unwrap()
}

#[test]
fn a_search_tells_the_highest_rate_that_holds() {
    let place = Place::new();
    let search = "title: Search\ngroups: [ { name: links, flow: [ integrate ] } ]\n\
                  stages: [ { breakpoint: { from: 5/s, to: 10/s, each: 2s } } ]\n\
                  thresholds: [ { figure: links.error_rate, below: 1% } ]\n";
    let ran = begun(&place, search, &[]).end();
    let found = &json(&place.path().join("out"), "report.json")["load"][0]["search"];
    assert_eq!((found["ended"].as_bool(), found["holds"].as_f64()), (Some(true), Some(10.0)), "{found:#}\n{}", ran.out);
    let rates: Vec<f64> = found["tried"].as_array().unwrap().iter().map(|one| one["rate"].as_f64().unwrap()).collect();
    assert!(rates.starts_with(&[5.0]) && rates.ends_with(&[10.0]), "{rates:?}");
    assert!(ran.last_line().contains("holds 10/s, the highest that was to be tried"), "{}", ran.last_line());
}

#[test]
fn a_target_that_stops_in_mid_run_misses_the_threshold() {
    let place = Place::new();
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE]);
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), ""));
    let load = begun(&place, LINKS, &["--target", "local", "--set", "hold=6s"]);
    load.err_until("1 s: ");
    signal(&simulated.process, "-KILL");
    let ran = load.end();
    let report = json(&place.path().join("out"), "report.json");
    let counts = &report["load"][0]["groups"][0]["passes"]["all"]["counts"];
    assert!(counts["errors_by_word"]["no connection"].as_u64().unwrap() > 0 && done(&report) > 0, "{counts:#}");
    // Where the machine kept the generator from its core as well, nothing can be said of the target.
    let is_valid = report["load"][0]["validity"]["valid"].as_bool().unwrap();
    let (code, part) = if is_valid { (6, "links.error_rate") } else { (3, "is invalid") };
    assert_eq!(ran.code, Some(code), "{}", ran.last_line());
    assert!(ran.last_line().contains(part), "{}", ran.last_line());
}

#[test]
fn a_machine_without_certificates_can_send() {
    let place = Place::new();
    place.write("mine.yaml", LINKS);
    let mut load = place.command(["load", "mine.yaml", "--set", "hold=1s", "--out", "out"]);
    load.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/dev/null");
    let ran = Process::start(load).end();
    // Of a machine that is kept busy nothing can be said.
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.err);
    assert!(done(&json(&place.path().join("out"), "report.json")) > 0, "{}", ran.out);
}

#[test]
fn ctrl_c_leaves_the_figures_so_far() {
    let place = Place::new();
    let load = begun(&place, LINKS, &[]);
    load.err_until("2 s: ");
    signal(&load, "-INT");
    let ran = load.end().with_code(130);
    assert!(ran.last_line().starts_with("embedded interrupted: "), "{}", ran.last_line());
    let report = json(&place.path().join("out"), "report.json");
    assert!(done(&report) >= 30, "{report:#}");
    assert_eq!(place.run(["judge", "out"]).with_code(130).last_line(), ran.last_line());
}

#[test]
fn a_killed_load_leaves_the_figures_of_all_whole_seconds() {
    let place = Place::new();
    let load = begun(&place, LINKS, &[]);
    // What is told of the third second, the disk has of the second one at the latest.
    load.err_until("3 s: ");
    signal(&load, "-KILL");
    assert_eq!(load.end().code, None);
    assert!(!place.path().join("out/report.json").exists());
    let judged = place.run(["judge", "out"]).with_code(3);
    for part in ["it was killed: these are the figures of all whole seconds", "links.integrate"] {
        assert!(judged.out.contains(part), "`{part}` is missing in:\n{}", judged.out);
    }
    let seconds = std::fs::read_to_string(place.path().join("out/load-1.jsonl")).unwrap();
    assert!(seconds.lines().filter(|line| line.starts_with("{\"second\"")).count() >= 2, "{seconds}");
}
