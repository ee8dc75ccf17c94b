use super::*;

#[tokio::test]
async fn each_attempt_gets_its_answer_and_the_last_repeats() {
    let house = House::armed("[503, 429, 200]");
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(house.deliver().await);
    }
    assert_eq!(seen, [503, 429, 200, 200]);
    let attempts: Vec<_> = house.deliveries().iter().map(|delivery| delivery.arrived.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
}

#[tokio::test]
async fn each_agency_has_a_script_of_its_own() {
    let house = House::armed("[503]");
    house.arm("other-0a1b2c3d4e5f", "0a1b2c3d4e5f", "[]");
    assert_eq!(status(&house.send(&delivery("other-0a1b2c3d4e5f", KEY)).await), 200);
    assert_eq!(house.deliver().await, 503);
    assert_eq!(status(&house.send(&delivery("nobody", KEY)).await), 200);
    let agencies: Vec<_> = house.deliveries().into_iter().map(|delivery| delivery.arrived.agency).collect();
    assert_eq!(agencies, [Some("other-0a1b2c3d4e5f".into()), Some(ID.into()), None]);
}

#[tokio::test]
async fn a_new_script_begins_at_its_first_answer_and_attempts_count_on() {
    let house = House::armed("[503, 502]");
    assert_eq!((house.deliver().await, house.deliver().await), (503, 502));
    house.receiver.answer_with(ID, script("[500, 200]").unwrap());
    assert_eq!((house.deliver().await, house.deliver().await), (500, 200));
    assert_eq!(house.deliveries().last().unwrap().arrived.attempt, 4);
    let statuses: Vec<_> = house.receiver.attempts(ID).iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [503, 502, 500, 200]);
}

#[tokio::test]
async fn status_headers_and_body_are_sent_as_they_were_written() {
    let house = House::armed("[{ status: 799, headers: { ReTry-After: 7, X-B: b, X-A: a }, body: 'é no' }]");
    let answer = house.send(&delivery(ID, KEY)).await;
    let lines: Vec<_> = answer.lines().filter(|line| !line.starts_with("Date: ")).collect();
    assert_eq!(lines, ["HTTP/1.1 799 ", "ReTry-After: 7", "X-B: b", "X-A: a", "Content-Length: 5", "", "é no"]);
}

#[tokio::test]
async fn a_bodiless_status_has_no_body_and_a_framed_answer_ends_its_connection() {
    let house = House::armed("[{ status: 204, body: none }, { headers: { Content-Length: 1 }, body: abc }]");
    let mut peer = house.connect().await;
    peer.write(&delivery(ID, KEY)).await;
    assert!(peer.answer().await.ends_with("\r\n\r\n"));
    peer.write(&delivery(ID, KEY)).await;
    let (answer, _) = peer.rest().await;
    assert!(answer.ends_with("Content-Length: 1\r\n") || answer.contains("Content-Length: 1\r\n"), "{answer}");
    assert_eq!(answer.matches("Content-Length").count(), 1);
}

#[tokio::test]
async fn delays_are_at_least_as_long_as_they_say() {
    let house = House::armed("[{ status: 503, delay: 60ms, body_delay: 40ms, drip: 5ms, body: 12345 67890 }]");
    assert_eq!(house.deliver().await, 503);
    let Delivery { arrived, answered } = house.ended().await;
    let took = answered.answered_ms - arrived.read_ms;
    assert!(took >= 60.0 + 40.0 + 11.0 * 5.0, "{took}");
}

#[tokio::test]
async fn waiting_ends_with_the_attempts_or_with_its_time() {
    let house = House::armed("[200]");
    let soon = Duration::from_millis(20);
    assert_eq!(house.receiver.wait_for(ID, 1, soon).await, 0);
    assert_eq!(house.receiver.wait_for("unknown", 1, DEADLINE).await, 0);
    let (count, ()) = tokio::join!(house.receiver.wait_for(ID, 2, DEADLINE), async {
        house.deliver().await;
        house.deliver().await;
    });
    assert_eq!(count, 2);
    assert_eq!(house.receiver.wait_for(ID, 3, soon).await, 2);
}

