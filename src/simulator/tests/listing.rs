use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::kit::Kit;
use crate::simulator::behaviour::{Change, KeyCheck, Reaction, Surface, Updates};

const FLAT: &str = "{\"reference\": \"flat 1/2\",\n \"title\": \"Zwei\\n \\\"Zimmer\\\" – 漢\", \"price\": 1.10}";

#[tokio::test]
async fn a_listing_is_created_updated_read_and_removed() {
    let kit = Kit::new(|_| {}).await;
    let key = kit.connect("a", 0).await.key();
    let created = kit.listing(Method::POST, "/listings", &key, FLAT).await;
    assert_eq!((created.status, &created.json()["reference"]), (201, &"flat 1/2".into()));
    let read = kit.listing(Method::GET, "/listings/flat%201%2F2", &key, "").await;
    assert_eq!((read.status, read.body.as_str()), (200, FLAT), "exactly what was stored");
    let changed = FLAT.replace("1.10", "2");
    assert_eq!(kit.listing(Method::POST, "/listings", &key, &changed).await.status, 200);
    assert_eq!(kit.listing(Method::PUT, "/listings/second", &key, r#"{"price":3}"#).await.status, 201);
    let all = kit.listing(Method::GET, "/listings", &key, "").await.json();
    let expected = [serde_json::from_str::<Value>(&changed).unwrap(), json!({"reference": "second", "price": 3})];
    assert_eq!(all, json!({ "listings": expected }));
    assert_eq!(kit.listing(Method::DELETE, "/listings/second", &key, "").await.status, 204);
    assert_eq!(kit.listing(Method::DELETE, "/listings/second", &key, "").await.status, 404);
    assert_eq!(kit.listing(Method::GET, "/listings/second", &key, "").await.status, 404);
    assert_eq!(kit.listing(Method::PATCH, "/listings/second", &key, "").await.status, 405);
    assert_eq!(kit.listing(Method::PATCH, "/listings", &key, "").await.status, 405);
}

#[tokio::test]
async fn a_malformed_listing_is_refused() {
    let kit = Kit::new(|_| {}).await;
    let key = kit.connect("a", 0).await.key();
    let large = json!({ "reference": "r", "description": "x".repeat(1 << 20) }).to_string();
    for (bad, status) in [
        ("", 400),
        ("{", 400),
        ("{}", 400),
        ("[]", 400),
        (r#"{"price":3}"#, 400),
        (r#"{"reference":7}"#, 400),
        (r#"{"reference":""}"#, 400),
        (r#"{"reference":"r","price":"much"}"#, 400),
        (r#"{"reference":"r","title":[1]}"#, 400),
        (&large, 413),
    ] {
        assert_eq!(kit.listing(Method::POST, "/listings", &key, bad).await.status, status, "{bad:.50}");
    }
    assert_eq!(kit.listing(Method::PUT, "/listings/one", &key, r#"{"reference":"other"}"#).await.status, 400);
    assert_eq!(kit.listing(Method::GET, "/listings", &key, "").await.json(), json!({ "listings": [] }));
}

#[tokio::test]
async fn only_an_agencys_own_key_opens_its_listings() {
    let kit = Kit::new(|_| {}).await;
    let (token, mine, other) = (kit.token().await, kit.connect("a", 0).await.key(), kit.connect("b", 1).await.key());
    let bearer = format!("Bearer {token}");
    let bad: &[&[(&str, &str)]] = &[
        &[],
        &[("x-api-key", "")],
        &[("x-api-key", &mine[1..])],
        &[("x-api-key", &token)],
        &[("authorization", &bearer)],
    ];
    for headers in bad {
        assert_eq!(kit.send(Method::POST, "/listings", headers, FLAT).await.status, 401, "{headers:?}");
        assert_eq!(kit.send(Method::GET, "/account", headers, "").await.status, 401, "{headers:?}");
    }
    kit.listing(Method::POST, "/listings", &mine, FLAT).await;
    assert_eq!(kit.listing(Method::GET, "/listings/flat%201%2F2", &other, "").await.status, 404);
    let theirs = FLAT.replace("1.10", "9");
    assert_eq!(kit.listing(Method::POST, "/listings", &other, &theirs).await.status, 201);
    assert_eq!(kit.listing(Method::DELETE, "/listings/flat%201%2F2", &other, "").await.status, 204);
    assert_eq!(kit.listing(Method::GET, "/listings/flat%201%2F2", &mine, "").await.body, FLAT);
}

#[tokio::test]
async fn keys_open_too_much_or_too_little_where_they_do() {
    for (check, none, garbage, token) in
        [(KeyCheck::Optional, 201, 401, 401), (KeyCheck::Anything, 401, 201, 201), (KeyCheck::OrToken, 401, 401, 201)]
    {
        let kit = Kit::new(|b| b.listing.key = check).await;
        let live = kit.token().await;
        assert_eq!(kit.send(Method::POST, "/listings", &[], FLAT).await.status, none, "{check:?}");
        let other = FLAT.replace("flat", "other");
        assert_eq!(kit.listing(Method::POST, "/listings", "garbage", &other).await.status, garbage, "{check:?}");
        let other = FLAT.replace("flat", "third");
        assert_eq!(kit.listing(Method::POST, "/listings", &live, &other).await.status, token, "{check:?}");
    }
    let kit = Kit::new(|b| {
        b.listing.key_opens_after = Duration::from_mins(1);
        b.listing.refuses_one_in = Some(3);
    })
    .await;
    let key = kit.connect("a", 0).await.key();
    assert_eq!(kit.listing(Method::GET, "/listings", &key, "").await.status, 401);
    kit.advance(Duration::from_mins(1)).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(kit.listing(Method::GET, "/listings", &key, "").await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 2, "{statuses:?}");
}

#[tokio::test]
async fn listings_go_wrong_where_they_do() {
    let kit = Kit::new(|b| {
        b.listing.updates = Updates::Add;
        b.listing.shared_references = true;
        b.listing.loses_one_in = Some(4);
        b.listing.text = Change::WithoutQuotes;
        b.listing.broken_json = Reaction::Accept;
        b.listing.wrong_types = Reaction::Crash;
    })
    .await;
    let (mine, other) = (kit.connect("a", 0).await.key(), kit.connect("b", 1).await.key());
    for key in [&mine, &mine, &other, &mine] {
        kit.listing(Method::POST, "/listings", key, FLAT).await;
    }
    let all = kit.listing(Method::GET, "/listings", &mine, "").await.json();
    assert_eq!(all["listings"].as_array().unwrap().len(), 3, "two of its own, one of the other, one lost");
    assert_eq!(all["listings"][0]["title"], "Zwei\n Zimmer – 漢");
    assert_eq!(kit.listing(Method::POST, "/listings", &mine, "{").await.status, 201);
    assert_eq!(kit.listing(Method::POST, "/listings", &mine, r#"{"reference":7}"#).await.status, 500);

    let kit = Kit::new(|b| b.listing.updates = Updates::Ignore).await;
    let key = kit.connect("a", 0).await.key();
    kit.listing(Method::POST, "/listings", &key, FLAT).await;
    assert_eq!(kit.listing(Method::POST, "/listings", &key, &FLAT.replace("1.10", "2")).await.status, 200);
    assert_eq!(kit.listing(Method::GET, "/listings/flat%201%2F2", &key, "").await.body, FLAT);
}

#[tokio::test]
async fn listings_stand_elsewhere_and_in_an_envelope_where_they_do() {
    let surface = Surface { path: "/v2/homes", method: "PUT", envelope: Some("data") };
    let kit = Kit::new(|b| b.listing.surface = surface).await;
    let key = kit.connect("a", 0).await.key();
    let put = kit.listing(Method::PUT, "/v2/homes", &key, r#"{"reference":"r"}"#).await;
    assert_eq!((put.status, &put.json()["data"]["reference"]), (201, &"r".into()));
    assert_eq!(kit.listing(Method::POST, "/v2/homes", &key, r#"{"reference":"r"}"#).await.status, 405);
    assert_eq!(kit.listing(Method::POST, "/listings", &key, r#"{"reference":"r"}"#).await.status, 404);
    let all = kit.listing(Method::GET, "/v2/homes", &key, "").await.json();
    assert_eq!(all, json!({"data": {"listings": [{"reference": "r"}]}}));
}
