//! Each way in which a check comes to its verdict, over evidence made by hand.

use super::*;
use crate::{
    evidence::{
        Agency, Answered, Arrived, Blind, Bound, Ended, Exchange, Finished, HeldUp, Probe, Record, StopKind, Stopped,
        Trouble, TroubleKind, Window,
    },
    scenario::parse,
    syntax::Source,
};

/// The one check of a scenario, judged.
fn judged(check: &str, terms: &Terms, records: Vec<Record>) -> Judgement {
    let text = format!("title: t\nagencies: [flat]\nsteps:\n  - wait: {{ for: 1s }}\nchecks:\n{check}");
    let scenario = parse("mine", &Source::new("mine.yaml", text)).unwrap();
    let case = Case { scenario: Arc::new(scenario), params: BTreeMap::new() };
    judge(&[case], &records.into_iter().collect(), terms).remove(0)
}

fn verdict(check: &str, terms: &Terms, records: Vec<Record>) -> Verdict {
    judged(check, terms, records).verdict
}

fn bound(name: &str, value: Value) -> Record {
    Record::Bound(Bound { scenario: "mine".into(), name: name.into(), value })
}

fn exchange(id: u64, status: u16) -> Vec<Record> {
    let exchange = Exchange { id, status, ..Exchange::default() };
    vec![Record::Exchange(Box::new(exchange)), bound(&format!("e{id}"), serde_json::json!({ "$exchange": id }))]
}

fn finished(stopped: Option<StopKind>) -> Record {
    let stopped = stopped.map(|kind| Stopped { kind, step: "step 1 (connect)".into(), reason: "no token".into() });
    Record::Finished(Finished { scenario: "mine".into(), at_ms: 0.0, stopped })
}

/// Attempts of one agency at these moments, each answered 503 in 10 ms, listened for until quiet, with a probe before and after.
fn deliveries(moments: &[f64], watched_until: f64) -> Vec<Record> {
    let mut records = vec![
        Record::Agency(Agency { scenario: "mine".into(), name: "flat".into(), id: "a1".into(), account: 0 }),
        Record::Probe(Probe { at_ms: 0.0, answered: true, url: String::new(), trouble: None }),
        bound("got", serde_json::json!({ "$deliveries": ["a1"], "since_ms": 1.0, "until_ms": null, "at_most": 2 })),
    ];
    for (at, moment) in moments.iter().enumerate() {
        let id = 100 + at as u64;
        let arrived =
            Arrived { id, agency: Some("a1".into()), at_ms: *moment, key: Some("k".into()), ..Arrived::default() };
        let ended_ms = moment + 10.0;
        records.push(Record::Arrived(Box::new(arrived)));
        records.push(Record::Answered(Answered {
            status: 503,
            answered_ms: ended_ms,
            ended_ms,
            ended: Ended::Answered,
            ..Answered::open(id)
        }));
    }
    records.push(Record::Window(Window { from_ms: 1.0, to_ms: watched_until, moved_ms: 0.0, basis: String::new() }));
    records.push(Record::Probe(Probe { at_ms: watched_until, answered: true, url: String::new(), trouble: None }));
    records
}

fn pinned() -> Terms {
    Terms { gaps_ms: Some(vec![100.0, 200.0, 400.0]), deliver_within_ms: Some(1000.0), ..Terms::bare() }
}

#[test]
fn a_check_passes_fails_or_warns_by_its_level() {
    assert_eq!(verdict("  - AUTH-1: accepted(e1)\n", &Terms::bare(), exchange(1, 200)), Verdict::Pass);
    assert_eq!(verdict("  - AUTH-1: accepted(e1)\n", &Terms::bare(), exchange(1, 400)), Verdict::Fail);
    assert_eq!(verdict("  - AUTH-10: accepted(e1)\n", &Terms::bare(), exchange(1, 400)), Verdict::Warn);
    let strict = Terms { strict: true, ..Terms::bare() };
    assert_eq!(verdict("  - AUTH-10: accepted(e1)\n", &strict, exchange(1, 400)), Verdict::Fail);
    assert_eq!(
        verdict("  - RETRY-11: accepted(e1)\n", &strict, exchange(1, 400)),
        Verdict::Info,
        "info is never judged"
    );
}

