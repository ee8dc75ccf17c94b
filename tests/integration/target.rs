//! A run against a target of a profile: a simulator in a process of its own, of which the run knows its URL alone.

use serde_json::Value;

use crate::{
    server::free_port,
    support::{Place, Process, Ran, SECRET, SECRET_VARIABLE, files, json, verdicts},
};

/// A profile with the target `local`.
pub(crate) fn profile(base_url: &str, more: &str) -> String {
    format!(
        "[target.local]\nbase_url = \"{base_url}\"\nclient_id = \"local-crm\"\n\
         client_secret = {{ env = \"{SECRET_VARIABLE}\" }}\n{more}\n"
    )
}

/// A simulator that runs.
pub(crate) struct Simulated {
    pub(crate) process: Process,
    announced: Vec<String>,
}

impl Simulated {
    pub(crate) fn start(place: &Place, arguments: &[&str]) -> Self {
        let fixed = ["simulate", "--brisk", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];
        let process = place.start([&fixed, arguments].concat());
        let announced = process.out_until("Let 6 hours pass");
        Self { process, announced }
    }

    /// The value of an `export NAME='…'` line.
    pub(crate) fn exported(&self, name: &str) -> &str {
        let begin = format!("export {name}=");
        self.announced.iter().find_map(|line| line.strip_prefix(&begin)).unwrap().trim_matches('\'')
    }
}

/// Runs against a simulator with a defect, and gives the report's rows too.
fn tried(defect: &str, arguments: &[&str]) -> (Ran, Vec<(String, String)>) {
    let (ran, report) = reported(defect, &[&["platform/auth-credentials"], arguments].concat());
    let rows = verdicts(&report);
    (ran, rows)
}

/// The same for any scenarios, with the whole report.
fn reported(defect: &str, arguments: &[&str]) -> (Ran, Value) {
    let place = Place::new();
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE, "--defect", defect]);
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), "agency = { register = true }"));
    let ran = place.run([&["run", "--target", "local", "--out", "out"], arguments].concat());
    (ran, json(&place.path().join("out"), "report.json"))
}

/// The worst judgement of a row.
fn worst<'a>(report: &'a Value, id: &str) -> &'a Value {
    let rows = report["requirements"].as_array().unwrap();
    &rows.iter().find(|row| row["id"] == id).unwrap()["judgements"][0]
}

fn row<'a>(rows: &'a [(String, String)], id: &str) -> &'a str {
    rows.iter().find(|(row, _)| row == id).map_or("missing", |(_, verdict)| verdict)
}

#[test]
fn a_broken_should_warns_and_fails_when_strict() {
    let (ran, rows) = tried("token-answer-cacheable", &[]);
    assert!(ran.with_code(0).last_line().starts_with("local conforms: "));
    assert_eq!((row(&rows, "AUTH-10"), row(&rows, "AUTH-1")), ("warn", "pass"));
    let (ran, rows) = tried("token-answer-cacheable", &["--strict"]);
    assert!(ran.with_code(1).last_line().starts_with("local does not conform: AUTH-10 fail"));
    assert_eq!((row(&rows, "AUTH-10"), row(&rows, "AUTH-1")), ("fail", "pass"));
}

#[test]
fn a_broken_must_fails_on_its_row_and_is_explained() {
    let (ran, rows) = tried("secret-cut-short-accepted", &[]);
    let ran = ran.with_code(1);
    assert_eq!((row(&rows, "AUTH-2"), row(&rows, "AUTH-3")), ("fail", "pass"));
    for part in ["AUTH-2: fail", "expression", "repeat      curl", "x-crm-client-secret"] {
        assert!(ran.out.contains(part), "`{part}` is missing in:\n{}", ran.out);
    }
    assert!(!ran.out.contains(SECRET), "{}", ran.out);
}

#[test]
fn a_target_is_not_to_blame_where_no_webhook_is_registered() {
    let place = Place::new();
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE]);
    let more = "deliver_within = \"1s\"\nagency = { register = true }";
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), more));
    let ran = place.run(["run", "--target", "local", "platform/conn-agreement", "--out", "out"]).with_code(3);
    ran.told(&["gives `local` no `webhook`"]);
    assert!(ran.last_line().contains("CONN-2 could not run"), "{}", ran.last_line());
    assert!(ran.out.contains("`webhook = { listen = …, public_url = … }` in the profile"), "{}", ran.out);
}

#[test]
fn a_profile_that_declares_the_webhook_absent_is_told_nothing_of_it() {
    let place = Place::new();
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE]);
    let told = |name: &str, absent: &str| {
        place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), absent));
        let ran = place.run(["run", "--target", "local", "platform/auth-credentials", "--out", name]);
        ran.with_code(0).err.contains("gives `local` no `webhook`")
    };
    assert!(told("unsaid", ""));
    assert!(!told("absent", "absent = { webhook = \"nothing is registered yet\" }"));
}

