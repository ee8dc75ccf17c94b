use super::{fixture::load, *};
use crate::{
    report::{FORMATS, Report, Style, fixture::input, terminal},
    verdict::{Held, Outcome},
};

fn report(loads: Vec<LoadResult>) -> Report {
    let evidence = crate::evidence::Evidence::default();
    let mut input = input(&evidence);
    (input.requirements, input.judgements, input.planned) = (Vec::new(), Vec::new(), Vec::new());
    input.load = loads;
    Report::build(input)
}

fn passing() -> LoadResult {
    let mut load = load();
    load.thresholds.truncate(1);
    load
}

fn invalid() -> LoadResult {
    let mut load = load();
    let cause = Cause { what: "2.0 % of the tickets were late".into(), cure: "take a faster machine".into() };
    load.validity = Validity { valid: false, causes: vec![cause] };
    load.thresholds.iter_mut().for_each(|threshold| threshold.verdict = Held::Inconclusive);
    load
}

#[test]
fn every_format_shows_a_load() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    let report = report(vec![load()]);
    insta::assert_snapshot!("load-terminal.txt", terminal(&report, Style { color: false, width: 90 }));
    for format in FORMATS.iter().filter(|format| format.name != "json") {
        let bytes = (format.render)(&report).unwrap();
        insta::assert_snapshot!(format!("load-{}", format.file), String::from_utf8(bytes).unwrap());
    }
}

#[test]
fn a_load_reads_back_from_its_report() {
    let report = report(vec![load()]);
    let json = serde_json::to_value(&report).unwrap();
    assert!(jsonschema::validator_for(&crate::report::schema()).unwrap().is_valid(&json));
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
}

#[test]
fn a_load_decides_the_outcome_and_the_last_sentence() {
    let ending = |ending, stopped: &str| LoadResult { ending, stopped: Some(stopped.into()), ..passing() };
    let cases = [
        (vec![passing()], 0),
        (vec![passing(), load()], 6),
        (vec![invalid()], 3),
        (vec![LoadResult { thresholds: Vec::new(), ..load() }], 0),
        (vec![LoadResult { thresholds: load().thresholds.split_off(2), ..load() }], 3),
        (vec![ending(Ending::Killed, "it was killed")], 3),
        (vec![ending(Ending::CutShort, "it was cut short")], 3),
        (vec![LoadResult { ending: Ending::CutShort, ..load() }], 6),
        (vec![ending(Ending::Interrupted, "interrupted")], 130),
    ];
    let mut lines = Vec::new();
    for (loads, code) in cases {
        let report = report(loads);
        assert_eq!(report.exit_code, code, "{}", report.summary);
        lines.push(report.summary);
    }
    insta::with_settings!({ snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("load-sentences.txt", lines.join("\n"));
    });
}

#[test]
fn a_load_that_was_killed_is_added_to_the_report_of_its_run() {
    let killed = LoadResult { ending: Ending::Killed, stopped: Some("it was killed".into()), ..passing() };
    let whole = report(vec![passing()]);
    assert_eq!(whole.clone().with_loads(Vec::new()), whole);
    let both = whole.with_loads(vec![killed]);
    assert_eq!((both.exit_code, both.load.len()), (3, 2));
    assert!(both.summary.contains("it was killed; 2 of 2 thresholds hold"), "{}", both.summary);
}

#[test]
fn an_invalid_load_says_so_before_its_figures() {
    let report = report(vec![invalid()]);
    let text = terminal(&report, Style { color: false, width: 90 });
    assert!(text.contains("INVALID") && text.contains("take a faster machine"), "{text}");
    assert_eq!(report.outcome, Outcome::Incomplete);
}

#[test]
fn a_line_tells_of_a_second() {
    let mut pulse = Pulse { at: 12.0, seconds: 1.0, done: 498, errors: 2, ..Pulse::default() };
    assert_eq!(pulse.to_string(), "12 s: 498/s, 2 errors");
    pulse.response.0.record_n(450, 498).unwrap();
    (pulse.in_flight, pulse.limited) = (Some(7), 3);
    assert_eq!(pulse.to_string(), "12 s: 498/s, 7 in flight, p50 0.45 ms, p99 0.45 ms, 2 errors, 3 limited");
}

#[test]
fn metrics_of_a_label_that_needs_it_are_escaped() {
    let odd = LoadResult { scenario: "a\"b\\c\nd".into(), ..load() };
    assert!(metrics(&[odd]).contains(r#"matchproof_load_valid{scenario="a\"b\\c\nd"} 1"#));
}