#[test]
fn a_failure_shows_its_values_and_how_to_repeat_it() {
    let judgement = judged("  - AUTH-1: accepted(e1) and e1.status < 300\n", &Terms::bare(), exchange(1, 400));
    assert_eq!(judgement.evidence, [1]);
    assert!(judgement.values.iter().any(|shown| shown.part == "e1.status" && shown.value == "400"), "{judgement:?}");
    assert!(judgement.repeat.is_some_and(|line| line.starts_with("curl ")));
}

#[test]
fn a_failure_over_many_shows_the_one_that_broke_it() {
    let call = |id: u64, status, url: &str| {
        let exchange = Exchange { id, status, method: "POST".into(), url: url.into(), ..Exchange::default() };
        Record::Exchange(Box::new(exchange))
    };
    let tried = serde_json::json!([
        { "$exchange": 1, "$which": "secret prefix", "token": null, "opened": null },
        { "$exchange": 2, "$which": "secret case", "token": "mp-token", "opened": null },
        { "$exchange": 3, "$which": "secret empty", "token": null, "opened": null },
    ]);
    let records = vec![
        call(1, 401, "http://h/one"),
        call(2, 200, "http://h/two"),
        call(3, 401, "http://h/three"),
        call(4, 200, "http://h/four"),
        bound("right", serde_json::json!({ "$exchange": 4 })),
        bound("wrong", tried),
    ];
    let judgement = judged("  - AUTH-2: no_token(wrong)\n    given: accepted(right)\n", &Terms::bare(), records);
    assert_eq!(judgement.verdict, Verdict::Fail);
    assert_eq!(judgement.reason, "observed to be otherwise: wrong[1] (secret case)");
    assert_eq!(judgement.offenders[0].seen, "exchange 2: POST http://h/two answered 200");
    assert_eq!((judgement.offenders.len(), &judgement.evidence[..]), (1, &[2][..]));
    assert_eq!(judgement.repeat.as_deref(), Some("curl -i -X POST 'http://h/two'"));
}

#[test]
fn a_failure_of_one_is_repeated_by_it_and_not_by_its_twin() {
    let records = [exchange(1, 200), exchange(2, 400)].concat();
    let check = "  - AUTH-1: accepted(e1) and e1.status > 200\n    given: e2.status == 400\n";
    let judgement = judged(check, &Terms::bare(), records);
    assert_eq!((judgement.verdict, &judgement.evidence[..]), (Verdict::Fail, &[1][..]));
}