#[test]
fn a_script_reads_as_people_write_it() {
    let answers = "[503, { status: 429, headers: { Retry-After: '7' }, body: x, delay: 200ms }, { fault: never-answer }, \
                   { fault: redirect, status: 307 }, { headers: [{ name: A, value: b }, { name: A, value: 1 }] }]";
    let script = script(answers).unwrap();
    assert_eq!(script.answers()[0], Answer::status(503));
    assert_eq!(script.answers()[2].fault().unwrap().name, "never-answer");
    assert_eq!(script.first_success(), Some(5));
    let written = serde_json::to_value(&script).unwrap();
    insta::assert_snapshot!(written, @r#"[503,{"body":"x","delay":"200ms","headers":[{"name":"Retry-After","value":"7"}],"status":429},{"fault":"never-answer"},{"fault":"redirect","status":307},{"headers":[{"name":"A","value":"b"},{"name":"A","value":"1"}]}]"#);
    assert_eq!(serde_json::from_value::<Script>(written.clone()).unwrap(), script);
    let schema = serde_json::to_value(schemars::schema_for!(Script)).unwrap();
    assert!(jsonschema::is_valid(&schema, &written), "{schema:#}");
    for wrong in ["[99]", "[{ fault: clse }]", "[{ stats: 503 }]", "503"] {
        let wrong: serde_json::Value = serde_saphyr::from_str(wrong).unwrap();
        assert!(!jsonschema::is_valid(&schema, &wrong), "{wrong}");
    }
}

#[test]
fn a_delay_may_be_a_share_of_a_senders_patience() {
    let delay = "{ attempt_timeouts: 0.5, or: 200ms }";
    let everywhere = |delay: &str| {
        let answer = format!("{{ status: 503, delay: {delay} }}");
        script(&format!(
            "{{ answers: [{answer}], chance: {{ share: 1, answer: {answer} }}, \
             outages: [{{ for: 1s, answer: {answer} }}], quota: {{ attempts: 1, per: 1s, answer: {answer} }} }}"
        ))
        .unwrap()
    };
    let shares = everywhere(delay);
    assert_eq!(shares.answers()[0].delay().0, Duration::from_millis(200), "for a sender of whom nothing is known");
    assert_eq!(shares.for_patience(Some(3000.0)), everywhere("1.5s"));
    assert_eq!(everywhere("7s").for_patience(Some(3000.0)), everywhere("7s"));
    assert_eq!(shares.for_patience(None), shares);
    assert!(!shares.answers()[0].is_success());
    assert_eq!(shares.for_patience(Some(f64::MAX)).answers()[0].delay().0, Duration::from_secs(190));
    let written = serde_json::to_value(&shares).unwrap();
    assert_eq!(serde_json::from_value::<Script>(written.clone()).unwrap(), shares);
    assert!(jsonschema::is_valid(&serde_json::to_value(schemars::schema_for!(Script)).unwrap(), &written));
}

#[test]
fn the_empty_script_is_success_alone() {
    assert!(
        Script::success().is_only_success() && script("[200, { status: 200, body: x }]").unwrap().is_only_success()
    );
    for answers in ["[503, 200]", "[201]", "[{ delay: 1s }]", "[{ fault: close }]"] {
        assert!(!script(answers).unwrap().is_only_success(), "{answers}");
    }
    assert_eq!((Script::success().first_success(), script("[503]").unwrap().first_success()), (Some(1), None));
}

#[test]
fn every_mistake_of_a_script_says_what_is_expected() {
    let told: Vec<_> = [
        "[99]",
        "[never-answer]",
        "[{ status: 5000 }]",
        "[{ fault: clse }]",
        "[{ fault: fire }]",
        "[{ stats: 503 }]",
        "[{ fault: close, status: 503 }]",
        "[{ fault: redirect, status: 200 }]",
        "[{ drip: 1s }]",
        "[{ hold: 1s }]",
        "[{ delay: soon }]",
        "[{ delay: { attempt_timeouts: 0.4 } }]",
        "[{ delay: { attempt_timeouts: 11, or: 1s } }]",
        "[{ headers: { 'a b': c } }]",
        "[{ headers: { A: \"b\\nC: d\" } }]",
        "[{ headers: 7 }]",
        "[{ headers: { A: [1] } }]",
        "503",
    ]
    .into_iter()
    .flat_map(|answers| script(answers).unwrap_err())
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    1:2 expected a status from 100 to 999, found the number 99
    1:2 expected a status such as `503`, or a mapping such as `{ status: 503 }` or `{ fault: close }`, found the text "never-answer"
    1:12 expected a status from 100 to 999, found the number 5000
    1:11 unknown value `clse` did you mean `close`?
    1:11 unknown value `fire` known here: never-answer, slow, close, close-mid-headers, close-mid-answer, close-mid-chunks, reset, reset-mid-answer, malformed-status-line, malformed-header, content-length-short, content-length-long, content-length-double, content-length-missing, content-length-and-chunks, broken-chunks, interim-first, answer-then-close, connection-close, endless, oversized, oversized-headers, compressed-burst, retry-after-seconds, retry-after-date, retry-after-past, retry-after-huge, retry-after-garbage, redirect
    1:4 unknown key `stats` did you mean `status`?
    1:2 the fault `close` takes no `status`; it takes: delay
    1:2 the fault `redirect` takes a status of 301, 302, 303, 307, 308, found 200
    1:2 `body_delay` and `drip` act on the body: expected a `body` beside them
    1:2 `hold` goes with a `fault` that holds the request
    1:11 expected a length of time such as `200ms`, or `{ attempt_timeouts: 0.4, or: 200ms }`
    1:11 expected a length of time such as `200ms`, or `{ attempt_timeouts: 0.4, or: 200ms }`
    1:2 expected `attempt_timeouts` from 0 to 10, found 11
    1:13 expected the name of a header, such as `Retry-After`, found `a b`
    1:18 expected the value of a header, on one line
    1:13 expected headers such as `{ Retry-After: 7 }`, or a list of `{ name: …, value: … }`, found the number 7
    1:18 expected the value of a header: text or a whole number, found a list
    1:1 expected a list of answers such as `[503, 200]`, or a mapping such as `{ answers: [503, 200], repeat: true }`, found the number 503
    "#);
}

#[tokio::test]
async fn what_is_left_unrecorded_is_answered_by_its_script_and_leaves_nothing() {
    let house = House::armed("[503, 200]");
    house.receiver.leave_unrecorded(&ID[..4]);
    let statuses = [house.deliver().await, house.deliver().await];
    assert_eq!(statuses, [503, 200]);
    let taken = house.receiver.taken(ID).unwrap();
    assert_eq!((taken.key.unwrap().expose(), taken.is_exact), (KEY, true));
    assert_eq!(house.receiver.wait_for(ID, 2, DEADLINE).await, 2);
    house.receiver.forget(ID);
    assert_eq!((house.deliver().await, house.receiver.attempts(ID).len()), (200, 0));
    assert!(house.records.lock().unwrap().is_empty(), "{}", house.written());
    assert!(house.vault.all().is_empty());
}
