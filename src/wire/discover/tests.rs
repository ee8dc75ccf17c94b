use proptest::{prelude::*, proptest};
use serde_json::{Value, json};

use super::*;
use crate::wire::testing::{raw, raw_with};

fn places(candidates: &[Candidate]) -> Vec<String> {
    candidates.iter().map(|candidate| candidate.place.to_string()).collect()
}

fn tokens(body: &str) -> Vec<String> {
    places(&token_candidates(&raw(200, body)))
}

fn links(body: &str) -> Vec<String> {
    places(&link_candidates(&raw(200, body)))
}

#[test]
fn a_token_is_found_wherever_it_is_usual() {
    for (body, place) in [
        (r#"{"x-crm-token": "abc"}"#, "json:/x-crm-token"),
        (r#"{"xCrmToken": "abc"}"#, "json:/xCrmToken"),
        (r#"{"data": {"attributes": [{"access_token": "abc"}]}}"#, "json:/data/attributes/0/access_token"),
        (r#"{"a/b": {"c~d": {"token": "abc"}}}"#, "json:/a~1b/c~0d/token"),
        (r#"{"result": "0123456789abcdef0123"}"#, "json:/result"),
        (r#""0123456789abcdef0123""#, "json:"),
        ("  0123456789abcdef0123\n", "text"),
        ("1234567890123456", "text"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "text"),
    ] {
        assert_eq!(tokens(body)[..1], [place], "{body}");
        let answer = raw(200, body);
        assert_eq!(value_at(&answer, &place.parse().unwrap()), Some(token_candidates(&answer)[0].value.clone()));
    }
}

#[test]
fn a_header_comes_before_the_same_name_in_the_body() {
    let answer = raw_with(200, &[("X-Crm-Token", "Bearer abc"), ("x-csrf-token", "c")], r#"{"x-crm-token": "other"}"#);
    let candidates = token_candidates(&answer);
    assert_eq!(places(&candidates), ["header:x-crm-token", "json:/x-crm-token", "header:x-csrf-token"]);
    assert_eq!(candidates[0].value.expose(), "abc", "the scheme is the client's to write");
}

#[test]
fn what_is_obviously_something_else_is_not_a_token() {
    for body in [
        "",
        "{}",
        r#"{"token": ""}"#,
        r#"{"token": 5, "access_token": null}"#,
        r#"{"token_type": "Bearer", "expires_at": "2026-11-23T18:00:00Z", "token": "Bearer"}"#,
        r#"{"message": "this is not a token but a sentence"}"#,
        r#"{"contact": "somebody@partners.example", "docs": "https://docs.example/tokens"}"#,
        "<html><body>Sign in</body></html>",
        "Forbidden",
        "not one word of a token",
    ] {
        assert_eq!(tokens(body), [""; 0], "{body}");
    }
}

#[test]
fn a_refresh_token_and_an_identifier_come_after_the_token() {
    let body = json!({
        "id": "0b0e7d1c-5d1c-4b43-9d6a-2f8f3f0a4c11",
        "refresh_token": "rrrrrrrrrrrrrrrrrrrr",
        "session_key_material": "ssssssssssssssssssss",
        "access_token": "aaaaaaaaaaaaaaaaaaaa",
    });
    let order = ["json:/access_token", "json:/refresh_token", "json:/session_key_material", "json:/id"];
    assert_eq!(tokens(&body.to_string()), order);
}

#[test]
fn the_same_value_is_offered_once() {
    assert_eq!(tokens(r#"{"token": "abc", "x_crm_token": "abc"}"#), ["json:/x_crm_token"]);
}

#[test]
fn a_link_is_found_wherever_it_is_usual() {
    for (body, place) in [
        (r#"{"url": "https://m.example/c?s=1"}"#, "json:/url"),
        (
            r#"{"docs_url": "https://m.example/d", "data": {"signedUrl": "https://m.example/c"}}"#,
            "json:/data/signedUrl",
        ),
        (r#"{"help": "https://m.example/h", "go": "https://m.example/c"}"#, "json:/go"),
        (r#"{"links": [{"href": "http://localhost:81/c"}]}"#, "json:/links/0/href"),
        (r#""https://m.example/c""#, "json:"),
        (" HTTPS://m.example/c?s=1\r\n", "text"),
        (r#"<p><a href="/x">x</a> <a href="https://m.example/help">h</a> <a href="https://m.example/c">c</a>"#, "html"),
    ] {
        assert_eq!(links(body)[..1], [place], "{body}");
        let answer = raw(200, body);
        assert_eq!(value_at(&answer, &place.parse().unwrap()), Some(link_candidates(&answer)[0].value.clone()));
    }
}

#[test]
fn a_redirect_is_a_link_too() {
    let header = [("location", "https://m.example/c?s=1")];
    assert_eq!(
        places(&link_candidates(&raw_with(302, &header, "<a href='https://m.example/c?s=1'>"))),
        ["header:location"]
    );
    // With 201 the address of what was made stands there.
    let made = raw_with(201, &header, r#"{"signed_url": "https://m.example/s"}"#);
    assert_eq!(places(&link_candidates(&made)), ["json:/signed_url", "header:location"]);
}

#[test]
fn what_is_no_absolute_url_is_no_link() {
    for body in [
        r#"{"url": "/c?s=1", "link": "ftp://m.example/c", "href": "javascript:alert(1)", "uri": "https://"}"#,
        r#"{"message": "see https://m.example/errors for more"}"#,
        "see https://m.example/errors",
        r#"<a href="/relative">x</a>"#,
    ] {
        assert_eq!(links(body), [""; 0], "{body}");
    }
}

#[test]
fn json_that_no_parser_likes_does_no_harm() {
    let deep = format!("{}\"token\"{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_object = r#"{"token":"#.repeat(100_000);
    for body in [&deep, &deep_object, r#"{"token": 1e999}"#, "{\"token\": \"\u{fffd}\u{0}\"}", "\u{feff}{}"] {
        assert_eq!(tokens(body), [""; 0]);
        assert_eq!(links(body), [""; 0]);
    }
    // The later of two equal names counts, as with most parsers.
    let twice = raw(200, r#"{"token": "first", "token": "second"}"#);
    assert_eq!(value_at(&twice, &"json:/token".parse().unwrap()).unwrap().expose(), "second");
}

/// Something unlike a token to stand beside one, wrapped around `inner` level by level.
fn planted(inner: Value, levels: &[String]) -> Value {
    levels.iter().fold(inner, |inner, level| {
        json!({ level: inner, "id": "0b0e7d1c-5d1c-4b43-9d6a-2f8f3f0a4c11", "token_type": "Bearer", "expires_in": 21600,
                "refresh_token": "rrrrrrrrrrrrrrrrrrrrrrrrrrrr", "trace": "00-4bf92f3577b34da6a3ce929d0e0e4736-01" })
    })
}

proptest! {
    #[test]
    fn no_answer_makes_a_panic(header in "[ -~]{0,40}", body in prop::collection::vec(any::<u8>(), 0..400), status in 0_u16..999) {
        let body = String::from_utf8_lossy(&body);
        let answer = raw_with(status, &[("x-crm-token", header.trim()), ("location", header.trim())], &body);
        for candidate in token_candidates(&answer).into_iter().chain(link_candidates(&answer)) {
            prop_assert_eq!(value_at(&answer, &candidate.place), Some(candidate.value));
        }
    }

    #[test]
    fn a_token_planted_at_any_depth_is_found_there_and_first(
        name in prop::sample::select(vec![
            "x-crm-token", "X_CRM_TOKEN", "crmToken", "crm_token", "access_token", "accessToken", "token", "jwt", "bearer", "AuthToken",
        ]),
        levels in prop::collection::vec("[a-z]{1,6}[/~]?", 0..20),
        token in "[A-Za-z0-9_-]{16,60}",
    ) {
        prop_assume!(levels.iter().all(|level| !matches!(level.as_str(), "id" | "trace")));
        let body = planted(json!({ name: &token }), &levels);
        let steps: Vec<String> = levels.iter().rev().map(|level| level.replace('~', "~0").replace('/', "~1")).collect();
        let pointer = [&[String::new()], &steps[..], &[name.to_owned()]].concat().join("/");
        let first = token_candidates(&raw(200, &body.to_string())).swap_remove(0);
        prop_assert_eq!(first.place, Place::Json(pointer));
        prop_assert_eq!(first.value.expose(), token);
    }

    #[test]
    fn a_link_planted_at_any_depth_is_found_there_and_first(
        name in prop::sample::select(vec!["url", "signed_url", "signedUrl", "link", "integrationUrl", "redirect_url", "href"]),
        levels in prop::collection::vec("[a-z]{1,6}", 0..20),
        signature in "[A-Za-z0-9_-]{16,60}",
    ) {
        prop_assume!(!levels.contains(&"logo".to_owned()));
        let link = format!("https://m.example/connect?signature={signature}");
        let mut body = json!({ name: &link, "docs": "https://m.example/docs", "support_link": "https://m.example/s" });
        for level in &levels {
            body = json!({ level: body, "logo": "https://m.example/logo" });
        }
        let first = link_candidates(&raw(200, &body.to_string())).swap_remove(0);
        prop_assert!(first.place.to_string().ends_with(name));
        prop_assert_eq!(first.value.expose(), link);
    }
}
