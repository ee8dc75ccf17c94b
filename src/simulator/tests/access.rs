use std::{collections::HashSet, time::Duration};

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::kit::{ID, Kit, OTHER_ID, OTHER_SECRET, SECRET, Visitor};
use crate::simulator::behaviour::{
    Advice, Echo, IdCheck, LimitedLinks, LinkNonce, LinkUrl, Place, Reaction, Refresh, RefusalBody, Scheme, TokenCheck,
};

#[tokio::test]
async fn credentials_give_a_token_of_six_hours() {
    let kit = Kit::new(|_| {}).await;
    let answer = kit.oauth(ID, SECRET).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    assert!(answer.json()["x-crm-token"].as_str().unwrap().len() >= 40);
    assert_eq!(answer.json()["expires_in"], 21600);
    assert!(!answer.body.contains(SECRET));
    for (id, secret) in
        [(ID, &SECRET[1..]), (ID, OTHER_SECRET), (ID, ""), ("nobody", SECRET), (OTHER_ID, SECRET), ("", SECRET)]
    {
        let answer = kit.oauth(id, secret).await;
        assert_eq!(answer.status, 401, "{id} {secret}");
        assert!(answer.json()["error"].is_string() && answer.json().get("x-crm-token").is_none());
    }
    for header in [("x-crm-client-id", ID), ("x-crm-client-secret", SECRET)] {
        assert_eq!(kit.send(Method::POST, "/crm/oauth", &[header], "").await.status, 401);
    }
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let headers = [("x-crm-client-id", ID), ("x-crm-client-secret", SECRET)];
        let answer = kit.send(method, "/crm/oauth", &headers, "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    }
    assert_eq!(kit.send(Method::GET, "/crm/nothing", &[], "").await.status, 404);
}

#[tokio::test]
async fn tokens_live_side_by_side_for_six_hours_of_the_clock() {
    let kit = Kit::new(|_| {}).await;
    let (first, body) = (kit.token().await, r#"{"agencyId":"a"}"#);
    kit.advance(Duration::from_mins(330)).await;
    let second = kit.token().await;
    assert_eq!(kit.integrate(&first, body).await.status, 200);
    kit.advance(Duration::from_mins(31)).await;
    assert_eq!(kit.integrate(&first, body).await.status, 401);
    assert_eq!(kit.integrate(&second, body).await.status, 200);
}

#[tokio::test]
async fn a_refresh_kills_older_tokens_where_it_does() {
    let kit = Kit::new(|b| b.auth.refresh = Refresh::Kills(Duration::from_mins(1))).await;
    let (first, body) = (kit.token().await, r#"{"agencyId":"a"}"#);
    kit.oauth(OTHER_ID, OTHER_SECRET).await;
    kit.advance(Duration::from_mins(5)).await;
    assert_eq!(kit.integrate(&first, body).await.status, 200, "another partner's token changes nothing");
    let second = kit.token().await;
    kit.advance(Duration::from_mins(2)).await;
    assert_eq!(kit.integrate(&first, body).await.status, 401);
    assert_eq!(kit.integrate(&second, body).await.status, 200);
}

#[tokio::test]
async fn token_calls_are_limited_and_nothing_else() {
    let kit = Kit::new(|b| b.rate.quota = crate::simulator::Behaviour::default().rate.quota).await;
    let token = kit.token().await;
    let statuses = join_all((0..11).map(|_| kit.oauth(ID, "wrong"))).await;
    assert_eq!(statuses.iter().filter(|answer| answer.status == 401).count(), 9, "every call counts");
    let limited = kit.oauth(ID, SECRET).await;
    assert_eq!(limited.status, 429);
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert_eq!(kit.oauth(OTHER_ID, OTHER_SECRET).await.status, 200);
    assert_eq!(kit.integrate(&token, r#"{"agencyId":"a"}"#).await.status, 200);
    kit.advance(Duration::from_secs(wait)).await;
    assert_eq!(kit.oauth(ID, SECRET).await.status, 200);
}

#[tokio::test]
async fn a_limit_can_be_told_in_other_ways_and_cost_more() {
    for (advice, name) in
        [(Advice::Date, "retry-after"), (Advice::Fields, "ratelimit-reset"), (Advice::Words, "retry-after")]
    {
        let kit = Kit::new(|b| {
            b.rate.advice = advice;
            b.rate.quota = Some(crate::simulator::behaviour::Quota { burst: 1, refill: Duration::from_mins(1) });
            b.rate.kills_tokens = true;
            b.rate.links = LimitedLinks::RefusedMeanwhile;
        })
        .await;
        let token = kit.token().await;
        assert_eq!(kit.integrate(&token, r#"{"agencyId":"a"}"#).await.status, 200);
        let limited = kit.oauth(ID, SECRET).await;
        assert!(limited.status == 429 && !limited.header(name).is_empty(), "{limited:?}");
        assert_eq!(limited.header(name).ends_with(" GMT"), advice == Advice::Date);
        assert_eq!(kit.integrate(&token, r#"{"agencyId":"a"}"#).await.status, 401, "the token was killed");
    }
}

#[tokio::test]
async fn links_are_absolute_and_never_alike() {
    let kit = Kit::new(|_| {}).await;
    let token = kit.token().await;
    let links = join_all((0..60).map(|number| {
        let (kit, token) = (&kit, token.as_str());
        async move { kit.link(token, &format!("agency-{}", number % 20)).await }
    }))
    .await;
    assert_eq!(links.iter().collect::<HashSet<_>>().len(), 60);
    assert!(links.iter().all(|link| link.starts_with(kit.platform.base_url()) && !link.contains(&token)));
}

#[tokio::test]
async fn an_agency_id_is_a_string_that_is_not_empty() {
    let kit = Kit::new(|_| {}).await;
    let token = kit.token().await;
    let long = format!(r#"{{"agencyId":"{}"}}"#, "x".repeat(2001));
    for bad in [
        "",
        "{",
        "{}",
        "[]",
        "7",
        r#"{"agencyId":""}"#,
        r#"{"agencyId":null}"#,
        r#"{"agencyId":7}"#,
        r#"{"agencyId":["a"]}"#,
        r#"{"agencyId":{}}"#,
        &long,
    ] {
        let answer = kit.integrate(&token, bad).await;
        assert!(answer.status == 400 && answer.json().get("url").is_none(), "{bad}: {answer:?}");
    }
    for token in ["", "garbage", &token[1..]] {
        assert_eq!(kit.integrate(token, r#"{"agencyId":"a"}"#).await.status, 401);
    }
    let basic = format!("Basic {token}");
    let headers: &[&[(&str, &str)]] = &[&[], &[("authorization", &token)], &[("authorization", &basic)]];
    for headers in headers {
        assert_eq!(kit.send(Method::POST, "/crm/integrate", headers, r#"{"agencyId":"a"}"#).await.status, 401);
    }
    assert_eq!(kit.send(Method::GET, "/crm/integrate", &[], "").await.status, 405);
}

#[tokio::test]
async fn leaks_of_the_token_call_let_through_what_they_are_named_for() {
    let kit = Kit::new(|b| {
        b.auth.id = IdCheck::AnySecret;
        b.auth.missing_secret = Reaction::Accept;
        b.auth.methods = &["POST", "PUT"];
        b.auth.echo = Echo::EncodedHeader;
    })
    .await;
    assert_eq!(kit.oauth(OTHER_ID, SECRET).await.status, 200);
    assert_eq!(kit.oauth("nobody", SECRET).await.status, 401);
    let answer = kit.send(Method::PUT, "/crm/oauth", &[("x-crm-client-id", ID)], "").await;
    assert_eq!(answer.status, 200);
    assert!(!answer.header("x-debug-credentials").is_empty());

    let kit = Kit::new(|b| {
        b.auth.id = IdCheck::Unchecked;
        b.auth.missing_id = Reaction::Accept;
    })
    .await;
    assert_eq!(kit.oauth("nobody", SECRET).await.status, 200);
    assert_eq!(kit.oauth("nobody", "wrong").await.status, 401);
    assert_eq!(kit.send(Method::POST, "/crm/oauth", &[("x-crm-client-secret", SECRET)], "").await.status, 200);
    assert_eq!(kit.send(Method::POST, "/crm/oauth", &[], "").await.status, 401);
}

#[tokio::test]
async fn leaks_of_the_link_call_let_through_what_they_are_named_for() {
    let kit = Kit::new(|b| {
        b.integrate.token = TokenCheck::Optional;
        b.integrate.scheme = Scheme::Any;
        b.integrate.null = Reaction::Accept;
        b.integrate.missing = Reaction::Crash;
        b.integrate.not_json = Reaction::Accept;
        b.link.url = LinkUrl::WithToken;
    })
    .await;
    let (token, body) = (kit.token().await, r#"{"agencyId":"a"}"#);
    assert_eq!(kit.send(Method::POST, "/crm/integrate", &[], body).await.status, 200);
    assert_eq!(kit.send(Method::POST, "/crm/integrate", &[("authorization", &token)], body).await.status, 200);
    assert_eq!(kit.integrate("garbage", body).await.status, 401);
    assert_eq!(kit.integrate(&token, r#"{"agencyId":null}"#).await.status, 200);
    assert_eq!(kit.integrate(&token, "{}").await.status, 500);
    assert_eq!(kit.integrate(&token, "{").await.status, 200);
    assert!(kit.link(&token, "a").await.contains(&token));
}

#[tokio::test]
async fn calls_at_once_share_a_link_where_they_race() {
    let kit = Kit::new(|b| b.integrate.race = Some(2)).await;
    let token = kit.token().await;
    let agencies: Vec<String> = (0..40).map(|number| format!("agency-{number}")).collect();
    let links = join_all(agencies.iter().map(|agency| kit.link(&token, agency))).await;
    assert!(links.iter().collect::<HashSet<_>>().len() < 40);
    let alone = [kit.link(&token, "x").await, kit.link(&token, "y").await];
    assert_ne!(alone[0], alone[1]);
}

#[tokio::test]
async fn values_and_refusals_stand_where_the_dialect_puts_them() {
    let kit = Kit::new(|b| {
        b.auth.place = Place::Header("x-crm-token");
        b.integrate.place = Place::Header("location");
        b.integrate.status = 201;
        b.integrate.number = Reaction::Accept;
        b.refusal.unauthorized = 403;
        b.refusal.body = RefusalBody::Html;
    })
    .await;
    let token = kit.oauth(ID, SECRET).await;
    let token = token.header("x-crm-token");
    let link = kit.integrate(token, &json!({ "agencyId": 7 }).to_string()).await;
    assert_eq!(link.status, 201);
    assert_eq!(Visitor::new(&kit).get(link.header("location")).await.status, 200);
    let refused = kit.oauth(ID, "wrong").await;
    assert!(refused.status == 403 && refused.body.contains("<a href"), "{refused:?}");
}

#[tokio::test]
async fn links_of_one_agency_are_alike_where_they_are() {
    for nonce in [LinkNonce::Absent, LinkNonce::Second] {
        let kit = Kit::new(|b| b.link.nonce = nonce).await;
        let token = kit.token().await;
        let links = join_all((0..20).map(|_| kit.link(&token, "a"))).await;
        let other = kit.link(&token, "b").await;
        assert!(links.iter().collect::<HashSet<_>>().len() < 20 && !links.contains(&other), "{nonce:?}");
        assert_eq!(Visitor::new(&kit).get(&links[0]).await.status, 200);
    }
    for (url, start) in [(LinkUrl::Relative, "/connect?"), (LinkUrl::Empty, "")] {
        let kit = Kit::new(|b| b.link.url = url).await;
        let link = kit.integrate(&kit.token().await, r#"{"agencyId":"a"}"#).await.json();
        assert!(link["url"].as_str().unwrap().starts_with(start));
        assert_eq!(link["url"] == "", url == LinkUrl::Empty);
    }
}
