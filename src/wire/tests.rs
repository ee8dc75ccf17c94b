mod outside;

use std::time::Duration;

use super::{
    testing::{Bench, answer},
    *,
};
use crate::{
    evidence::{Endpoint, TroubleKind},
    secret::{Secret, SecretKind},
};

const TOKEN: &str = "tok-0123456789abcdef-XYZ";
const LINK: &str = "https://m.example/connect?agency=1&signature=0123456789abcdef0123";

/// The length of time in which a test's server has answered, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(30);

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("the test's server answers")
}

#[tokio::test]
async fn a_fingerprint_is_revealed_on_the_wire_and_masked_in_the_record() {
    let bench = Bench::new(|_| answer("200 OK", r#"{"seen": "tok-0123456789abcdef-XYZ"}"#)).await;
    let name = bench.wire.vault().keep(SecretKind::Token, &Secret::new(TOKEN));
    let mut call = bench.call(Endpoint::Listing);
    call.url = format!("{}?key={name}", call.url);
    call.headers = vec![("Authorization".into(), format!("Bearer {name}"))];
    call.body = Some(format!(r#"{{"t": "{name}"}}"#));
    let reply = within(bench.wire.send(call)).await;
    let sent = &bench.requests()[0];
    assert_eq!(sent.matches(TOKEN).count(), 3, "{sent}");
    assert!(!bench.written().contains(TOKEN));
    assert_eq!(reply.exchange.json, Some(serde_json::json!({ "seen": name })));
    assert_eq!(reply.exchange.body, format!(r#"{{"seen": "{name}"}}"#));
    assert_eq!(reply.exchange.request_headers[0].value, format!("Bearer {name}"));
    assert!(reply.raw.body.expose().contains(TOKEN));
    assert!(!format!("{reply:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_token_is_masked_from_the_first_line_written() {
    let bodies = [
        r#"{"x-crm-token": "tok-0123456789abcdef-XYZ"}"#,
        "tok-0123456789abcdef-XYZ",
        r#"<input value="tok-0123456789abcdef-XYZ">"#,
    ];
    let bench =
        Bench::new(move |number| answer("200 OK\r\nX-Crm-Token: tok-0123456789abcdef-ABC", bodies[number])).await;
    for _ in bodies {
        let reply = within(bench.wire.send(bench.call(Endpoint::Oauth))).await;
        assert!(reply.exchange.headers["x-crm-token"].starts_with("mp-token-"));
    }
    for secret in [TOKEN, "tok-0123456789abcdef-ABC"] {
        assert!(!bench.written().contains(secret), "{secret} stands in {}", bench.written());
    }
}

#[tokio::test]
async fn long_words_are_masked_where_a_success_shows_no_token() {
    let body = r#"<input value="tok+0123456789abcdef+XYZ">"#;
    let bench = Bench::new(move |number| answer(["200 OK", "403 Forbidden"][number], body)).await;
    let reply = within(bench.wire.send(bench.call(Endpoint::Oauth))).await;
    assert!(reply.exchange.body.contains("mp-other-"), "{}", reply.exchange.body);
    let other = Bench::new(|_| answer("401 Unauthorized", r#"{"error": "invalid_client_credentials"}"#)).await;
    let reply = within(other.wire.send(other.call(Endpoint::Oauth))).await;
    assert!(reply.exchange.body.contains("invalid_client_credentials"), "an error stays readable");
}

#[tokio::test]
async fn what_may_be_tried_as_a_token_is_masked_in_a_refusal_too() {
    let body = r#"{"status": 401, "title": "Unauthorized", "traceId": "trace-0123456789abcdef-XYZ"}"#;
    let bench = Bench::new(move |_| answer("401 Unauthorized", body)).await;
    let reply = within(bench.wire.send(bench.call(Endpoint::Oauth))).await;
    assert!(!bench.written().contains("trace-0123") && reply.exchange.body.contains("mp-token-"));
    assert!(reply.exchange.body.contains("Unauthorized"), "{}", reply.exchange.body);
}

#[tokio::test]
async fn whichever_of_two_members_of_one_name_is_the_token_both_are_masked() {
    let body = r#"{"x-crm-token": "first-token-4242424", "x-crm-token": "second-token-313131"}"#;
    let bench = Bench::new(move |_| answer("200 OK", body)).await;
    bench.wire.send(bench.call(Endpoint::Oauth)).await;
    let written = bench.written();
    assert!(!written.contains("first-token") && !written.contains("second-token"), "{written}");
}

#[tokio::test]
async fn an_answer_with_too_many_tokens_is_not_recorded() {
    let tokens = |count| {
        let all: Vec<String> = (0..count).map(|number| format!("\"token-number-{number:016}\"")).collect();
        format!("{{\"tokens\": [{}]}}", all.join(","))
    };
    let (few, many) = (tokens(20), tokens(2000));
    let bench = Bench::new(move |number| answer("200 OK", if number == 0 { &few } else { &many })).await;
    for withheld in [false, true] {
        let exchange = bench.wire.send(bench.call(Endpoint::Oauth)).await.exchange;
        assert_eq!((exchange.body.contains("not recorded"), exchange.json.is_none()), (withheld, withheld));
    }
    assert!(!bench.written().contains("token-number"));
}

#[tokio::test]
async fn json_that_is_longer_than_what_is_recorded_is_not_kept_as_a_tree() {
    let body = format!("[{}0]", "{\"a\":\"\"},".repeat(20_000));
    let bench = Bench::new(move |_| answer("200 OK", &body)).await;
    let exchange = bench.wire.send(bench.call(Endpoint::Other)).await.exchange;
    assert_eq!((exchange.json, exchange.body.len()), (None, 64 << 10));
}

#[tokio::test]
async fn a_link_is_masked_in_every_spelling_and_its_signature_alone() {
    let body = r#"{"url": "https:\/\/m.example\/connect?agency=1&signature=0123456789abcdef0123", "agencyId": "agency-0123456789"}"#;
    let page = r#"<a href="https://m.example/connect?agency=1&amp;signature=0123456789abcdef0123">again</a>
        <form action="/login?next=0123456789abcdef0123"><input type="hidden" name="csrf" value="c/0123456789 abcdef"></form>
        <p>agency-0123456789, your key is k0123456789abcdefgh</p>"#;
    let head = "200 OK\r\nSet-Cookie: sid=s0123456789; Path=/\r\nLocation: /login?next=https%3A%2F%2Fm.example%2Fconnect%3Fagency%3D1%26signature%3D0123456789abcdef0123";
    let bench = Bench::new(move |number| if number == 0 { answer("200 OK", body) } else { answer(head, page) }).await;
    let mut call = bench.call(Endpoint::Integrate);
    call.body = Some(r#"{"agencyId": "agency-0123456789"}"#.into());
    let reply = within(bench.wire.send(call)).await;
    assert_eq!(
        reply.exchange.json.unwrap()["agencyId"],
        "agency-0123456789",
        "what we sent in the clear stays readable"
    );
    let reply = within(bench.wire.send(bench.call(Endpoint::Page))).await;
    assert!(reply.exchange.body.contains("agency-0123456789, your key is mp-"), "{}", reply.exchange.body);
    let written = bench.written();
    for secret in
        [LINK, "0123456789abcdef0123", "s0123456789", "c/0123456789 abcdef", "k0123456789abcdefgh", "connect%3F"]
    {
        assert!(!written.contains(secret), "{secret} stands in {written}");
    }
}

#[tokio::test]
async fn nothing_follows_a_large_body_on_its_connection() {
    let bench = Bench::new(|_| answer("413 Content Too Large", "")).await;
    for (length, closes) in [(64 << 10, false), (65 << 10, true)] {
        let body = Some("x".repeat(length));
        let reply = within(bench.wire.send(Call { body, ..bench.call(Endpoint::Listing) })).await;
        assert!(!closes || reply.exchange.at_ms >= 1000.0, "our own wait is none of the answer's");
        let requests = bench.requests();
        let (head, body) = requests.last().unwrap().split_once("\r\n\r\n").unwrap();
        assert_eq!((head.contains("\r\nconnection: close"), body.len()), (closes, length));
    }
}

#[tokio::test]
async fn whoever_repeats_a_links_signature_without_the_rest_does_not_show_it() {
    let bodies = [format!(r#"{{"url": "{LINK}"}}"#), r#"{"error": "0123456789abcdef0123 is spent"}"#.to_owned()];
    let bench = Bench::new(move |number| answer("200 OK", &bodies[number])).await;
    for endpoint in [Endpoint::Integrate, Endpoint::Other] {
        within(bench.wire.send(bench.call(endpoint))).await;
    }
    assert!(!bench.written().contains("0123456789abcdef0123"), "{}", bench.written());
}

#[tokio::test]
async fn a_part_of_what_was_sent_is_no_secret_however_a_link_escapes_it() {
    let id = r#"  flat 1 "north" wing  "#;
    let body = r#"{"url": "https://m.example/connect?id=flat%201%20%26quot%3Bnorth%26quot%3B%20wing&cut=flat%201%20%22north%22&signature=0123456789abcdef0123"}"#;
    let page = r#"<p>flat 1 "north" wing</p><input type="hidden" name="state" value="&lt;state sig='9f0123456789abcdef' next='/a&amp;amp;b;'/&gt;">"#;
    let bench = Bench::new(move |number| answer("200 OK", if number == 0 { body } else { page })).await;
    let mut call = bench.call(Endpoint::Integrate);
    call.body = Some(serde_json::json!({ "agencyId": id }).to_string());
    within(bench.wire.send(call)).await;
    let reply = within(bench.wire.send(bench.call(Endpoint::Page))).await;
    assert!(reply.exchange.body.contains(r#"flat 1 "north" wing"#), "{}", reply.exchange.body);
    let kept: Vec<_> = bench.wire.vault().all().into_iter().map(|(_, secret)| secret.expose().to_owned()).collect();
    assert!(kept.iter().any(|kept| kept.starts_with("<state")), "markup without text: {kept:?}");
    assert!(kept.iter().all(|kept| !kept.starts_with("flat 1")), "{kept:?}");
}

#[tokio::test]
async fn hosts_paths_and_addresses_of_people_stay_readable() {
    let page = "<a href='https://staging-2.match.example/static/app-1.css'>x</a> agency-1-abcdef12@partner.example";
    let bench = Bench::new(move |_| answer("200 OK", page)).await;
    let mut call = bench.call(Endpoint::Page);
    call.body = Some("email=agency-1-abcdef12%40partner.example".into());
    assert_eq!(within(bench.wire.send(call)).await.exchange.body, page);
}

#[tokio::test]
async fn a_page_with_too_many_secrets_is_not_recorded() {
    let inputs: Vec<_> = (0..600).map(|number| format!("<input type=hidden value=secret-value-{number:05}>")).collect();
    let body = inputs.concat();
    let bench = Bench::new(move |_| answer("200 OK", &body)).await;
    let reply = within(bench.wire.send(bench.call(Endpoint::Page))).await;
    assert!(reply.exchange.body.starts_with("[not recorded"));
    assert!(bench.wire.vault().all().is_empty());
}

#[tokio::test]
async fn secrets_in_request_headers_are_kept() {
    let bench =
        Bench::new(|_| answer("400 Bad Request", "you sent wrong-secret and wrong-key-1 and jar-value-123")).await;
    let mut call = bench.call(Endpoint::Other);
    call.headers = vec![
        ("X-CRM-Client-Secret".into(), "wrong-secret".into()),
        ("x-api-key".into(), "wrong-key-1".into()),
        ("Cookie".into(), "a=b; sid=jar-value-123".into()),
        ("Authorization".into(), String::new()),
    ];
    let reply = within(bench.wire.send(call)).await;
    for secret in ["wrong-secret", "wrong-key-1", "jar-value-123"] {
        assert!(!bench.written().contains(secret), "{secret}");
    }
    assert!(reply.exchange.body.starts_with("you sent mp-client-"));
}

#[tokio::test]
async fn no_redirect_is_followed_and_nothing_is_sent_twice() {
    let bench = Bench::new(|_| answer("307 Temporary Redirect\r\nLocation: /other", "")).await;
    let reply = within(bench.wire.send(bench.call(Endpoint::Other))).await;
    assert_eq!((reply.exchange.status, bench.requests().len()), (307, 1));
}

#[tokio::test]
async fn trouble_is_data() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort".to_vec();
    let huge = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", 3 << 20, "a".repeat(3 << 20)).into_bytes();
    let bench = Bench::new(move |number| match number {
        0 => Some(cut.clone()),
        1 => Some(huge.clone()),
        2 => Some(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        _ => Some(Vec::new()),
    })
    .await;
    for (kind, status, bytes) in [
        (TroubleKind::Broken, 200, 5),
        (TroubleKind::TooLarge, 200, 1 << 20),
        (TroubleKind::Broken, 0, 0),
        (TroubleKind::Broken, 0, 0),
    ] {
        let exchange = within(bench.wire.send(bench.call(Endpoint::Other))).await.exchange;
        let found = exchange.trouble.clone().map(|trouble| trouble.kind);
        assert_eq!((found, exchange.status, exchange.body_bytes), (Some(kind), status, bytes), "{exchange:?}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_is_data_too() {
    let bench = Bench::new(|_| answer("200 OK", "")).await;
    let wrong = [
        Call { url: "not a url".into(), ..bench.call(Endpoint::Other) },
        Call { url: "file:///etc/hostname".into(), ..bench.call(Endpoint::Other) },
        Call { method: "PO ST".into(), ..bench.call(Endpoint::Other) },
        Call { headers: vec![("x".into(), "a\nb".into())], ..bench.call(Endpoint::Other) },
        Call { headers: vec![("x y".into(), "a".into())], ..bench.call(Endpoint::Other) },
    ];
    for call in wrong {
        let exchange = within(bench.wire.send(call)).await.exchange;
        assert_eq!(exchange.trouble.map(|trouble| trouble.kind), Some(TroubleKind::Request));
    }
    assert!(bench.requests().is_empty());
}

#[tokio::test]
async fn silence_ends_with_a_time_out() {
    let bench = Bench::with(|_| None, |settings| settings.headers_timeout = Duration::from_millis(50)).await;
    let trouble = within(bench.wire.send(bench.call(Endpoint::Other))).await.exchange.trouble.unwrap();
    assert_eq!(
        (trouble.kind, trouble.detail.as_str()),
        (TroubleKind::Timeout, "the answer's headers did not come within 0.05 s")
    );
}

#[tokio::test]
async fn a_closed_port_is_a_connection_that_was_refused() {
    let bench = Bench::new(|_| None).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let call = Call { url: format!("http://127.0.0.1:{port}/"), ..bench.call(Endpoint::Other) };
    let exchange = within(bench.wire.send(call)).await.exchange;
    assert_eq!(exchange.trouble.map(|trouble| trouble.kind), Some(TroubleKind::Connect));
}

#[tokio::test]
async fn plain_text_where_tls_is_spoken_is_trouble_of_tls() {
    let bench = Bench::new(|_| answer("400 Bad Request", "this is HTTP")).await;
    let call = Call { url: format!("https://127.0.0.1:{}/", bench.port), ..bench.call(Endpoint::Other) };
    let exchange = within(bench.wire.send(call)).await.exchange;
    assert_eq!(exchange.trouble.map(|trouble| trouble.kind), Some(TroubleKind::Tls));
}

#[tokio::test]
async fn an_exchange_that_nobody_waits_for_is_recorded() {
    let bench = Bench::new(|_| None).await;
    let sending = bench.wire.send(bench.call(Endpoint::Other));
    assert!(tokio::time::timeout(Duration::from_millis(20), sending).await.is_err());
    assert!(bench.written().contains("the run stopped waiting"), "{}", bench.written());
}

#[tokio::test]
async fn a_limit_is_waited_out_as_told() {
    let limited = "429 Too Many Requests\r\nX-RateLimit-Reset-After: 0.01";
    let bench = Bench::new(move |number| answer(if number < 2 { limited } else { "200 OK" }, "")).await;
    let reply = within(bench.wire.send_patiently(bench.call(Endpoint::Oauth), DEADLINE)).await;
    assert_eq!((reply.exchange.status, bench.requests().len()), (200, 3));
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_not_begun() {
    let bench = Bench::new(|_| answer("429 Too Many Requests\r\nRetry-After: 3600", "")).await;
    let reply = within(bench.wire.send_patiently(bench.call(Endpoint::Oauth), DEADLINE)).await;
    assert_eq!((reply.exchange.status, bench.requests().len()), (429, 1));
}

#[tokio::test]
async fn a_limit_that_outlasts_what_it_tells_is_waited_for_once() {
    let bench = Bench::new(|_| answer("429 Too Many Requests\r\nRetry-After: 0", "")).await;
    let budget = std::time::Duration::from_millis(250);
    let patiently = |endpoint| bench.wire.send_patiently(bench.call(endpoint), budget);
    within(patiently(Endpoint::Oauth)).await;
    let first = bench.requests().len();
    assert!((2..=3).contains(&first), "{first}");
    within(patiently(Endpoint::Oauth)).await;
    assert_eq!(bench.requests().len(), first + 1);
    within(patiently(Endpoint::Listing)).await;
    assert!(bench.requests().len() > first + 2, "another endpoint has a limit of its own");
}

#[tokio::test]
async fn settings_that_cannot_be_used_say_what_to_do() {
    let recorder = || crate::evidence::Recorder::new(crate::clock::Clock::new(), |_| {});
    let wrong = |settings| Wire::new(settings, recorder(), crate::secret::Vault::new()).unwrap_err().to_string();
    let base = || Settings::new("https://x.example".parse().unwrap());
    insta::assert_snapshot!(
        wrong(Settings::new("ftp://x.example".parse().unwrap())),
        @"the base URL begins with `ftp:`; give one that begins with `https://` or `http://` and names a host"
    );
    insta::assert_snapshot!(
        wrong(Settings { extra_ca: vec![b"no PEM".to_vec()], ..base() }),
        @"file 1 of the extra certificates holds no certificate, or one that cannot be read; export it as PEM (BEGIN CERTIFICATE)"
    );
}
