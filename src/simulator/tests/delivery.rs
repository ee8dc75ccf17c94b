use std::{collections::HashSet, time::Duration};

use futures::future::join_all;

use super::kit::{ACCOUNTS, Delivery, Kit, Reply, Visitor};
use crate::simulator::behaviour::{Change, Held, Loss, Redirects};

const HOUR: Duration = Duration::from_hours(1);

/// Agrees for an agency, and lets its retries take as long as they like.
async fn agree(kit: &Kit, agency: &str, account: usize) {
    let link = kit.link(&kit.token().await, agency).await;
    let mut visitor = Visitor::new(kit);
    let page = visitor.log_in(&link, ACCOUNTS[account]).await;
    assert_eq!(visitor.press(&page, "agree").await.status, 200);
}

/// How many attempts there are where all are answered like this.
async fn attempts(kit: &Kit, reply: Reply) -> usize {
    kit.sink.answer(move |_, _| reply.clone()).await;
    agree(kit, "a", 0).await;
    kit.advance(HOUR).await;
    let mut count = 0;
    while !kit.sink.is_quiet().await {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_delivery_is_a_post_of_key_and_agency_to_the_very_webhook() {
    let kit = Kit::new(|_| {}).await;
    let delivery = kit.connect("0042", 0).await;
    assert!(delivery.head.starts_with("POST /hooks/matchouse?tenant=crm-one HTTP/1.1\r\n"), "{delivery:?}");
    assert!(delivery.head.contains("content-type: application/json"));
    assert_eq!(delivery.agency(), "0042");
    assert!(delivery.key().len() >= 40);
    assert_eq!(kit.connect("0042", 0).await.key(), delivery.key(), "one key for an account and an agency");
    assert_ne!(kit.connect("0042", 1).await.key(), delivery.key());
    kit.advance(HOUR).await;
    assert!(kit.sink.is_quiet().await);
}

#[tokio::test]
async fn agency_ids_come_back_as_they_were_sent() {
    let kit = Kit::new(|_| {}).await;
    let (token, mut visitor) = (kit.token().await, Visitor::new(&kit));
    visitor.log_in(&kit.link(&token, "first").await, ACCOUNTS[0]).await;
    let long = "ß漢🏠".repeat(334);
    for agency in [" a b ", "é", "e\u{301}", "\"'<&>/\\?#%41+;", "007", "1e3", "null", "a\nb\u{0}", &long] {
        let page = visitor.get(&kit.link(&token, agency).await).await;
        visitor.press(&page, "agree").await;
        assert_eq!(kit.sink.next().await.agency(), agency);
    }
}

#[tokio::test]
async fn whatever_is_not_200_is_retried_three_times() {
    let kit = Kit::new(|_| {}).await;
    let elsewhere = format!("http://{}/elsewhere", kit.sink.address);
    for reply in [201, 202, 204, 302, 400, 404, 429, 500, 503].map(Reply::Status).into_iter().chain([
        Reply::Redirect(elsewhere),
        Reply::Close,
        Reply::Reset,
        Reply::Hang,
    ]) {
        assert_eq!(attempts(&kit, reply.clone()).await, 4, "{reply:?}");
    }
    assert_eq!(attempts(&kit, Reply::Status(200)).await, 1);
}

#[tokio::test]
async fn the_first_200_ends_it_and_all_attempts_are_alike() {
    let kit = Kit::new(|_| {}).await;
    for success in 2..=4 {
        let first = std::sync::atomic::AtomicUsize::new(0);
        let script = move |_: &Delivery, number: usize| {
            let _ = first.compare_exchange(
                0,
                number,
                std::sync::atomic::Ordering::SeqCst,
                std::sync::atomic::Ordering::SeqCst,
            );
            let attempt = number - first.load(std::sync::atomic::Ordering::SeqCst) + 1;
            Reply::Status(if attempt == success { 200 } else { 503 })
        };
        kit.sink.answer(script).await;
        agree(&kit, "a", 0).await;
        kit.advance(HOUR).await;
        let all = kit.sink.take(success).await;
        assert!(kit.sink.is_quiet().await);
        assert_eq!(all.iter().map(|one| one.body.as_str()).collect::<HashSet<_>>().len(), 1);
    }
}

#[tokio::test]
async fn gaps_are_counted_from_the_failure_in_real_time_too() {
    let kit = Kit::new(|b| b.retry.attempt_timeout = Duration::from_millis(300)).await;
    let begin = std::time::Instant::now();
    kit.sink.answer(|_, number| if number == 1 { Reply::Hang } else { Reply::Status(500) }).await;
    agree(&kit, "a", 0).await;
    let all = kit.sink.take(4).await;
    // The receiver may see an attempt late, and never early.
    for (one, least) in all.iter().zip([0, 300 + 100, 600, 1000]) {
        assert!(one.at.duration_since(begin) >= Duration::from_millis(least), "{one:?} {least}");
    }
}

#[tokio::test]
async fn behaviours_of_retries_do_what_they_say() {
    let kit = Kit::new(|b| b.retry.gives_up_after = vec![Loss::TimedOut, Loss::Reset]).await;
    assert_eq!(attempts(&kit, Reply::Hang).await, 1);
    assert_eq!(attempts(&kit, Reply::Reset).await, 1);
    assert_eq!(attempts(&kit, Reply::Close).await, 4);
    let kit = Kit::new(|b| b.retry.gives_up_after = vec![Loss::Closed]).await;
    assert_eq!(attempts(&kit, Reply::Close).await, 1);
    assert_eq!(attempts(&kit, Reply::Reset).await, 4);
    let kit = Kit::new(|b| {
        b.retry.success = vec![200..=299];
        b.retry.gives_up_on = vec![404..=404];
    })
    .await;
    assert_eq!(attempts(&kit, Reply::Status(204)).await, 1);
    assert_eq!(attempts(&kit, Reply::Status(404)).await, 1);
    assert_eq!(attempts(&kit, Reply::Status(410)).await, 4);
    let kit = Kit::new(|b| b.retry.deaf_attempts = vec![1, 2]).await;
    assert_eq!(attempts(&kit, Reply::Status(200)).await, 3);
    let kit = Kit::new(|b| b.delivery.repeats = vec![Duration::ZERO, HOUR]).await;
    assert_eq!(attempts(&kit, Reply::Status(200)).await, 3);
}

#[tokio::test]
async fn keys_and_agencies_change_between_attempts_where_they_do() {
    let kit = Kit::new(|b| {
        b.retry.new_key_each = true;
        b.retry.agency = Change::SwappedCase;
    })
    .await;
    kit.sink.answer(|_, _| Reply::Status(500)).await;
    agree(&kit, "Abc", 0).await;
    kit.advance(HOUR).await;
    let all = kit.sink.take(4).await;
    assert_eq!(all.iter().map(Delivery::key).collect::<HashSet<_>>().len(), 4);
    let agencies: Vec<_> = all.iter().map(Delivery::agency).collect();
    assert_eq!(agencies, ["Abc", "aBC", "aBC", "aBC"]);
    for one in &all {
        let account = kit.listing(reqwest::Method::GET, "/account", &one.key(), "").await;
        assert_eq!(account.json()["email"], ACCOUNTS[0]);
    }
}

#[tokio::test]
async fn redirects_are_followed_where_they_are() {
    for (redirects, count) in [(Redirects::Fail, 4), (Redirects::Follow, 2), (Redirects::FollowAndFail, 8)] {
        let kit = Kit::new(|b| b.retry.redirects = redirects).await;
        let elsewhere = format!("http://{}/elsewhere", kit.sink.address);
        let script = move |one: &Delivery, _: usize| {
            if one.head.starts_with("POST /elsewhere") {
                Reply::Status(200)
            } else {
                Reply::Redirect(elsewhere.clone())
            }
        };
        kit.sink.answer(script).await;
        agree(&kit, "a", 0).await;
        kit.advance(HOUR).await;
        let all = kit.sink.take(count).await;
        assert!(kit.sink.is_quiet().await, "{redirects:?}");
        assert!(all.iter().all(|one| one.body == all[0].body));
    }
}

#[tokio::test]
async fn a_hanging_agency_holds_up_nobody_unless_it_does() {
    for (held, timeout) in [(Held::Apart, 20_000), (Held::ByWorkers(1), 700), (Held::ByDeliveries, 700)] {
        let timeout = Duration::from_millis(timeout);
        let kit = Kit::new(|b| {
            b.delivery.held = held;
            b.retry.gaps.clear();
            b.retry.attempt_timeout = timeout;
        })
        .await;
        kit.sink.answer(|one, _| if one.agency() == "hangs" { Reply::Hang } else { Reply::Status(200) }).await;
        let begin = std::time::Instant::now();
        kit.connect("hangs", 0).await;
        let healthy = kit.connect("healthy", 1).await;
        assert_eq!(healthy.at.duration_since(begin) >= timeout, held != Held::Apart, "{held:?}");
    }
}

#[tokio::test]
async fn attempts_overlap_only_where_they_do() {
    for (overlapping, timeout) in [(false, 500), (true, 20_000)] {
        let timeout = Duration::from_millis(timeout);
        let kit = Kit::new(|b| {
            b.retry.overlapping = overlapping;
            b.retry.gaps.truncate(1);
            b.retry.attempt_timeout = timeout;
        })
        .await;
        kit.sink.answer(|_, _| Reply::Hang).await;
        let begin = std::time::Instant::now();
        kit.connect("a", 0).await;
        assert_eq!(kit.sink.next().await.at.duration_since(begin) < timeout, overlapping);
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_heeded_where_it_is() {
    for (heeds, minutes) in [(false, 0), (true, 1)] {
        let kit = Kit::new(|b| b.retry.heeds_retry_after = heeds).await;
        kit.sink.answer(|_, number| if number == 1 { Reply::Later(3600) } else { Reply::Status(200) }).await;
        kit.connect("a", 0).await;
        kit.advance(Duration::from_secs(40)).await;
        assert_eq!(kit.sink.is_quiet().await, heeds);
        kit.advance(Duration::from_mins(minutes)).await;
        assert_eq!(kit.sink.is_quiet().await, !heeds, "no longer than a minute");
    }
}

#[tokio::test]
async fn keys_do_not_cross_unless_they_do() {
    for crossed in [false, true] {
        let kit = Kit::new(|b| b.keys.crossed_within = crossed.then_some(Duration::from_secs(20))).await;
        join_all((0..2).map(|number| agree(&kit, ["a", "b"][number], number))).await;
        for delivery in kit.sink.take(2).await {
            let account = kit.listing(reqwest::Method::GET, "/account", &delivery.key(), "").await.json();
            assert_eq!(account["agencyId"] == delivery.agency(), !crossed);
        }
    }
}
