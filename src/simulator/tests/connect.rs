use std::time::Duration;

use super::kit::{ACCOUNTS, Kit, PASSWORD, Visitor};
use crate::simulator::behaviour::{Moment, Registration};

#[tokio::test]
async fn an_agency_logs_in_and_agrees() {
    let kit = Kit::new(|_| {}).await;
    let link = kit.link(&kit.token().await, "agency <1>").await;
    let mut visitor = Visitor::new(&kit);
    let page = visitor.get(&link).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    assert!(page.header("set-cookie").contains("HttpOnly"));
    let page = visitor.fill(&page, &[("email", "no address")]).await;
    assert!(page.body.contains("role=\"alert\""));
    let page = visitor.fill(&page, &[("email", ACCOUNTS[0])]).await;
    let page = visitor.fill(&page, &[("password", "wrong")]).await;
    assert!(page.body.contains("wrong") && page.body.contains(ACCOUNTS[0]), "{page:?}");
    let page = visitor.fill(&page, &[("password", PASSWORD)]).await;
    assert!(page.body.contains("crm-one"), "{page:?}");
    assert!(kit.sink.is_quiet().await);
    let page = visitor.press(&page, "maybe").await;
    assert_eq!(page.status, 400);
    let page = visitor.get(&link).await;
    assert!(page.body.contains("Decline"), "somebody logged in is asked at once");
    let page = visitor.press(&page, "agree").await;
    assert_eq!(page.status, 200);
    assert_eq!(kit.sink.next().await.agency(), "agency <1>");
}

#[tokio::test]
async fn an_agency_registers_and_agrees() {
    let kit = Kit::new(|_| {}).await;
    let link = kit.link(&kit.token().await, "a").await;
    let mut visitor = Visitor::new(&kit);
    let mut page = visitor.get(&link.replace("/connect?", "/connect/register?")).await;
    let right = [("agency_name", "New <b>Homes</b>"), ("email", "new@homes.example"), ("password", "long enough")];
    for (name, wrong) in [("agency_name", " "), ("email", "none"), ("email", ACCOUNTS[1]), ("password", "short")] {
        let fields = right.map(|(field, value)| (field, if field == name { wrong } else { value }));
        page = visitor.fill(&page, &fields).await;
        assert!(page.body.contains("role=\"alert\"") && !page.body.contains("<b>"), "{page:?}");
    }
    page = visitor.fill(&page, &right).await;
    assert_eq!(visitor.press(&page, "agree").await.status, 200);
    let key = kit.sink.next().await.key();
    let account = kit.listing(reqwest::Method::GET, "/account", &key, "").await.json();
    assert_eq!(account["email"], "new@homes.example");
    assert_eq!((&account["account"], &account["agencyId"]), (&"New <b>Homes</b>".into(), &"a".into()));
}

#[tokio::test]
async fn a_page_of_few_requests_registers_at_the_link_and_asks_at_once() {
    let kit = Kit::new(|b| b.page.brief = true).await;
    let token = kit.token().await;
    let mut visitor = Visitor::new(&kit);
    let page = visitor.get(&kit.link(&token, "a").await).await;
    let fields = [("agency_name", "New Homes"), ("email", "new@homes.example"), ("password", "long enough")];
    let page = visitor.fill(&page, &fields).await;
    assert_eq!(page.status, 200, "no redirect");
    visitor.press(&page, "agree").await;
    assert_eq!(kit.sink.next().await.agency(), "a");
    let mut visitor = Visitor::new(&kit);
    let page = visitor.log_in(&kit.link(&token, "b").await, ACCOUNTS[0]).await;
    visitor.press(&page, "agree").await;
    assert_eq!(kit.sink.next().await.agency(), "b", "and one may log in instead");
}

#[tokio::test]
async fn a_changed_or_old_link_leads_nowhere() {
    let kit = Kit::new(|_| {}).await;
    let link = kit.link(&kit.token().await, "agency").await;
    let mut visitor = Visitor::new(&kit);
    let consent = visitor.log_in(&link, ACCOUNTS[0]).await;
    for (part, other) in [
        ("agencyId=agency", "agencyId=other"),
        ("client=crm-one", "client=crm-two"),
        ("nonce=", "nonce=x"),
        ("expires=1", "expires=2"),
    ] {
        let changed = link.replace(part, other);
        assert_ne!(changed, link);
        assert_eq!(Visitor::new(&kit).get(&changed).await.status, 403, "{part}");
        assert_eq!(visitor.get(&changed).await.status, 403, "{part}, logged in");
    }
    let forged = super::kit::Answer { body: consent.body.replace("agencyId=agency", "agencyId=other"), ..consent };
    assert_eq!(visitor.press(&forged, "agree").await.status, 403, "what is agreed to is checked again");
    kit.advance(Duration::from_hours(24)).await;
    assert_eq!(visitor.get(&link).await.status, 403);
    assert!(kit.sink.is_quiet().await);
}