#[test]
fn marks_of_records_are_seen_by_nobody() {
    let records = vec![bound("all", serde_json::json!([{ "$which": "x", "n": 1 }]))];
    let judgement = judged("  - AUTH-1: all == 2 and all[0].n == 2\n", &Terms::bare(), records);
    assert_eq!(judgement.values[0].value, r#"[{"n":1}]"#);
    let plain =
        vec![bound("one", serde_json::json!({ "at": { "n": 1 } })), bound("two", serde_json::json!({ "n": 1 }))];
    assert_eq!(verdict("  - AUTH-1: one.at.n == two.n\n", &Terms::bare(), plain), Verdict::Pass);
}

#[test]
fn a_refusal_is_a_4xx_about_this_request_and_nothing_else() {
    let check = "  - LINK-4: refused(e1)\n";
    for (status, expected) in [
        (401, Verdict::Pass),
        (422, Verdict::Pass),
        (200, Verdict::Fail),
        (302, Verdict::Fail),
        (404, Verdict::Inconclusive),
        (405, Verdict::Inconclusive),
        (500, Verdict::Inconclusive),
        (429, Verdict::Inconclusive),
    ] {
        assert_eq!(verdict(check, &Terms::bare(), exchange(1, status)), expected, "{status}");
    }
}

#[test]
fn our_own_trouble_is_never_the_targets_failure() {
    let trouble = Some(Trouble { kind: TroubleKind::Timeout, detail: "no answer in 30 s".into() });
    let exchange = Exchange { id: 1, trouble, ..Exchange::default() };
    let records = vec![Record::Exchange(Box::new(exchange)), bound("e1", serde_json::json!([{ "$exchange": 1 }]))];
    assert_eq!(verdict("  - AUTH-1: accepted(e1)\n", &Terms::bare(), records), Verdict::Inconclusive);
}

#[test]
fn what_was_not_given_or_not_bound_tells_nothing() {
    let given = "  - AUTH-2: accepted(e1)\n    given: e1.status == 1\n";
    assert_eq!(verdict(given, &Terms::bare(), exchange(1, 400)), Verdict::Inconclusive);
    let check = "  - AUTH-2: accepted(missing)\n";
    for (kind, expected) in [
        (StopKind::Prerequisite, Verdict::Inconclusive),
        (StopKind::Unreachable, Verdict::Inconclusive),
        (StopKind::Budget, Verdict::Inconclusive),
        (StopKind::Interrupted, Verdict::Inconclusive),
        (StopKind::Absent, Verdict::NotApplicable),
        (StopKind::CouldNotRun, Verdict::CouldNotRun),
        (StopKind::Harness, Verdict::Error),
    ] {
        assert_eq!(verdict(check, &Terms::bare(), vec![finished(Some(kind))]), expected, "{kind:?}");
    }
    assert_eq!(verdict(check, &Terms::bare(), vec![finished(None)]), Verdict::Error);
    assert_eq!(verdict(check, &Terms::bare(), vec![]), Verdict::Inconclusive, "a killed run");
}

#[test]
fn a_check_that_was_not_evaluated_says_what_it_has_in_common_with_others() {
    let stopped = |reason: &str| {
        let stopped = Stopped { kind: StopKind::Prerequisite, step: "step 1 (connect)".into(), reason: reason.into() };
        Record::Finished(Finished { scenario: "mine".into(), at_ms: 0.0, stopped: Some(stopped) })
    };
    let cause = |records| judged("  - AUTH-2: accepted(missing)\n", &Terms::bare(), records).not_executed;
    assert_eq!(cause(vec![stopped("no token: 404 (exchange 17)")]).as_deref(), Some("no token: 404"));
    assert_eq!(cause(vec![stopped("no link (status 500, exchange 9)")]).as_deref(), Some("no link (status 500)"));
    assert_eq!(cause(vec![stopped("no key")]).as_deref(), Some("no key"));
    assert_eq!(cause(vec![]).as_deref(), Some("the run ended before it began"));
    assert_eq!(judged("  - AUTH-1: accepted(e1)\n", &Terms::bare(), exchange(1, 400)).not_executed, None);
}

#[test]
fn a_value_that_was_not_seen_reads_so() {
    let judgement = judged("  - AUTH-2: accepted(missing) and missing.status == 200\n", &Terms::bare(), vec![]);
    assert!(judgement.values.iter().all(|shown| shown.value == "not seen"), "{:?}", judgement.values);
    assert_eq!(judgement.values.len(), 2);
}

#[test]
fn a_window_says_whether_it_was_watched_for_long_enough() {
    let check = "  - HOOK-4: got | length == 1\n    window: got\n";
    let window = |until| judged(check, &pinned(), deliveries(&[100.0], until)).window.unwrap();
    assert!(window(9510.0).starts_with("watched 9.4 s, and 0.7 s were needed ("), "{}", window(9510.0));
    assert!(window(310.0).starts_with("watched 0.2 s of the 0.7 s needed ("), "{}", window(310.0));
}

#[test]
fn any_of_names_the_outcome_that_was_seen() {
    let check = "  - AUTH-5:\n    any_of: { observed: e1.status == 1, declared: e1.status == 200 }\n";
    assert_eq!(judged(check, &Terms::bare(), exchange(1, 200)).outcome.as_deref(), Some("declared"));
    assert_eq!(verdict(check, &Terms::bare(), exchange(1, 400)), Verdict::Fail);
}

#[test]
fn a_negative_holds_only_for_a_window_that_was_watched_to_its_end() {
    let check = "  - HOOK-4: got | length == 1\n    window: got\n";
    // After one attempt the next gap is 100 ms: 650 ms with its tolerance.
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0], 760.0)), Verdict::Pass);
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0], 740.0)), Verdict::Inconclusive, "too short");
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0, 200.0], 210.0)), Verdict::Fail, "seen broken at once");
    assert_eq!(verdict(check, &Terms::bare(), deliveries(&[100.0], 760.0)), Verdict::Inconclusive, "nothing pinned");
    assert_eq!(verdict(check, &Terms::bare(), deliveries(&[100.0], 31_000.0)), Verdict::Pass, "longer than a guess");
    let blind = |until, scenario: &str| {
        let blind = Blind { from_ms: 200.0, to_ms: 300.0, why: "closed".into(), scenario: scenario.into() };
        [deliveries(&[100.0], until), vec![Record::Blind(blind)]].concat()
    };
    assert_eq!(verdict(check, &pinned(), blind(760.0, "other")), Verdict::Inconclusive, "blind for a part of it");
    assert_eq!(verdict(check, &pinned(), blind(860.0, "other")), Verdict::Pass, "watched for longer");
    assert_eq!(verdict(check, &pinned(), blind(9000.0, "")), Verdict::Inconclusive, "this machine let nobody in");
    let mut unanswered = deliveries(&[100.0], 760.0);
    unanswered.push(Record::Probe(Probe { at_ms: 400.0, answered: false, url: String::new(), trouble: None }));
    assert_eq!(verdict(check, &pinned(), unanswered), Verdict::Inconclusive, "the receiver was gone");
}

