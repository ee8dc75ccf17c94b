//! `matchproof discover`, and runs whose profile pins what it found.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use crate::{
    server::{Server, free_port},
    support::{Place, Ran, SECRET, SECRET_VARIABLE, json},
    target::{Simulated, profile},
};

/// A simulator with a dialect, met by a profile that pins the dialect in `pinned.toml`.
struct Staged {
    place: Place,
    _simulated: Simulated,
}

impl Staged {
    fn start(place: Place, dialects: &[&str], pinned: &str) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{address}/hook");
        let chosen = dialects.iter().flat_map(|name| ["--dialect", name]);
        let arguments: Vec<&str> =
            ["--client-secret-env", SECRET_VARIABLE, "--webhook", &url].into_iter().chain(chosen).collect();
        let simulated = Simulated::start(&place, &arguments);
        let more = format!(
            "webhook = {{ listen = \"{address}\", public_url = \"{url}\" }}\nagency = {{ register = true }}\n\
             deliver_within = \"3s\"\n{pinned}"
        );
        place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), &more));
        Self { place, _simulated: simulated }
    }

    fn pinned(dialect: &str) -> Self {
        Self::start(Place::new(), &[dialect], "dialect = \"pinned.toml\"")
    }

    fn discover(&self, more: &[&str]) -> Ran {
        // A webhook's port cannot be 0, and another process may have taken it meanwhile; its run ends with 4 then.
        self.place.run([&["discover", "--target", "local"], more].concat())
    }

    fn file(&self) -> String {
        fs::read_to_string(self.place.path().join("pinned.toml")).unwrap()
    }

    fn parts(&self) -> BTreeMap<String, Value> {
        toml::from_str(&self.file()).unwrap()
    }
}

