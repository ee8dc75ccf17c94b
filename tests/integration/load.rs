//! `matchproof load` and `compare`, as far as nothing is sent: what is refused, and with which code.

use std::net::TcpListener;

use serde_json::json;

use crate::{
    support::{Place, Ran},
    target::profile,
};

const STAGE: &str = "title: Mine\nparams: { rate: 50/s }\ngroups:\n  - name: links\n    flow: [ { integrate: {} } ]\n    \
                     rate: \"{{ rate }}\"\nstages: [ { hold: 5s } ]\n\
                     thresholds: [ { figure: links.integrate.p99, below: 250ms } ]\n";

/// A load of a file of this text, which is refused before anything is sent.
fn refused(text: &str, arguments: &[&str]) -> Ran {
    let place = Place::new();
    place.write("mine.yaml", text);
    let ran = place.run([&["load", "mine.yaml"], arguments].concat()).with_code(2);
    assert_eq!(place.names(), ["mine.yaml"], "no folder is made");
    ran
}

/// A load at a target of this profile.
fn aimed(base_url: &str, more: &str, arguments: &[&str], code: i32) -> Ran {
    let place = Place::new();
    place.write("matchproof.toml", &profile(base_url, more));
    place.write("mine.yaml", STAGE);
    place.run([&["load", "mine.yaml", "--target", "local"], arguments].concat()).with_code(code)
}

#[test]
fn a_plan_is_shown_and_nothing_is_sent() {
    let place = Place::new();
    place.write("mine.yaml", STAGE);
    let ran = place.run(["load", "mine.yaml", "--plan", "--set", "rate=20/s"]).with_code(0);
    for part in ["group links: open, 20 passes a second", "stage hold: hold, 5s, judged", "requests: about 100"] {
        assert!(ran.out.contains(part), "`{part}` is missing in:\n{}", ran.out);
    }
    assert_eq!(place.names(), ["mine.yaml"]);
}

#[test]
fn each_command_names_the_other_for_what_it_does_not_run() {
    let place = Place::new();
    place.write("mine.yaml", STAGE);
    place.write(
        "other.yaml",
        "title: T\nsteps: [ { authenticate: { as: right } } ]\nchecks: [ { AUTH-1: accepted(right) } ]\n",
    );
    place.run(["run", "mine.yaml"]).with_code(2).told(&["load scenario", "matchproof load"]);
    place.run(["load", "other.yaml"]).with_code(2).told(&["no load scenario", "matchproof run"]);
    place.run(["load", "platform/link-one"]).with_code(2).told(&["`platform/link-one`", "matchproof run"]);
}

#[test]
fn an_unknown_scenario_is_no_success() {
    Place::new()
        .run(["load", "load/porperty-push"])
        .with_code(3)
        .told(&["`load/porperty-push` selects no scenario", "`matchproof list loads`"]);
    Place::new().run(["load", "no.yaml"]).with_code(2).told(&["no.yaml cannot be read"]);
}

#[test]
fn figures_stages_and_units_that_do_not_fit_are_told_with_their_place() {
    refused(&STAGE.replace("links.integrate.p99", "links.intergate.p99"), &[]).told(&["intergate", "mine.yaml:8"]);
    refused(&STAGE.replace("links.integrate.p99", "links.push_listing.p99"), &[])
        .told(&["push_listing", "mine.yaml:8"]);
    refused(&STAGE.replace("links.integrate.p99", "lnks.integrate.p99"), &[]).told(&["lnks", "mine.yaml:8"]);
    refused(&STAGE.replace("links.integrate.p99", "links.integrate.p9x"), &[]).told(&["p9x", "mine.yaml:8"]);
    refused(&STAGE.replace("below: 250ms", "below: 3%"), &[]).told(&["mine.yaml:8"]);
    refused(&STAGE.replace("below: 250ms", "below: 250ms, during: hodl"), &[]).told(&["hodl", "mine.yaml:8"]);
}

#[test]
fn keys_that_are_not_there_are_told_before_anything_is_sent() {
    let keys = "setup: [ { keys: { from: { env: MATCHPROOF_TEST_NO_KEYS } } } ]\n    flow: [ push_listing ]";
    let text = STAGE.replace("flow: [ { integrate: {} } ]", keys).replace("links.integrate.p99", "links.p99");
    refused(&text, &[]).told(&["setup of `links`", "set the environment variable MATCHPROOF_TEST_NO_KEYS"]);
}

#[test]
fn what_is_set_wrongly_is_told() {
    refused(STAGE, &["--set", "raet=5/s"]).told(&["`raet`", "`rate`"]);
    refused(STAGE, &["--set", "rate=soon"]).told(&["soon"]);
}

#[test]
fn load_goes_to_another_host_only_where_the_profile_says_so() {
    let remote = "https://staging.example/api";
    let line = "load = { allow = true, max_rate = 500 }";
    aimed(remote, "", &["--plan"], 2).told(&["staging.example", line]);
    aimed(remote, line, &["--plan"], 0);
    aimed(remote, "load = { allow = false }", &["--plan"], 2).told(&["forbids", line]);
    let listing = "listing = { path = \"/listings\", base_url = \"https://listings.example\" }";
    aimed("http://127.0.0.1:1", listing, &["--plan"], 2).told(&["listings.example", line]);
    aimed("http://127.0.0.1:1", "", &["--plan"], 0);
}

#[test]
fn more_than_is_allowed_is_not_begun() {
    let limited = "load = { allow = true, max_rate = 40 }";
    aimed("http://127.0.0.1:1", limited, &["--plan"], 2).told(&["50 requests a second", "where 40 are the most"]);
    aimed("http://127.0.0.1:1", limited, &["--plan", "--set", "rate=30/s"], 0);
    aimed("http://127.0.0.1:1", "", &["--plan", "--max-requests", "100"], 2).told(&["at least 250 requests"]);
}

#[test]
fn users_whom_nothing_keeps_to_a_rate_are_not_let_loose_where_one_is_the_most() {
    let closed = STAGE.replace("rate: \"{{ rate }}\"", "users: 4").replace("params: { rate: 50/s }\n", "");
    refused(&closed, &["--max-rate", "100"]).told(&["group `links`", "nothing keeps them to 100"]);
    let place = Place::new();
    place.write("mine.yaml", &closed);
    let ran = place.run(["load", "mine.yaml", "--plan"]).with_code(0);
    assert!(ran.out.contains("requests: as many as the target answers"), "{}", ran.out);
}

#[test]
fn a_port_that_is_taken_is_told_before_the_load() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new();
    place.write("mine.yaml", STAGE);
    let dashboard = format!("--dashboard={address}");
    for flags in [&[dashboard.as_str()][..], &["--metrics-listen", &address]] {
        let ran = place.run([&["load", "mine.yaml"], flags].concat()).with_code(4);
        ran.told(&[&address, "choose another"]);
    }
    assert_eq!(place.names(), ["mine.yaml"]);
}

#[test]
fn runs_that_are_none_are_not_compared() {
    let place = Place::new();
    place.run(["compare", "--new", "nowhere"]).with_code(2).told(&["nowhere has no report.json"]);
    std::fs::create_dir(place.path().join("broken")).unwrap();
    place.write("broken/report.json", &json!({ "version": 1 }).to_string());
    place.run(["compare", "--new", "broken"]).with_code(2).told(&["broken/report.json is no report"]);
}