#[test]
fn something_due_fails_only_by_a_pinned_deadline_that_was_watched_whole() {
    let check = "  - RETRY-1: got | length > 1\n    due: got\n";
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0, 210.0], 300.0)), Verdict::Pass);
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0], 760.0)), Verdict::Fail);
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0], 740.0)), Verdict::Inconclusive, "not watched whole");
    assert_eq!(verdict(check, &Terms::bare(), deliveries(&[100.0], 99_000.0)), Verdict::Inconclusive, "no deadline");
    let first = "  - CONN-2: got | length > 0\n    due: got\n";
    assert_eq!(verdict(first, &pinned(), deliveries(&[], 1001.0)), Verdict::Fail);
    assert_eq!(verdict(first, &pinned(), deliveries(&[], 900.0)), Verdict::Inconclusive);
}

#[test]
fn one_attempt_too_many_fails_at_once_and_one_too_few_waits() {
    let check = "  - RETRY-7: got | length == 2\n    at_most: got\n";
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0, 210.0, 420.0], 425.0)), Verdict::Fail);
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0], 120.0)), Verdict::Inconclusive);
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0, 210.0], 1100.0)), Verdict::Pass);
    assert_eq!(verdict(check, &pinned(), deliveries(&[100.0, 210.0], 300.0)), Verdict::Inconclusive);
}

#[test]
fn the_order_of_records_does_not_matter() {
    let check = "  - HOOK-4: got | length == 1\n    window: got\n";
    let mut records = deliveries(&[100.0, 300.0], 2000.0);
    let before = judged(check, &pinned(), records.clone());
    records.reverse();
    assert_eq!(before, judged(check, &pinned(), records));
}

#[test]
fn an_expression_that_cannot_be_evaluated_is_inconclusive_and_says_so() {
    let judgement = judged("  - AUTH-1: e1.json.a.b == 1\n", &Terms::bare(), exchange(1, 200));
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert!(judgement.reason.contains("cannot be evaluated"), "{}", judgement.reason);
}

/// The first check of a shipped scenario over values bound by hand.
fn of_shipped(path: &str, terms: &Terms, values: &[(&str, Value)], records: Vec<Record>) -> Judgement {
    let shipped = crate::scenario::shipped();
    let (_, source) = shipped.iter().find(|(known, _)| known == path).unwrap();
    let case = Case { scenario: Arc::new(parse(path, source).unwrap()), params: BTreeMap::new() };
    let bound = values.iter().map(|(name, value)| {
        Record::Bound(Bound { scenario: path.into(), name: (*name).into(), value: value.clone() })
    });
    judge(&[case], &records.into_iter().chain(bound).collect(), terms).remove(0)
}

