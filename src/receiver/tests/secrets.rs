use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;
use crate::secret::encodings;

/// A request in which a key stands somewhere, and what `key_outside_body` has to say of it.
fn requests() -> Vec<(String, Vec<&'static str>)> {
    let json = body(ID, KEY);
    let length = json.len();
    let with_header = |name: &str, value: &str| {
        format!("POST {TARGET} HTTP/1.1\r\n{name}: {value}\r\nContent-Length: {length}\r\n\r\n{json}")
    };
    let json_post = |body: &str| post(TARGET, "application/json", body);
    let escaped: String = KEY.bytes().flat_map(|byte| ["\\u00".to_owned(), format!("{byte:02x}")]).collect();
    vec![
        (json_post(&json), vec![]),
        (json_post(&format!("{{\"x-api-key\":\"{escaped}\",\"agencyId\":\"{ID}\"}}")), vec![]),
        (json_post(&format!("{{\"x-api-key\":\"{KEY}\",\"copy\":\"{escaped}\",\"agencyId\":\"{KEY}\"}}")), vec![]),
        (json_post(&format!("{{\"x-api-key\":\"{KEY}\",\"x-api-key\":\"other-{KEY}\",\"agencyId\":7}}")), vec![]),
        (json_post(&format!("{{\"x-api-key\":\"{KEY}\",\"{KEY}\":[\"{}\"]}}", STANDARD.encode(KEY))), vec![]),
        (json_post(&format!("{{\"apiKey\":\"{KEY}\",\"agencyId\":\"{ID}\"}}")), vec![]),
        (json_post(&format!("{{\"x-api-key\":[\"{KEY}\"]}}")), vec![]),
        (json_post(&format!("broken {{\"x-api-key\":\"{KEY}\"")), vec![]),
        (post(TARGET, "text/plain", &format!("x-api-key={KEY}&agencyId={ID}")), vec![]),
        (post(TARGET, "text/plain", &format!("{}{KEY}", "a ".repeat(8_180))), vec![]),
        (post(&format!("{TARGET}&k={KEY}"), "application/json", &json), vec!["target"]),
        (format!("GET {TARGET}&X-Api-Key={KEY} HTTP/1.1\r\n\r\n"), vec!["target"]),
        (format!("GET {TARGET}&k={KEY} HTTP/1.1\r\n\r\n"), vec![]),
        (with_header("X-Api-Key", KEY), vec!["header X-Api-Key"]),
        (with_header("User-Agent", &format!("hook/{KEY}")), vec!["header User-Agent"]),
        (
            with_header("Authorization", &format!("Basic {}", STANDARD.encode(format!("u:{KEY}")))),
            vec!["header Authorization"],
        ),
        (format!("GET {TARGET} HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n\r\n"), vec![]),
    ]
}

#[tokio::test]
async fn no_record_holds_a_key_in_any_form() {
    for (request, outside) in requests() {
        let house = House::armed("[200]");
        assert_eq!(status(&house.send(&request).await), 200, "{request}");
        let written = house.written();
        for (encoding, form) in encodings(KEY) {
            let form = String::from_utf8_lossy(&form).into_owned();
            assert!(!written.contains(&form), "{} in {written}\nof {request}", encoding.word());
        }
        // Nor spelt out by escapes, once a reader has undone them.
        for delivery in house.deliveries() {
            let body: serde_json::Value = serde_json::from_str(&delivery.arrived.body).unwrap_or_default();
            assert!(!body.to_string().contains(KEY), "{body}");
            assert_eq!(delivery.arrived.key_outside_body, outside, "{request}");
        }
    }
}

#[tokio::test]
async fn a_key_with_a_plus_is_found_percent_encoded_in_the_target() {
    let (house, key) = (House::armed("[200]"), "ab+cd/ef==0123456789");
    let target = format!("{TARGET}&k=ab%2Bcd%2fef%3d%3D0123456789");
    house.send(&post(&target, "application/json", &body(ID, key))).await;
    let arrived = &house.deliveries()[0].arrived;
    assert_eq!(arrived.key_outside_body, ["target"]);
    assert_eq!(arrived.target, format!("{TARGET}&k={}", arrived.key.as_ref().unwrap()));
}

#[tokio::test]
async fn a_short_key_is_hidden_in_its_member() {
    let house = House::armed("[200]");
    house.send(&delivery(ID, "short")).await;
    let arrived = &house.deliveries()[0].arrived;
    assert!(!house.written().contains("\"short") && arrived.body.contains("mp-key-"), "{}", arrived.body);
    assert_eq!(arrived.key_facts.as_ref().unwrap().length, 5);
}

#[tokio::test]
async fn what_is_no_secret_stays_readable() {
    let house = House::armed("[200]");
    house.arm("agency-of-a-long-name-0a1b2c3d4e5f", "0a1b2c3d4e5f", "[200]");
    let text = "agencyId=agency-of-a-long-name-0a1b2c3d4e5f and some short words";
    house.send(&post(TARGET, "text/plain", text)).await;
    let json =
        format!("{{ \"agencyId\" : \"{ID}\",\n\"x-api-key\":\"{KEY}\", \"note\":\"a-note-of-many-characters\"}}");
    house.send(&post(TARGET, "application/json", &json)).await;
    let bodies: Vec<_> = house.deliveries().into_iter().map(|delivery| delivery.arrived.body).collect();
    assert_eq!(bodies[0], text);
    let fingerprint = house.receiver.key_of(ID).unwrap();
    assert_eq!(bodies[1], json.replace(KEY, &fingerprint), "the payload's own form is kept");
}

#[tokio::test]
async fn the_facts_of_a_key_are_taken_before_it_is_masked() {
    let house = House::armed("[200]");
    house.send(&delivery(ID, &format!("live-{ID}-aaaa"))).await;
    house.send(&delivery(ID, &format!("live-{ID}-bbbb"))).await;
    let facts: Vec<_> = house.deliveries().into_iter().map(|delivery| delivery.arrived.key_facts.unwrap()).collect();
    assert!(facts.iter().all(|facts| facts.holds_agency_id && facts.length == 22));
    assert_eq!((facts[0].shared_prefix, facts[1].shared_prefix), (0, 18));
}