#[tokio::test]
async fn a_form_is_taken_from_its_own_session_alone() {
    let kit = Kit::new(|_| {}).await;
    let link = kit.link(&kit.token().await, "a").await;
    let mut victim = Visitor::new(&kit);
    let page = victim.log_in(&link, ACCOUNTS[0]).await;
    let mut stranger = Visitor::new(&kit);
    stranger.get(&link).await;
    assert_eq!(stranger.press(&page, "agree").await.status, 403);
    let mut guest = Visitor::new(&kit);
    let page = guest.get(&link).await;
    let page = super::kit::Answer { body: page.body.replace("email?", "decide?"), ..page };
    let page = guest.press(&page, "agree").await;
    assert!(page.body.contains("Log in"), "who is not logged in is asked to: {page:?}");
    assert!(kit.sink.is_quiet().await);
}

#[tokio::test]
async fn declining_or_leaving_delivers_nothing() {
    let kit = Kit::new(|_| {}).await;
    let token = kit.token().await;
    let mut visitor = Visitor::new(&kit);
    let page = visitor.log_in(&kit.link(&token, "declines").await, ACCOUNTS[0]).await;
    assert_eq!(visitor.press(&page, "decline").await.status, 200);
    visitor.get(&kit.link(&token, "leaves").await).await;
    kit.advance(Duration::from_hours(1)).await;
    assert_eq!(kit.connect("agrees", 0).await.agency(), "agrees");
    assert!(kit.sink.is_quiet().await);
}

#[tokio::test]
async fn a_link_is_checked_late_or_used_once_where_it_is() {
    let kit = Kit::new(|b| {
        b.link.checked_at_open = false;
        b.link.single_use = true;
    })
    .await;
    let link = kit.link(&kit.token().await, "agency").await;
    let changed = link.replace("agencyId=agency", "agencyId=other");
    let mut visitor = Visitor::new(&kit);
    assert_eq!(visitor.get(&changed).await.status, 200);
    assert_eq!(visitor.log_in(&changed, ACCOUNTS[0]).await.status, 403);
    let page = visitor.get(&link).await;
    assert_eq!(visitor.press(&page, "agree").await.status, 200);
    assert_eq!(visitor.get(&link).await.status, 403);
    assert_eq!(kit.sink.next().await.agency(), "agency");
}

#[tokio::test]
async fn moments_that_deliver_too_early_do_so_once() {
    for (moment, logs_in) in [(Moment::Opened, false), (Moment::Asked, true)] {
        let kit = Kit::new(|b| {
            b.page.delivers_on = match moment {
                Moment::Opened => &[Moment::Opened],
                _ => &[Moment::Asked],
            };
        })
        .await;
        let link = kit.link(&kit.token().await, "a").await;
        let mut visitor = Visitor::new(&kit);
        visitor.get(&link).await;
        if logs_in {
            assert!(kit.sink.is_quiet().await);
            visitor.log_in(&link, ACCOUNTS[0]).await;
        }
        assert_eq!(kit.sink.next().await.agency(), "a");
        visitor.get(&link).await;
        kit.advance(Duration::from_hours(1)).await;
        assert!(kit.sink.is_quiet().await, "{moment:?}");
    }
}

#[tokio::test]
async fn agreements_are_forgotten_where_they_are() {
    let kit = Kit::new(|b| {
        b.page.forgets_one_in = Some(2);
        b.page.registration = Registration::Forgotten;
    })
    .await;
    let token = kit.token().await;
    let mut visitor = Visitor::new(&kit);
    let mut page = visitor.get(&kit.link(&token, "new").await.replace("/connect?", "/connect/register?")).await;
    page = visitor.fill(&page, &[("agency_name", "N"), ("email", "n@n.example"), ("password", "long enough")]).await;
    visitor.press(&page, "agree").await;
    for agency in ["first", "second", "third"] {
        let mut visitor = Visitor::new(&kit);
        page = visitor.log_in(&kit.link(&token, agency).await, ACCOUNTS[0]).await;
        visitor.press(&page, "agree").await;
    }
    let agencies = [kit.sink.next().await.agency(), kit.sink.next().await.agency()];
    assert!(agencies.contains(&"first".into()) && agencies.contains(&"third".into()), "{agencies:?}");
    kit.advance(Duration::from_hours(1)).await;
    assert!(kit.sink.is_quiet().await);
}