#[test]
fn a_listing_that_could_not_be_read_back_is_not_a_changed_one() {
    let found = serde_json::json!([{ "reference": "r-1", "price": 325_000 }]);
    let stolen = serde_json::json!([{ "reference": "r-1", "price": 1 }]);
    let push_4 = |there: u16, found_there: &Value| {
        let values = [
            ("connections", serde_json::json!([{ "account": 0 }, { "account": 1 }])),
            ("pushed", serde_json::json!({ "$exchange": 1, "reference": "r-1" })),
            ("before", serde_json::json!({ "$exchange": 2, "available": true, "found": found })),
            ("stolen", serde_json::json!({ "$exchange": 3 })),
            ("there", serde_json::json!({ "$exchange": 4, "available": true, "found": found_there })),
        ];
        let exchanges = [(1, 201), (2, 200), (3, 403), (4, there)].map(|(id, status)| exchange(id, status).remove(0));
        of_shipped("platform/push-another-key", &Terms::bare(), &values, exchanges.into()).verdict
    };
    let nothing = serde_json::json!([]);
    assert_eq!(push_4(200, &found), Verdict::Pass);
    assert_eq!(push_4(200, &stolen), Verdict::Fail);
    assert_eq!(push_4(200, &nothing), Verdict::Fail, "read, and gone");
    assert_eq!(push_4(401, &nothing), Verdict::Inconclusive, "the right key was refused now and then");
}

/// An attempt with a key, answered 503 at once.
fn attempt(id: u64, delivery: u32, at_ms: f64, key: &str) -> [Record; 2] {
    let arrived =
        Arrived { id, delivery, agency: Some("a1".into()), at_ms, key: Some(key.into()), ..Arrived::default() };
    let answered = Answered { status: 503, ended_ms: at_ms + 1.0, ended: Ended::Answered, ..Answered::open(id) };
    [Record::Arrived(Box::new(arrived)), Record::Answered(answered)]
}

#[test]
fn each_key_has_its_own_attempts_where_the_profile_says_how_many_there_are() {
    let got = || bound("got", serde_json::json!({ "$deliveries": ["a1"], "since_ms": 0.0, "until_ms": null }));
    let both = || {
        let attempts = [attempt(1, 1, 10.0, "k1"), attempt(2, 2, 11.0, "k2"), attempt(3, 1, 500.0, "k1")];
        attempts.into_iter().flatten().chain([got()]).collect::<Vec<_>>()
    };
    let two = Terms { keys_per_agency: 2, keys_pinned: true, ..Terms::bare() };
    assert_eq!(verdict("  - RETRY-1: attempt_counts(got) == [2, 1]\n", &two, both()), Verdict::Pass);
    assert_eq!(verdict("  - RETRY-12: gaps(got) | list == [489]\n", &two, both()), Verdict::Pass);
    let untold = judged("  - RETRY-1: attempt_counts(got) | min > 1\n", &Terms::bare(), both());
    assert_eq!(untold.verdict, Verdict::Inconclusive);
    assert!(untold.reason.contains("pin `keys_per_agency`"), "{}", untold.reason);
}

#[test]
fn a_redirect_that_was_followed_is_seen_wherever_the_canary_was_reached() {
    let led_astray = |came: bool, loopback: bool| {
        let watch = |canary: bool| serde_json::json!({ "$deliveries": ["a1"], "since_ms": 0.0, "canary": canary });
        let terms = Terms { loopback, ..pinned() };
        let mut records = deliveries(&[100.0], 5000.0);
        records.push(Record::Answered(Answered { fault: "redirect".into(), ended_ms: 110.0, ..Answered::open(100) }));
        if came {
            let key = Some("k".into());
            let astray = Arrived { id: 200, canary: true, agency: Some("a1".into()), key, ..Arrived::default() };
            records.push(Record::Arrived(Box::new(astray)));
        }
        of_shipped("platform/retry-redirects", &terms, &[("got", watch(false)), ("led_astray", watch(true))], records)
    };
    assert_eq!(led_astray(false, true).verdict, Verdict::Pass);
    assert_eq!(led_astray(true, false).verdict, Verdict::Warn, "reached through whatever stands before the webhook");
    let unseen = led_astray(false, false);
    assert_eq!(unseen.verdict, Verdict::Inconclusive);
    assert!(unseen.reason.contains("webhook does not lead there"), "{}", unseen.reason);
}