#[test]
fn of_several_wrong_secrets_the_accepted_one_is_shown() {
    for (defect, which) in [("secret-cut-short-accepted", "secret prefix"), ("secret-case-ignored", "secret case")] {
        let (ran, report) = reported(defect, &["platform/auth-credentials"]);
        let judgement = worst(&report, "AUTH-2");
        let offenders = judgement["offenders"].as_array().unwrap();
        assert_eq!((offenders.len(), offenders[0]["which"].as_str()), (1, Some(which)), "{judgement:#}");
        assert!(offenders[0]["seen"].as_str().unwrap().ends_with("/crm/oauth answered 200"), "{judgement:#}");
        assert!(judgement["reason"].as_str().unwrap().ends_with(&format!("({which})")), "{judgement:#}");
        assert!(ran.with_code(1).out.contains(which));
    }
}

#[test]
fn of_a_changed_link_the_part_that_was_taken_is_named() {
    for (defect, parts) in [
        ("link-signature-half-checked", &["second half"][..]),
        ("link-agency-unsigned", &["first half", "second half"]),
        ("link-signature-optional", &["left out"]),
    ] {
        let (ran, report) = reported(defect, &["platform/link-tampered"]);
        let judgement = worst(&report, "LINK-3");
        let which: Vec<&str> =
            judgement["offenders"].as_array().unwrap().iter().map(|one| one["which"].as_str().unwrap()).collect();
        assert_eq!(which.len(), parts.len(), "{judgement:#}");
        assert!(
            which.iter().zip(parts).all(|(which, part)| which.contains(part) && which.ends_with("agreed")),
            "{which:?}"
        );
        assert!(judgement["repeat"].as_str().unwrap().starts_with("curl -i -X GET "), "{judgement:#}");
        assert!(ran.with_code(1).out.contains("offender    tampered["));
    }
}

#[test]
fn a_secret_of_ones_own_is_not_shown_and_a_made_up_one_is() {
    let place = Place::new();
    let own = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE]);
    assert_eq!(own.exported("CRM_CLIENT_SECRET"), format!("\"${SECRET_VARIABLE}\""));
    assert!(!own.announced.join("\n").contains(SECRET));
    let made_up = Simulated::start(&place, &[]);
    assert!(made_up.announced.iter().any(|line| line.contains("was made up")));
    assert!(made_up.exported("CRM_CLIENT_SECRET").starts_with("crm-"));
    drop((own.process, made_up.process));
}

#[test]
fn deliveries_come_to_the_registered_url_and_no_secret_is_left() {
    let place = Place::new();
    let ran = whole_way(&place);
    assert!(ran.last_line().starts_with("local conforms: "), "{}", ran.out);
    let rows = verdicts(&json(&place.path().join("out"), "report.json"));
    assert_eq!((row(&rows, "HOOK-1"), row(&rows, "HOOK-4"), row(&rows, "PUSH-1")), ("pass", "pass", "pass"));
    let secrets = secrets(&place);
    assert!(secrets.len() > 2, "the simulator's keys are among them");
    for file in files(&place.path().join("out")) {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "a secret stands in {}", file.display());
    }
    assert!(secrets.iter().all(|secret| !ran.out.contains(secret) && !ran.err.contains(secret)));
    let searched = json(&place.path().join("out"), "searched.json");
    assert_eq!(searched["leaks"], serde_json::json!([]));
}

/// The client secret, and the keys, tokens and passwords that the simulator keeps in its state.
fn secrets(place: &Place) -> Vec<String> {
    let state = json(&place.path().join("state"), "matchouse-state.json");
    let all = |list: &str, key: &str| -> Vec<String> {
        let rows = state[list].as_array().unwrap().iter();
        rows.filter_map(|row| row[key].as_str().map(str::to_owned)).collect()
    };
    assert!(!all("keys", "secret").is_empty());
    [vec![SECRET.to_owned()], all("keys", "secret"), all("tokens", "secret"), all("accounts", "password")].concat()
}

/// Runs what needs a webhook. Its port cannot be 0, so a free one is taken, and another where it was lost meanwhile.
fn whole_way(place: &Place) -> Ran {
    for _ in 0..5 {
        let address = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{address}/hooks/matchouse?crm=7");
        let simulated =
            Simulated::start(place, &["--client-secret-env", SECRET_VARIABLE, "--webhook", &url, "--state", "state"]);
        let more = format!(
            "webhook = {{ listen = \"{address}\", public_url = \"{url}\" }}\nagency = {{ register = true }}\n\
             deliver_within = \"3s\"\nretry = {{ gaps = [\"100ms\", \"200ms\", \"400ms\"], attempt_timeout = \"500ms\" }}\n\
             listing = {{ path = \"/listings\", read = \"GET /listings\", update = \"PUT /listings/{{id}}\" }}"
        );
        place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), &more));
        let patterns = ["platform/hook-delivery", "platform/push-listing"];
        let ran = place.run([&["run", "--target", "local", "--out", "out"], &patterns[..]].concat());
        if ran.code != Some(4) || !ran.err.contains("taken") {
            return ran.with_code(0);
        }
    }
    panic!("no port stayed free");
}

