use std::collections::BTreeSet;

use super::{
    fixture::{input, judgement, report},
    *,
};
use crate::{
    dialect::Drift,
    evidence::Evidence,
    verdict::{Judgement, Outcome, Verdict},
};

/// Snapshots stand in `snapshots/` at the root of the crate, under their own names.
fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

fn rendered(name: &str) -> String {
    let format = FORMATS.iter().find(|format| format.name == name).unwrap();
    String::from_utf8((format.render)(&report()).unwrap()).unwrap()
}

fn built(judgements: Vec<Judgement>, change: impl FnOnce(&mut Input<'_>)) -> Report {
    let evidence = Evidence::default();
    let mut input = Input { judgements, requirements: Vec::new(), planned: Vec::new(), ..input(&evidence) };
    change(&mut input);
    Report::build(input)
}

#[test]
fn the_fixture_has_every_verdict_in_it() {
    let verdicts: BTreeSet<Verdict> = report().requirements.iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts.into_iter().collect::<Vec<_>>(), Verdict::ALL);
}

#[test]
fn every_format_shows_the_same_report() {
    settings().bind(|| {
        for format in FORMATS {
            insta::assert_snapshot!(format!("report-{}", format.file), rendered(format.name));
        }
        let plain = terminal(&report(), Style { color: false, width: 80 });
        insta::assert_snapshot!("report-terminal.txt", plain);
    });
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = terminal(&report(), Style { color: false, width: 100 });
    let coloured = terminal(&report(), Style { color: true, width: 100 });
    assert!(coloured.contains("\u{1b}[32mpass"), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn nothing_from_outside_acts_on_a_terminal() {
    for width in [20, 60, 80, 200] {
        let text = terminal(&report(), Style { color: false, width });
        assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'));
        let unbroken = |line: &str| {
            line.contains("    repeat ") || [report().summary, report().headline].iter().any(|whole| whole == line)
        };
        for line in text.lines().filter(|line| !unbroken(line)) {
            assert!(line.chars().count() <= width.max(60), "{line}");
        }
    }
}

#[test]
fn a_long_reason_stands_in_the_table_only_with_its_begin() {
    let reason = ["so"; 200].join(" ");
    let report = built(vec![judgement("AUTH-1", "a", Verdict::Inconclusive, &reason)], |input| {
        let skip = Skip { verdict: Verdict::NotApplicable, reason: reason.clone() };
        input.requirements = vec![Asked { id: "AUTH-2".into(), otherwise: Some(skip) }];
    });
    let text = terminal(&report, Style { color: false, width: 80 });
    assert_eq!(text.matches("…").count(), 1, "{text}");
    assert!((400..500).contains(&text.matches("so").count()), "both reasons whole, and one begin\n{text}");
}

#[test]
fn the_last_line_is_the_summary() {
    for color in [false, true] {
        let text = terminal(&report(), Style { color, width: 80 });
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(plain.lines().last(), Some(report().summary.as_str()));
    }
    let report = built(vec![judgement("AUTH-1", "a", Verdict::Pass, "true")], |input| input.target = "a\nb".into());
    assert!(!report.summary.contains('\n'));
}

#[test]
fn a_built_report_is_what_its_schema_says_and_reads_back() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json: serde_json::Value = serde_json::from_str(&rendered("json")).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(serde_json::from_value::<Report>(json.clone()).unwrap(), report());
    let mut broken = json;
    broken["requirements"][0]["verdict"] = "perhaps".into();
    assert!(!validator.is_valid(&broken), "the schema can refuse");
}

#[test]
fn junit_counts_and_names_every_verdict() {
    let xml = rendered("junit");
    let junit = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((junit.failures, junit.errors, junit.skipped), (1, 1, 4));
    for verdict in Verdict::ALL {
        let name = serde_json::to_value(verdict).unwrap();
        assert!(xml.contains(&format!(r#"name="outcome" value={name}"#)), "{name}");
    }
    assert!(!xml.contains(['\u{1b}', '\u{7}', '\u{ffff}']));
}

#[test]
fn a_requirement_is_as_bad_as_its_worst_judgement_and_shows_that_first() {
    let report = built(
        vec![
            judgement("RETRY-6", "a", Verdict::Pass, "fine"),
            judgement("RETRY-6", "b", Verdict::Inconclusive, "open"),
            judgement("retry-6", "c", Verdict::Fail, "bad"),
        ],
        |_| {},
    );
    let [row] = &report.requirements[..] else { panic!("one requirement") };
    assert_eq!((row.verdict, row.reason.as_str()), (Verdict::Fail, "bad"));
    assert_eq!(row.judgements.iter().map(|one| one.reason.as_str()).collect::<Vec<_>>(), ["bad", "open", "fine"]);
}

#[test]
fn silence_about_a_requirement_is_no_pass() {
    let report = built(vec![judgement("AUTH-1", "a", Verdict::Pass, "true")], |input| {
        input.requirements = vec![Asked { id: "AUTH-2".into(), otherwise: None }];
    });
    let verdicts: Vec<_> = report.requirements.iter().map(|row| (row.id.as_str(), row.verdict)).collect();
    assert_eq!(verdicts, [("AUTH-1", Verdict::Pass), ("AUTH-2", Verdict::CouldNotRun)]);
    assert_eq!(report.outcome, Outcome::Incomplete);
}

#[test]
fn a_requirement_that_the_catalogue_does_not_know_counts_and_comes_last() {
    let report = built(
        vec![judgement("ZED-1", "a", Verdict::Fail, "bad"), judgement("PUSH-1", "a", Verdict::Pass, "true")],
        |_| {},
    );
    assert_eq!(report.requirements[1].id, "ZED-1");
    assert_eq!(report.exit_code, 1);
}

#[test]
fn the_strongest_outcome_wins() {
    let pass = || vec![judgement("AUTH-1", "a", Verdict::Pass, "true")];
    let fail = || vec![judgement("AUTH-1", "a", Verdict::Fail, "bad")];
    let code = |judgements, incomplete: bool, extra: &[Outcome]| {
        built(judgements, |input| {
            input.incomplete = incomplete.then(|| "cut short".to_owned()).into_iter().collect();
            input.extra_outcomes = extra.to_vec();
        })
        .exit_code
    };
    assert_eq!(code(pass(), false, &[]), 0);
    assert_eq!(code(pass(), true, &[]), 3);
    assert_eq!(code(fail(), true, &[]), 1);
    assert_eq!(code(fail(), false, &[Outcome::Harness]), 5);
    assert_eq!(code(pass(), false, &[Outcome::ThresholdMissed]), 6);
    assert_eq!(code(fail(), true, &[Outcome::Interrupted]), 130);
    assert_eq!(code(Vec::new(), false, &[]), 3);
}

#[test]
fn drift_fails_a_run_and_accuses_nobody_of_breaking_the_guide() {
    let drift = Drift {
        part: "delivery_fields".into(),
        about: "the names in the JSON object of a delivery".into(),
        pinned: "agencyId, x-api-key".into(),
        seen: "agencyId, \u{1b}[31m, x-api-key".into(),
        evidence: Some(11),
    };
    let drifted = |judgements| built(judgements, |input| input.drift = vec![drift.clone()]);
    let report = drifted(vec![judgement("AUTH-1", "a", Verdict::Pass, "true")]);
    assert_eq!((report.outcome, report.exit_code), (Outcome::Drifted, 1));
    insta::assert_snapshot!(report.summary, @"staging has drifted from its pinned dialect: delivery_fields not as pinned; 1 pass of 1 requirement in 7.4 s (exit 1)");
    let text = terminal(&report, Style { color: false, width: 80 });
    let (_, section) = text.split_once("Drift from").unwrap();
    insta::assert_snapshot!(section.split("\n\n").next().unwrap_or_default(), @r"
    the pinned dialect
     - delivery_fields (the names in the JSON object of a delivery): pinned as
       `agencyId, x-api-key`, seen as `agencyId, \u{1b}[31m, x-api-key` (evidence
       11)
     This breaks no requirement. Where the change is meant, `matchproof discover
     --force` pins it.
    ");
    let junit = FORMATS.iter().find(|format| format.name == "junit").unwrap();
    let junit = String::from_utf8((junit.render)(&report).unwrap()).unwrap();
    assert!(junit.contains("failures=\"1\"") && !junit.contains('\u{1b}'), "{junit}");
    let both = drifted(vec![judgement("AUTH-1", "a", Verdict::Fail, "bad")]);
    assert_eq!(both.outcome, Outcome::DoesNotConform);
    assert!(both.summary.contains("AUTH-1 fail; delivery_fields not as pinned"), "{}", both.summary);
}

#[test]
fn checks_that_were_not_executed_are_told_once_for_each_reason() {
    let open = |id: &str, scenario: &str, cause: &str| Judgement {
        not_executed: Some(cause.into()),
        ..judgement(
            id,
            scenario,
            Verdict::Inconclusive,
            &format!("a prerequisite failed at {scenario}: {cause} (exchange 7)"),
        )
    };
    let report = built(
        vec![
            judgement("AUTH-1", "a", Verdict::Pass, "true"),
            open("LINK-1", "a", "no token"),
            open("LINK-2", "b", "no token"),
            open("LINK-2", "c", "no token"),
            open("PUSH-1", "d", "no key"),
        ],
        |_| {},
    );
    assert_eq!(report.headline, "planned 5, executed 1: 1 pass, 4 inconclusive");
    let text = terminal(&report, Style { color: false, width: 80 });
    assert!(text.contains("\nNot executed\n  - no token: LINK-1, LINK-2\n  - no key: PUSH-1\n"), "{text}");
    assert!(!text.contains("stands out") && !text.contains("exchange 7"), "{text}");
}

#[test]
fn the_environments_reason_stands_first_and_is_told_once() {
    let reason = "https://staging.example/api is out of reach";
    let report = built(
        vec![Judgement {
            not_executed: Some("the run ended before it began".into()),
            ..judgement("AUTH-1", "a", Verdict::Inconclusive, "the run ended before it began: `right` was not seen")
        }],
        |input| input.environment = Some(reason.into()),
    );
    insta::assert_snapshot!(terminal(&report, Style { color: false, width: 100 }), @"
    matchproof 0.1.0: staging at https://staging.example/api
    run 20261123-180000-3f9a, began 2026-11-23T18:00:00Z, seed 42, 0 scenarios

    Nothing could be judged
      https://staging.example/api is out of reach

    Not executed
      - the run ended before it began: AUTH-1

    Notes
      - secrets under 8 characters were not searched for

    planned 1, executed 0: 1 inconclusive
    staging not judged: environment: https://staging.example/api is out of reach; 1 inconclusive of 1 requirement in 7.4 s (exit 4)
    ");
}

#[test]
fn a_part_of_a_requirement_that_is_not_applicable_is_shown() {
    let report = built(
        vec![
            judgement("AUTH-3", "auth-credentials", Verdict::Pass, "observed"),
            judgement(
                "AUTH-3",
                "auth-other-id",
                Verdict::NotApplicable,
                "the profile declares `second` absent: one login",
            ),
        ],
        |_| {},
    );
    let text = terminal(&report, Style { color: false, width: 200 });
    let told = "(not applicable in platform/auth-other-id: the profile declares `second` absent: one login)";
    assert!(text.contains(told), "{text}");
}

#[test]
fn one_is_not_many() {
    assert_eq!([0, 1, 2].map(|count| counted(count, "line")), ["0 lines", "1 line", "2 lines"]);
}

#[test]
fn the_summary_says_the_outcome_and_the_worst_news_by_name() {
    let many = ["AUTH-1", "AUTH-2", "AUTH-3", "AUTH-4", "LINK-1", "LINK-2", "LINK-2b", "PUSH-1"];
    let of = |verdict| many.iter().map(|id| judgement(id, "a", verdict, "so")).collect::<Vec<_>>();
    let lines = [
        report().summary,
        built(of(Verdict::Pass), |_| {}).summary,
        built(of(Verdict::Fail), |_| {}).summary,
        built(of(Verdict::Inconclusive), |_| {}).summary,
        built(of(Verdict::Pass), |input| input.incomplete = vec!["the run was killed".into()]).summary,
        built(of(Verdict::Pass), |input| input.extra_outcomes = vec![Outcome::ThresholdMissed]).summary,
        built(of(Verdict::Fail), |input| input.extra_outcomes = vec![Outcome::Interrupted]).summary,
        built(Vec::new(), |_| {}).summary,
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    staging not judged: harness fault: PUSH-1 error; RETRY-6 fail; 2 pass, 1 warn, 1 fail, 1 error, 1 inconclusive, 1 could not run, 1 info, 1 not applicable, 1 not selected of 10 requirements in 7.4 s (exit 5)
    staging conforms: 8 pass of 8 requirements in 7.4 s (exit 0)
    staging does not conform: AUTH-1, AUTH-2, AUTH-3, AUTH-4, LINK-1, LINK-2 and 2 more fail; 8 fail of 8 requirements in 7.4 s (exit 1)
    staging incomplete: AUTH-1, AUTH-2, AUTH-3, AUTH-4, LINK-1, LINK-2 and 2 more inconclusive; 8 inconclusive of 8 requirements in 7.4 s (exit 3)
    staging incomplete: the run was killed; 8 pass of 8 requirements in 7.4 s (exit 3)
    staging conforms, but a load threshold is missed: 8 pass of 8 requirements in 7.4 s (exit 6)
    staging interrupted: AUTH-1, AUTH-2, AUTH-3, AUTH-4, LINK-1, LINK-2 and 2 more fail; 8 fail of 8 requirements in 7.4 s (exit 130)
    staging incomplete: no requirement selected in 7.4 s (exit 3)
    ");
}

#[test]
fn the_names_and_files_of_formats_are_unique() {
    let names: BTreeSet<&str> = FORMATS.iter().flat_map(|format| [format.name, format.file]).collect();
    assert_eq!(names.len(), 2 * FORMATS.len());
}

proptest::proptest! {
    #[test]
    fn whatever_a_target_says_no_format_breaks(said in "(.|\\PC|[\x00-\x1f\x7f-\u{9f}\u{202e}\u{ffff}])*") {
        let mut all = Vec::new();
        for verdict in [Verdict::Fail, Verdict::Warn, Verdict::Inconclusive] {
            let mut one = judgement("AUTH-1", &said, verdict, &said);
            one.expression.clone_from(&said);
            one.repeat = Some(said.clone());
            all.push(one);
        }
        let report = built(all, |input| input.notes = vec![said.clone()]);
        let text = terminal(&report, Style { color: false, width: 80 });
        proptest::prop_assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'));
        for format in FORMATS {
            let bytes = (format.render)(&report).unwrap();
            if format.name == "junit" {
                proptest::prop_assert!(quick_junit::Report::deserialize(&bytes[..]).is_ok());
            }
        }
    }
}