/// Attempts of one delivery: when each came, what it was answered, and when.
fn answered(attempts: &[(f64, u16, f64)]) -> Vec<Record> {
    let mut records = deliveries(&[], 30_000.0);
    for (id, (at_ms, status, ended_ms)) in (100..).zip(attempts) {
        let (agency, key) = (Some("a1".into()), Some("k".into()));
        records.push(Record::Arrived(Box::new(Arrived { id, agency, at_ms: *at_ms, key, ..Arrived::default() })));
        let (answered_ms, ended_ms) = (*ended_ms, *ended_ms);
        let ended = Ended::Answered;
        let answered = Answered { status: *status, answered_ms, ended_ms, ended, ..Answered::open(id) };
        records.push(Record::Answered(answered));
    }
    records
}

/// The verdict of the same records when the harness was held up from one moment to another.
fn verdict_when_held_up(check: &str, terms: &Terms, mut records: Vec<Record>, from_ms: f64, to_ms: f64) -> Verdict {
    records.push(Record::HeldUp(HeldUp { from_ms, to_ms, lost_ms: to_ms - from_ms, stopped_ms: to_ms - from_ms }));
    verdict(check, terms, records)
}

#[test]
fn a_retry_after_a_success_that_we_were_kept_from_answering_in_time_accuses_nobody() {
    let once = "  - HOOK-4: got | length == 1\n    window: got\n";
    let terms = Terms { attempt_timeout_ms: Some(400.0), ..pinned() };
    let retried = || answered(&[(300.0, 200, 500.0), (620.0, 200, 621.0)]);
    let accused = judged(once, &terms, retried());
    assert_eq!((accused.verdict, accused.held_up), (Verdict::Fail, false));
    let held_up = |records, from_ms, to_ms| verdict_when_held_up(once, &terms, records, from_ms, to_ms);
    assert_eq!(held_up(retried(), 100.0, 299.0), Verdict::Inconclusive, "it was read late, and so answered late");
    assert_eq!(held_up(retried(), 310.0, 500.0), Verdict::Inconclusive, "or answered late");
    assert_eq!(held_up(retried(), 600.0, 900.0), Verdict::Fail, "the first was answered by then");
    assert_eq!(
        held_up(answered(&[(300.0, 200, 310.0), (620.0, 200, 621.0)]), 250.0, 310.0),
        Verdict::Fail,
        "in good time"
    );
    for (long, verdict) in [(false, Verdict::Fail), (true, Verdict::Inconclusive)] {
        let mut records = answered(&[(300.0, 200, 310.0), (620.0, 200, 621.0)]);
        let before = HeldUp { from_ms: 50.0, to_ms: 180.0, lost_ms: 130.0, stopped_ms: 0.0 };
        records.extend(long.then_some(Record::HeldUp(before)));
        assert_eq!(held_up(records, 200.0, 310.0), verdict, "a long time is told of in parts");
    }
    let thrice = answered(&[(300.0, 200, 500.0), (620.0, 200, 621.0), (900.0, 200, 901.0)]);
    assert_eq!(held_up(thrice, 100.0, 299.0), Verdict::Fail, "the second was answered in time");
    let mut records = retried();
    records.push(Record::HeldUp(HeldUp { from_ms: 100.0, to_ms: 299.0, lost_ms: 199.0, stopped_ms: 0.0 }));
    let doubted = judged(once, &terms, records);
    assert!(doubted.held_up && doubted.reason.contains("for 0.2 s"), "{}", doubted.reason);
    let unpinned = verdict_when_held_up(once, &Terms::bare(), retried(), 250.0, 310.0);
    assert_eq!(unpinned, Verdict::Inconclusive, "nobody knows how long this sender waits");
}

