//! The harness on itself, small: lawful servers that must be left alone, and defects of every family that must be found
//! where they are declared. `matchproof selftest` tries them all.

use matchproof::{
    selftest::{Finding, Shown, Trial, selftest, trials},
    verdict::Verdict,
};

/// The clean simulator, dialects of each part of the guide, and profiles that say less.
const LAWFUL: &[&str] = &[
    "clean",
    "agency-ids-in-ascii",
    "token-as-text",
    "link-in-location",
    "refusals-in-html",
    "limit-until-a-date",
    "three-attempts",
    "gaps-of-minutes",
    "notice-after-three",
    "login-before-signature",
    "listings-put-in-an-envelope",
    "two-delivery-workers",
    "two-keys-per-agency",
    "no-clock",
    "one-account",
];

/// Defects of every family.
const DEFECTS: &[&str] = &[
    "secret-cut-short-accepted",
    "secret-case-ignored",
    "token-dies-on-refresh",
    "token-dies-after-an-hour",
    "get-gives-token",
    "limit-absent",
    "limit-without-retry-after",
    "link-reused-for-an-agency",
    "link-signature-unchecked",
    "link-agency-unsigned",
    "agency-id-missing-accepted",
    "agency-id-beyond-ascii-crashes",
    "delivered-on-opening",
    "agreement-delivers-nothing",
    "webhook-query-dropped",
    "delivered-twice",
    "key-missing",
    "no-retries",
    "timeout-not-retried",
    "hanging-agency-holds-up-others",
    "late-fifth-attempt",
    "key-changes-between-attempts",
    "redirects-followed",
    "attempts-overlap",
    "notice-never-sent",
    "notice-after-success-too",
    "notice-after-first-failure",
    "notice-holds-the-key",
    "notice-without-the-agency",
    "notice-sent-twice",
    "key-optional",
    "another-key-updates",
    "update-adds-a-listing",
    "listing-broken-json-accepted",
    "one-listing-in-ten-lost",
];

/// Rows that a defect breaks on some days: whether its turn falls on them depends on the order of calls.
const BY_CHANCE: &[(&str, &str)] = &[
    ("one-listing-in-ten-lost", "PUSH-2"),
    ("hanging-agency-holds-up-others", "CONN-2"),
    // Where an endless answer of 503 is read for too long.
    ("timeout-not-retried", "RETRY-1"),
];

/// The rows by which a defect is found on every day.
fn always_found(finding: &Finding) -> String {
    let by_chance = |id: &str| BY_CHANCE.contains(&(finding.name.as_str(), id));
    let always = finding.killed.iter().map(String::as_str).filter(|id| !by_chance(id));
    always.collect::<Vec<_>>().join(" ")
}

#[test]
fn lawful_servers_are_left_alone_and_defects_are_found() {
    let wanted = |name: &str| LAWFUL.contains(&name) || DEFECTS.contains(&name);
    let chosen: Vec<_> = trials().into_iter().filter(|trial| wanted(trial.name)).collect();
    assert_eq!(chosen.len(), LAWFUL.len() + DEFECTS.len(), "every name is that of a trial");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let matrix = runtime.block_on(selftest(chosen, 6, None, &|_| {})).unwrap();
    // What else a defect leaves in the dark depends on the moment; what it breaks every day does not.
    let rows: Vec<String> = matrix
        .findings
        .iter()
        .map(|finding| format!("{:<32} {:<9} {}", finding.name, finding.shown.word(), always_found(finding)))
        .map(|row| row.trim_end().to_owned())
        .collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("selftest-matrix.txt", rows.join("\n")));
    assert!(matrix.is_sound(), "{}", matrix.render());
}

#[test]
fn agency_ids_that_are_refused_are_named_and_one_that_breaks_the_server_is_a_failure() {
    let row = |name: &str, id: &str| {
        let trial = trials().into_iter().find(|trial| trial.name == name).unwrap();
        let report = tokio::runtime::Runtime::new().unwrap().block_on(trial.run()).unwrap();
        report.requirements.into_iter().find(|row| row.id == id).unwrap()
    };
    let refused = row("agency-ids-in-ascii", "LINK-6b");
    assert_eq!(refused.reason.matches("Caf").count(), 2, "both normal forms: {}", refused.reason);
    let broken = row("agency-id-beyond-ascii-crashes", "LINK-1");
    let offenders: Vec<_> = broken.judgements[0].offenders.iter().filter_map(|one| one.which.as_deref()).collect();
    assert_eq!(offenders, ["agency composed", "agency decomposed"], "{:?}", broken.judgements[0]);
    assert!(broken.judgements[0].offenders[0].seen.ends_with("/crm/integrate answered 500"), "{broken:?}");
}

#[test]
fn so_many_attempts_are_those_of_each_delivery() {
    let of_two_keys = trials().into_iter().find(|trial| trial.name == "two-keys-per-agency").unwrap();
    let trial = Trial { scenarios: vec!["platform/retry-refused".to_owned()], ..of_two_keys };
    let report = tokio::runtime::Runtime::new().unwrap().block_on(trial.run()).unwrap();
    // After two first attempts no gap is known, and the port could not be opened again in the midst of one.
    let row = report.requirements.iter().find(|row| row.id == "RETRY-4").unwrap();
    assert_eq!(row.verdict, Verdict::Pass, "{}", row.reason);
}

#[test]
fn the_run_behind_what_is_wrong_stays() {
    let trial = |name, breaks| {
        let scenarios = vec!["platform/auth-credentials".to_owned()];
        Trial { breaks, scenarios, ..Trial::of_brisk(name, "") }
    };
    let trials = vec![trial("left-alone", None), trial("survivor", Some(&["AUTH-1"]))];
    let out = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let matrix = runtime.block_on(selftest(trials, 2, Some(out.path()), &|_| {})).unwrap();
    let shown: Vec<_> = matrix.findings.iter().map(|finding| finding.shown).collect();
    assert_eq!(shown, [Shown::Clean, Shown::Survived]);
    assert!(out.path().join("survivor/evidence.jsonl").exists());
    assert!(!out.path().join("left-alone").exists());
}