/// The names of the parts in which two dialects differ.
fn differing(one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>) -> String {
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_dialect_is_found_and_pinned_and_a_run_with_it_is_clean() {
    let place = Staged::pinned("token-nested");
    let ran = place.discover(&[]).with_code(0);
    assert_eq!(ran.last_line(), "local: 12 of 12 parts found, and pinned in pinned.toml");
    assert_eq!(place.parts()["token"], "json:/data/credentials/crmToken");
    assert!(!place.file().contains(SECRET) && !place.file().contains("mp-"), "{}", place.file());
    let patterns = ["platform/link-refusals", "platform/auth-credentials", "platform/conn-agreement"];
    let ran = place.place.run([&["run", "--target", "local", "--out", "out"], &patterns[..]].concat()).with_code(0);
    assert!(ran.out.contains("token at json:/data/credentials/crmToken (pinned by the profile)"), "{}", ran.out);
    let report = json(&place.place.path().join("out"), "report.json");
    assert_eq!((&report["drift"], &report["notes"]), (&Value::Null, &Value::Array(Vec::new())), "{}", ran.out);
}

/// Of every dialect of the simulator what it changes of the parts that are found, and nothing else. Schedules, limits and pages are
/// none of these.
#[test]
fn every_dialect_is_told_from_the_plain_one() {
    let plain = Staged::pinned("notice-after-three");
    plain.discover(&[]).with_code(0);
    let names: Vec<Value> = serde_json::from_str(&plain.place.run(["list", "dialects", "--json"]).out).unwrap();
    let plain = plain.parts();
    let told = |name: &Value| {
        let name = name["name"].as_str().unwrap();
        let staged = Staged::pinned(name);
        staged.discover(&[]).with_code(0);
        let agrees = staged.discover(&[]).with_code(0);
        assert!(agrees.last_line().ends_with("and pinned.toml agrees with them"), "{name}: {}", agrees.last_line());
        format!("{name}: {}", differing(&plain, &staged.parts()))
    };
    let told: Vec<String> = std::thread::scope(|scope| {
        let parts = names.chunks(names.len().div_ceil(3));
        let threads: Vec<_> = parts.map(|names| scope.spawn(|| names.iter().map(told).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let told: Vec<&str> = told.iter().map(String::as_str).filter(|line| !line.ends_with(": ")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    token-under-access-token: token
    token-nested: token
    token-in-a-header: token token_answer token_life
    token-as-text: token token_answer token_life
    token-created: token_answer token_life
    link-under-signed-url: link
    link-nested: link
    link-in-location: link link_answer
    link-as-text: link link_answer
    link-in-a-page: link link_answer
    refusals-in-html: missing_agency wrong_secret wrong_token
    refusals-as-problems: missing_agency wrong_secret wrong_token
    refusals-all-400: missing_agency wrong_secret wrong_token
    delivery-with-more-fields: delivery_fields
    ");
}

#[test]
fn a_changed_dialect_drifts_and_is_named_and_breaks_no_requirement() {
    let before = Staged::pinned("token-under-access-token");
    before.discover(&[]).with_code(0);
    let pinned = before.file();
    let after = Staged::pinned("link-in-location");
    after.place.write("pinned.toml", &pinned);
    let patterns = ["platform/link-refusals", "platform/auth-credentials", "platform/link-one"];
    let ran = after.place.run([&["run", "--target", "local", "--out", "out"], &patterns[..]].concat()).with_code(1);
    assert!(
        ran.last_line()
            .starts_with("local has drifted from its pinned dialect: token, link, link_answer not as pinned; "),
        "{}",
        ran.last_line()
    );
    for part in [
        "pinned as `json:/access_token`, seen as `json:/x-crm-token` (evidence ",
        "pinned as `json:/url`, seen as `header:location`",
        "pinned as `200 application/json`, seen as `201 ",
        "`matchproof discover --force` pins it",
        "not seen by this run: delivery_type, delivery_fields, delivery_headers",
    ] {
        assert!(ran.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(part), "`{part}` in:\n{}", ran.out);
    }
    let report = json(&after.place.path().join("out"), "report.json");
    let failed = report["requirements"].as_array().unwrap().iter().filter(|row| row["verdict"] == "fail").count();
    assert_eq!((failed, report["outcome"].as_str()), (0, Some("drifted")));
    assert_eq!(after.place.run(["judge", "out"]).with_code(1).last_line(), ran.last_line());
}

#[test]
fn a_file_that_says_otherwise_is_left_alone_without_force() {
    let staged = Staged::pinned("refusals-in-html");
    staged.place.write("pinned.toml", "# mine\nwrong_token = \"401 empty\"\n");
    let ran = staged.discover(&[]).with_code(1);
    assert!(ran.out.contains("wrong_token (how /crm/integrate refuses a token that is none): pinned as `401 empty`"));
    assert!(
        ran.last_line().ends_with("1 of pinned.toml not as pinned; `--force` overwrites it"),
        "{}",
        ran.last_line()
    );
    assert_eq!(staged.file(), "# mine\nwrong_token = \"401 empty\"\n");
    staged.discover(&["--force"]).with_code(0);
    assert_eq!(staged.parts()["wrong_token"], "403 text/html");
    staged.place.write("pinned.toml", "wrong_token = \"403 text/html\"\n");
    let agrees = staged.discover(&[]).with_code(0);
    assert!(
        agrees.last_line().ends_with("agrees with them"),
        "what a person took out may vary: {}",
        agrees.last_line()
    );
}

#[test]
fn a_pinned_file_that_cannot_be_used_is_told_before_anything_is_sent() {
    let server = Server::answering("500 Oops", "");
    let place = Place::new();
    let base = format!("http://{}", server.address);
    place.write("matchproof.toml", &profile(&base, "dialect = \"pinned.toml\""));
    let run = |command: &str| place.run([command, "--target", "local"]).with_code(2);
    run("run").told(&["pinned.toml cannot be read", "`matchproof discover`"]);
    for (text, told) in [
        ("tokn = \"text\"\n", ["pinned.toml:1:1", "unknown key `tokn`", "did you mean `token`?"]),
        ("link = \"somewhere\"\n", ["pinned.toml:1:8", "expected a place", "write `header:NAME`"]),
        ("\nwrong_token = 401\n", ["pinned.toml:2:15", "found the number 401", "discover --force"]),
        ("link = \n", ["pinned.toml:1:", "quoted", "discover --force"]),
    ] {
        place.write("pinned.toml", text);
        run("run").told(&told);
        run("discover").told(&told);
        run("discover").told(&["`--force` overwrites it"]);
    }
    assert_eq!((server.requests(), place.names()), (0, vec!["matchproof.toml".into(), "pinned.toml".into()]));
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_sent() {
    let place = Place::new();
    let told = |file: &str, parts: &[&str]| place.run(["discover", "--file", file]).with_code(2).told(parts);
    told("no/such/pinned.toml", &["no/such is no folder", "--file"]);
    told(".", &[". cannot be read", "--file"]);
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn a_target_that_cannot_be_spoken_to_pins_nothing() {
    let place = Place::new();
    let discover = |base: &str| {
        place.write("matchproof.toml", &profile(base, "dialect = \"pinned.toml\""));
        let ran = place.run(["discover", "--target", "local", "--no-progress"]).with_code(4);
        assert!(!place.path().join("pinned.toml").exists() && ran.out.is_empty());
        ran
    };
    discover(&format!("http://127.0.0.1:{}", free_port())).told(&["out of reach", "nothing is pinned"]);
    let refusing = Server::answering("401 Unauthorized", "{}");
    discover(&format!("http://{}", refusing.address)).told(&["exactly as deliberately wrong ones", "client_secret"]);
}

#[test]
fn an_answer_without_a_token_is_no_dialect() {
    let place = Place::new();
    let server = Server::answering("200 OK", "{}");
    // With wrong credentials answered alike, the target would not be told from one that refuses.
    let more = "dialect = \"pinned.toml\"\nprobe_secrets = false";
    place.write("matchproof.toml", &profile(&format!("http://{}", server.address), more));
    place.run(["discover", "--target", "local"]).with_code(3).told(&["gave no token", "--only AUTH-1"]);
    assert!(!place.path().join("pinned.toml").exists());
}

#[cfg(unix)]
#[test]
fn discovering_can_be_interrupted_and_pins_nothing() {
    let place = Place::new();
    let server = Server::silent();
    place.write("matchproof.toml", &profile(&format!("http://{}", server.address), "dialect = \"pinned.toml\""));
    let process = place.start(["discover", "--target", "local"]);
    assert!(server.next_request().starts_with("POST /crm/oauth"));
    crate::interrupt::signal(&process, "-INT");
    process.end().with_code(130).told(&["was interrupted", "nothing is pinned"]);
    assert!(!place.path().join("pinned.toml").exists());
}

#[test]
fn without_a_webhook_the_rest_is_found_and_the_reason_told() {
    let place = Place::new();
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE]);
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), "agency = { register = true }"));
    let ran = place.run(["discover", "--target", "local"]).with_code(0);
    for part in ["why not all was seen", "webhook", "not seen", "listings          not in the profile"] {
        assert!(ran.out.contains(part), "`{part}` is missing in:\n{}", ran.out);
    }
    assert!(ran.last_line().contains("9 of 12 parts found, and pinned nowhere: add `dialect = \"pinned.toml\"`"));
    let plan = place.run(["discover", "--target", "local", "--plan"]).with_code(0);
    assert!(plan.out.contains("discover/wrong-secret") && plan.out.contains("nothing was sent"), "{}", plan.out);
}