#[test]
fn a_failure_that_was_answered_late_is_a_failure_all_the_same() {
    let twice = "  - RETRY-5: attempt_counts(got) | max <= 2\n    window: got\n";
    let thrice = || answered(&[(300.0, 503, 500.0), (620.0, 503, 621.0), (900.0, 503, 901.0)]);
    assert_eq!(verdict_when_held_up(twice, &pinned(), thrice(), 100.0, 900.0), Verdict::Fail);
    let succeeded = || answered(&[(300.0, 503, 310.0), (620.0, 200, 800.0), (1000.0, 200, 1001.0)]);
    let second = "  - RETRY-7: attempt_counts(got) | unique | list == [2]\n    at_most: got\n";
    assert_eq!(verdict(second, &pinned(), succeeded()), Verdict::Fail);
    assert_eq!(verdict_when_held_up(second, &pinned(), succeeded(), 400.0, 619.0), Verdict::Inconclusive);
    assert_eq!(verdict_when_held_up(second, &pinned(), succeeded(), 100.0, 400.0), Verdict::Fail, "long before it");
}

#[test]
fn time_in_which_the_harness_was_held_up_is_nobodys_deadline() {
    let retried = "  - RETRY-1: got | length > 1\n    due: got\n";
    let held_up =
        |until, from_ms| verdict_when_held_up(retried, &pinned(), deliveries(&[100.0], until), from_ms, from_ms + 50.0);
    assert_eq!(held_up(770.0, 300.0), Verdict::Inconclusive);
    assert_eq!(held_up(770.0, 20.0), Verdict::Fail, "not while it was due");
    assert_eq!(held_up(830.0, 300.0), Verdict::Fail, "listened for longer, to make up for it");
    let mut in_part = deliveries(&[100.0], 770.0);
    in_part.push(Record::HeldUp(HeldUp { from_ms: 300.0, to_ms: 350.0, lost_ms: 50.0, stopped_ms: 0.0 }));
    assert_eq!(verdict(retried, &pinned(), in_part), Verdict::Fail, "the rest of it would have seen what came");
}

#[test]
fn lengths_of_time_are_as_uncertain_as_the_harness_was_late() {
    let apart = "  - RETRY-12: gaps(got) | min > -100\n";
    let overlapping = || answered(&[(100.0, 503, 650.0), (500.0, 503, 660.0)]);
    assert_eq!(verdict(apart, &pinned(), overlapping()), Verdict::Warn);
    assert_eq!(verdict_when_held_up(apart, &pinned(), overlapping(), 580.0, 650.0), Verdict::Inconclusive);
    assert_eq!(verdict_when_held_up(apart, &pinned(), overlapping(), 610.0, 650.0), Verdict::Warn, "by less than that");
    let given = "  - RETRY-12: got | length == 0\n    given: gaps(got) | min > -200\n";
    assert_eq!(verdict(given, &pinned(), overlapping()), Verdict::Warn);
    assert_eq!(
        verdict_when_held_up(given, &pinned(), overlapping(), 580.0, 650.0),
        Verdict::Inconclusive,
        "a condition"
    );
    assert_eq!(
        verdict_when_held_up(given, &pinned(), overlapping(), 610.0, 650.0),
        Verdict::Warn,
        "which holds anyway"
    );
    let long = "  - RETRY-12: gaps(got) | min > 100\n";
    let short_gap = answered(&[(100.0, 503, 160.0), (250.0, 503, 260.0)]);
    assert_eq!(verdict_when_held_up(long, &pinned(), short_gap, 150.0, 175.0), Verdict::Inconclusive, "or longer");
}

#[test]
fn what_a_delivery_says_does_not_depend_on_when_it_was_read() {
    let records = || answered(&[(300.0, 200, 500.0), (620.0, 200, 621.0)]);
    let said = "  - HOOK-2: got | map(attribute=\"key\") | list == [\"other\"]\n";
    assert_eq!(verdict_when_held_up(said, &pinned(), records(), 0.0, 2000.0), Verdict::Fail);
    let held = "  - HOOK-4: got | length == 2\n    window: got\n";
    assert_eq!(verdict_when_held_up(held, &pinned(), records(), 0.0, 2000.0), Verdict::Pass, "what holds, holds");
}

