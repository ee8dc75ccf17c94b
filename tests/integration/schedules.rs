//! Schedules of retries, told by runs whose profile says nothing of them.

use std::thread;

use serde_json::Value;

use crate::{
    server::free_port,
    support::{Place, SECRET_VARIABLE, json},
    target::{Simulated, profile},
};

/// How the simulator retries, and what a run has to tell of that.
struct Schedule {
    dialect: Option<&'static str>,
    /// Of many deliveries.
    told: &'static [&'static str],
    /// Of a delivery that always fails.
    attempts: &'static str,
}

const SCHEDULES: &[Schedule] = &[
    Schedule {
        dialect: None,
        told: &["4 attempts with gaps of 1", "shape: exponential, by "],
        attempts: "4 attempts with gaps of ",
    },
    Schedule {
        dialect: Some("gaps-of-one-length"),
        told: &["4 attempts with gaps of 1", "shape: fixed; "],
        attempts: "4 attempts with gaps of ",
    },
    Schedule {
        dialect: Some("gaps-with-jitter"),
        told: &["4 attempts with gaps of ", "shape: exponential, by ", "jitter: high"],
        attempts: "4 attempts with gaps of ",
    },
    Schedule {
        dialect: Some("gaps-of-minutes"),
        told: &["4 attempts with gaps of 6", " s, 5.", " min, 15 min in 20 deliveries", "shape: steps of its own"],
        attempts: "4 attempts with gaps of ",
    },
    Schedule {
        dialect: Some("three-attempts"),
        told: &["3 attempts with gaps of 1", "shape: the second gap is ", " times the first"],
        attempts: "3 attempts with gaps of ",
    },
];

/// What a machine that stands still meanwhile makes of a gap is no gap of the simulator's, so that a run may be repeated.
const MOST_RUNS: usize = 4;

#[test]
fn five_schedules_are_told_apart_by_runs_that_know_none() {
    thread::scope(|scope| {
        for schedule in SCHEDULES {
            scope.spawn(move || {
                let runs: Vec<[String; 2]> = (0..MOST_RUNS).map_while(|_| missed(schedule)).collect();
                assert!(runs.len() < MOST_RUNS, "{:?} is not told: {runs:#?}", schedule.dialect);
            });
        }
    });
}

/// What a run told, unless it is what it has to tell.
fn missed(schedule: &Schedule) -> Option<[String; 2]> {
    let told = told(schedule.dialect);
    let [of_many, of_one] = &told;
    let calm = schedule.dialect == Some("gaps-with-jitter") || !of_many.contains("jitter: high");
    let right = schedule.told.iter().all(|part| of_many.contains(part)) && of_one.starts_with(schedule.attempts);
    (!right || !calm).then_some(told)
}

/// What a run tells of the gaps of many deliveries, and of one that always fails.
fn told(dialect: Option<&str>) -> [String; 2] {
    let place = Place::new();
    let address = format!("127.0.0.1:{}", free_port());
    let url = format!("http://{address}/hook");
    let mut arguments = vec!["--client-secret-env", SECRET_VARIABLE, "--webhook", &url];
    arguments.extend(dialect.into_iter().flat_map(|name| ["--dialect", name]));
    let simulated = Simulated::start(&place, &arguments);
    let more = format!(
        "webhook = {{ listen = \"{address}\", public_url = \"{url}\" }}\nagency = {{ register = true }}\n\
         clock = {{ advance = \"POST {}/clock\" }}",
        simulated.exported("CRM_CONTROL_URL").trim_end_matches('/')
    );
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), &more));
    let patterns = ["platform/retry-backoff", "platform/retry-exhausted"];
    place.run([&["run", "--target", "local", "--out", "out"], &patterns[..]].concat());
    let report = json(&place.path().join("out"), "report.json");
    patterns.map(|scenario| figure(&report, scenario).unwrap_or_default())
}

/// What RETRY-11 tells from a scenario first.
fn figure(report: &Value, scenario: &str) -> Option<String> {
    let row = report["requirements"].as_array()?.iter().find(|row| row["id"] == "RETRY-11")?;
    let judgement = row["judgements"].as_array()?.iter().find(|one| one["scenario"] == scenario)?;
    judgement["reason"].as_str().map(str::to_owned)
}
