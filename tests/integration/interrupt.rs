//! Runs that are ended from outside.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    server::Server,
    support::{Place, Process, json},
    target::profile,
};

pub(crate) fn signal(process: &Process, name: &str) {
    let sent = Command::new("kill").args([name, &process.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// A run that waits, and would for longer than any test takes; one of its two scenarios is through, and on disk.
fn waiting(place: &Place) -> Process {
    let waits = "title: Waits\nsteps: [ { authenticate: { as: right } }, { wait: { for: 4m } } ]\n\
                 checks: [ { AUTH-1: accepted(right) } ]\n";
    place.write("waits.yaml", waits);
    let process = place.start(["run", "platform/link-refusals", "waits.yaml", "--out", "out"]);
    process.err_until("side by side");
    let deadline = Instant::now() + Duration::from_mins(2);
    let evidence = place.path().join("out/evidence.jsonl");
    while !fs::read_to_string(&evidence).unwrap().contains("\"finished\",\"scenario\":\"platform/link-refusals\"") {
        assert!(Instant::now() < deadline, "the scenario does not come to its end");
        std::thread::yield_now();
    }
    process
}

#[test]
fn ctrl_c_ends_a_run_with_what_is_known() {
    let place = Place::new();
    let process = waiting(&place);
    signal(&process, "-INT");
    let ran = process.end().with_code(130);
    ran.told(&["interrupted: ending with what is known"]);
    assert!(ran.last_line().starts_with("embedded interrupted:"), "{}", ran.last_line());
    let report = json(&place.path().join("out"), "report.json");
    assert_eq!((report["outcome"].as_str(), report["summary"].as_str()), (Some("interrupted"), Some(ran.last_line())));
    let known = crate::support::verdicts(&report);
    assert!(known.contains(&("LINK-4".to_owned(), "pass".to_owned())), "{known:?}");
    assert_eq!(place.run(["judge", "out"]).with_code(130).last_line(), ran.last_line());
}

#[test]
fn a_request_to_terminate_is_an_interrupt_too() {
    let place = Place::new();
    let process = waiting(&place);
    signal(&process, "-TERM");
    assert!(process.end().with_code(130).last_line().contains("interrupted"));
}

#[test]
fn a_killed_run_has_no_report_and_is_judged_incomplete() {
    let place = Place::new();
    let process = waiting(&place);
    signal(&process, "-KILL");
    assert_eq!(process.end().code, None);
    let out = place.path().join("out");
    assert!(!out.join("report.json").exists() && !out.join("junit.xml").exists());
    let judged = place.run(["judge", "out"]).with_code(3);
    assert!(judged.last_line().contains("killed"), "{}", judged.last_line());
    for part in ["LINK-4    pass", "This run is not whole", "not searched for its secrets"] {
        assert!(judged.out.contains(part), "`{part}` is missing in:\n{}", judged.out);
    }
}

#[test]
fn a_run_that_waits_for_its_first_answer_can_be_interrupted() {
    let place = Place::new();
    let server = Server::silent();
    place.write("matchproof.toml", &profile(&format!("http://{}", server.address), ""));
    let process = place.start(["run", "platform/link-refusals", "--target", "local"]);
    assert!(server.next_request().starts_with("POST /crm/oauth"));
    signal(&process, "-INT");
    assert!(process.end().with_code(130).last_line().starts_with("local interrupted:"));
}

#[test]
fn a_simulator_ends_well_on_ctrl_c() {
    let place = Place::new();
    let process = place.start(["simulate", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"]);
    process.out_until("export CRM_WEBHOOK_URL=");
    signal(&process, "-INT");
    assert_eq!(process.end().with_code(0).err, "");
}