#[test]
fn an_agency_whose_scenario_disturbed_the_receiver_is_waited_for_through_the_longest_gap() {
    let check = "  - RETRY-4: got | length > 0\n    due: got\n";
    let disturbed = |until, scenario: &str| {
        let mut records = deliveries(&[], until);
        let (why, scenario) = ("refused".into(), scenario.to_owned());
        records.push(Record::Blind(Blind { from_ms: 0.0, to_ms: 1.0, why, scenario }));
        verdict(check, &pinned(), records)
    };
    // The first delivery is due within 1000 ms, and the longest gap takes 1100 ms with its tolerance.
    assert_eq!(disturbed(2102.0, "mine"), Verdict::Fail);
    assert_eq!(disturbed(2000.0, "mine"), Verdict::Inconclusive);
    assert_eq!(disturbed(2000.0, "another"), Verdict::Fail, "nothing of this scenario met it");
}

#[test]
fn a_resend_is_told_from_gaps_that_were_seen_whole() {
    let told = |moments: &[f64], blind_from: f64| {
        let (why, scenario) = ("never-read".into(), "another".into());
        let blind = Blind { from_ms: blind_from, to_ms: blind_from + 10.0, why, scenario };
        let records = deliveries(moments, 900.0).into_iter().chain([Record::Blind(blind)]);
        window::resend_window(&Terms::bare(), &records.collect(), &[]).map(|window| window.most_ms)
    };
    assert_eq!(told(&[100.0, 310.0], 500.0), Some(100.0), "half of what lies between an answer and the next attempt");
    assert_eq!(told(&[100.0, 310.0], 150.0), None, "an attempt may have met the disturbance");
    assert_eq!(told(&[100.0, 310.0, 720.0], 150.0), None, "and what came after it is no first gap");
    assert_eq!(told(&[100.0, 310.0, 720.0], 400.0), Some(100.0));
    assert_eq!(told(&[100.0, 110.0], 500.0), None, "nobody knows when the sender had done with the first");
}

#[test]
fn what_may_be_a_resend_or_a_retry_accuses_nobody() {
    // The gap after the 503 is 200 ms long: up to 25 ms after a fault comes a re-send, and up to 100 ms either may.
    let third_at = |at_ms: f64| {
        let mut records = deliveries(&[100.0, 310.0, at_ms], 30_000.0);
        for record in &mut records {
            if let Record::Answered(answered) = record
                && answered.id == 101
            {
                (answered.connection_fault, answered.fault) = (true, "close".into());
            }
        }
        records
    };
    let check = "  - RETRY-4: attempt_counts(got) | min > 2\n";
    assert_eq!(verdict(check, &pinned(), third_at(340.0)), Verdict::Fail);
    assert_eq!(verdict(check, &pinned(), third_at(370.0)), Verdict::Inconclusive);
    assert_eq!(verdict(check, &pinned(), third_at(430.0)), Verdict::Pass);
    let held_up = |from_ms, to_ms| verdict_when_held_up(check, &pinned(), third_at(340.0), from_ms, to_ms);
    assert_eq!(held_up(320.0, 340.0), Verdict::Inconclusive, "the gap may be longer");
    assert_eq!(held_up(150.0, 300.0), Verdict::Inconclusive, "the window may be smaller");
    assert_eq!(held_up(500.0, 900.0), Verdict::Fail);
}

#[test]
fn what_a_second_sender_may_have_sent_proves_and_accuses_nothing() {
    let check = "  - HOOK-4: got | length == 12\n    window: got\n";
    let moments: Vec<f64> = (1..=12).map(|at| f64::from(at) * 100.0).collect();
    assert_eq!(verdict(check, &pinned(), deliveries(&moments, 9999.0)), Verdict::Pass);
    let mut forged = deliveries(&moments, 9999.0);
    for record in &mut forged {
        if let Record::Arrived(arrived) = record {
            arrived.peer = if arrived.id == 103 { "10.0.0.9:1" } else { "10.0.0.1:1" }.into();
        }
    }
    let judgement = judged(check, &pinned(), forged);
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    assert!(judgement.reason.starts_with("second sender: delivery 103 from 10.0.0.9:1"), "{}", judgement.reason);
}