#[test]
fn a_mailbox_whose_port_is_taken_ends_the_run_before_it_begins() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let more = format!("mailbox = {{ smtp = \"{address}\", address = \"dev@partner.example\" }}");
    place.write("matchproof.toml", &profile("http://127.0.0.1:9/api", &more));
    let ran = place.run(["run", "--target", "local", "platform/link-one", "--out", "out"]).with_code(4);
    ran.told(&["mail cannot be taken on", "the port is taken"]);
    assert!(!place.path().join("out").exists(), "nothing was sent, so nothing is kept");
}

#[test]
fn a_mailbox_that_is_declared_absent_is_not_applicable() {
    let place = Place::new();
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE]);
    let more = "agency = { register = true }\nabsent = { mailbox = \"staging sends no mail\" }";
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), more));
    place.run(["run", "--target", "local", "platform/notice-*", "--out", "out"]);
    let rows = verdicts(&json(&place.path().join("out"), "report.json"));
    for id in ["NOTICE-1", "NOTICE-2", "NOTICE-3", "NOTICE-4"] {
        assert_eq!(row(&rows, id), "not_applicable", "{rows:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_program_that_plays_the_agency_gets_the_link_and_leaves_none_in_the_run() {
    let place = Place::new();
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE]);
    place.write("agree.sh", "printf '%s %s\\n' \"$MATCHPROOF_INTENT\" \"$MATCHPROOF_LINK\" >> asked.txt\nexit 11\n");
    let more = "agency = { command = [\"sh\", \"agree.sh\"] }";
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), more));
    place.run(["run", "--target", "local", "platform/link-one", "--out", "out"]).with_code(0);
    let asked = std::fs::read_to_string(place.path().join("asked.txt")).unwrap();
    let link = asked.lines().find_map(|line| line.strip_prefix("open ")).unwrap().to_owned();
    assert!(link.starts_with("http://"), "{asked}");
    for file in files(&place.path().join("out")) {
        assert!(!std::fs::read_to_string(&file).unwrap().contains(&link), "{}", file.display());
    }
}

#[test]
fn a_person_who_is_asked_sees_the_link_and_without_an_answer_the_rows_stay_open() {
    let place = Place::new();
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE]);
    let more = "agency = { manual = true }\ndeliver_within = \"1s\"\n\
                webhook = { listen = \"127.0.0.1:WEBHOOK\", public_url = \"http://127.0.0.1:WEBHOOK/hook\" }";
    let more = more.replace("WEBHOOK", &free_port().to_string());
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), &more));
    let ran = place.run(["run", "--target", "local", "platform/conn-agreement", "--out", "out"]).with_code(3);
    ran.told(&["Open this link in a browser", "http://127.0.0.1", "Then type `done`", "stdin is at its end"]);
    let link = ran.err.lines().find_map(|line| line.trim().strip_prefix("http://127.0.0.1")).unwrap().to_owned();
    for file in files(&place.path().join("out")) {
        assert!(!std::fs::read_to_string(&file).unwrap().contains(&link), "{}", file.display());
    }
}

/// What a run that pushes a listing says at its end, and its evidence, under a profile with these further keys of `listing`.
fn pushed(listing: &str) -> (Vec<Value>, String) {
    let place = Place::new();
    let address = format!("127.0.0.1:{}", free_port());
    let url = format!("http://{address}/hook");
    let simulated = Simulated::start(&place, &["--client-secret-env", SECRET_VARIABLE, "--webhook", &url]);
    let more = format!(
        "webhook = {{ listen = \"{address}\", public_url = \"{url}\" }}\nagency = {{ register = true }}\n\
         deliver_within = \"3s\"\nlisting = {{ path = \"/listings\"{listing} }}"
    );
    place.write("matchproof.toml", &profile(simulated.exported("CRM_BASE_URL"), &more));
    place.run(["run", "--target", "local", "platform/push-listing", "--out", "out"]).with_code(0);
    let folder = place.path().join("out");
    let report = json(&folder, "report.json");
    (report["notes"].as_array().unwrap().clone(), std::fs::read_to_string(folder.join("evidence.jsonl")).unwrap())
}

#[test]
fn listings_are_removed_after_a_run_where_the_profile_says_how_and_are_told_otherwise() {
    let (notes, evidence) = pushed(", delete = \"DELETE /listings/{reference}\"");
    assert_eq!(notes, [Value::Null; 0]);
    assert!(evidence.contains(r#""record":"removal","taken":1,"removed":1"#), "{evidence}");
    let (notes, _) = pushed("");
    assert!(notes[0].as_str().unwrap().ends_with("`mp-ref-`: the profile gives no `listing.delete`"), "{notes:?}");
    let (notes, _) = pushed(", delete = \"PATCH /listings/{reference}\"");
    let told = notes[0].as_str().unwrap();
    assert!(told.starts_with("left at the target: 1 of 1 pushed listing, ") && told.ends_with("status 405"), "{told}");
}
