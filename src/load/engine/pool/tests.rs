use super::*;
use crate::schedule::{Arrivals, Shard};

fn segment(seconds: u64, from: f64, to: f64, stage: usize) -> Segment {
    Segment { duration: Duration::from_secs(seconds), from, to, stage }
}

/// Ten tickets a second for two seconds: one each 100 ms from 0.
fn open() -> Pool {
    Pool::open(Walk::new([segment(2, 10.0, 10.0, 0)], Arrivals::Even, Shard::WHOLE))
}

fn draw(pool: &Pool) -> Option<u64> {
    pool.draw(0, Duration::ZERO).map(|ticket| ticket.number)
}

#[test]
fn tickets_given_back_are_drawn_first_and_in_their_order() {
    let pool = open();
    let drawn: Vec<Ticket> = (0..4).filter_map(|_| pool.draw(0, Duration::ZERO)).collect();
    for number in [2, 0, 3] {
        pool.give_back(drawn[number]);
    }
    assert_eq!([draw(&pool), draw(&pool), draw(&pool), draw(&pool)], [Some(0), Some(2), Some(3), Some(4)]);
    assert_eq!(pool.out(), 5, "drawn and not given back");
}

#[test]
fn an_open_pool_is_done_when_all_is_drawn_and_ended() {
    let pool = open();
    assert!(!pool.is_done());
    for _ in 0..20 {
        assert!(draw(&pool).is_some());
    }
    assert_eq!((draw(&pool), pool.is_done(), pool.out()), (None, false, 20));
    (0..20).for_each(|_| pool.used());
    assert!(pool.is_done());
}

#[test]
fn to_ask_whether_it_is_done_loses_no_ticket() {
    let pool = open();
    assert!((0..3).all(|_| !pool.is_done()));
    let drawn: Vec<u64> = std::iter::from_fn(|| draw(&pool)).collect();
    assert_eq!(drawn, (0..20).collect::<Vec<u64>>());
}

#[test]
fn what_nobody_drew_in_time_is_dropped_and_counted_once() {
    let pool = open();
    let (first, second) = (pool.draw(0, Duration::ZERO), pool.draw(0, Duration::ZERO));
    pool.give_back(second.expect("20 tickets"));
    assert_eq!(first.map(|ticket| ticket.number), Some(0));
    // 1, which was given back, and 2 to 5.
    let by = Duration::from_millis(550);
    assert_eq!((pool.drop_due(by), pool.drop_due(by)), (5, 5));
    assert_eq!(draw(&pool), Some(6), "the first that is due later is not lost");
    assert_eq!(pool.drop_due(Duration::MAX), 5 + 13);
}

#[test]
fn an_extended_pool_goes_on_in_the_new_segment_and_its_stage() {
    let pool = open();
    assert_eq!(std::iter::from_fn(|| draw(&pool)).count(), 20);
    pool.extend(segment(3, 0.0, 0.0, 1));
    pool.extend(segment(1, 2.0, 2.0, 7));
    assert_eq!(pool.end(), Duration::from_secs(6));
    let next = pool.draw(0, Duration::ZERO).expect("two more");
    assert_eq!((next.number, next.due, next.stage), (20, Duration::from_secs(5), 7));
    pool.used();
    assert!(!pool.is_done());
}

#[test]
fn a_closed_pool_serves_the_users_that_are_on_duty() {
    // From no user to four within 4 s, and then two.
    let pool = Pool::closed(vec![segment(4, 0.0, 4.0, 0), segment(2, 2.0, 2.0, 1)]);
    assert!(pool.is_closed() && !open().is_closed());
    let on_duty = |milliseconds: u64| {
        let now = Duration::from_millis(milliseconds);
        let drawn: Vec<Ticket> = (0..5).filter_map(|user| pool.draw(user, now)).collect();
        assert!(drawn.iter().all(|ticket| ticket.due == now), "due at once");
        drawn.iter().map(|ticket| ticket.stage).collect::<Vec<usize>>()
    };
    assert_eq!(on_duty(0), [0; 0]);
    assert_eq!(on_duty(1), [0], "a part of a user is a user");
    assert_eq!(on_duty(2500), [0, 0, 0]);
    assert_eq!(on_duty(4000), [1, 1]);
    assert_eq!(on_duty(6000), [0; 0]);
    assert_eq!((pool.drop_due(Duration::MAX), pool.is_done()), (0, false), "six are out");
}

#[test]
fn tickets_of_a_closed_pool_have_each_a_number_of_their_own() {
    let pool = Pool::closed(vec![segment(1, 1.0, 1.0, 0)]);
    let first = pool.draw(0, Duration::ZERO).expect("on duty");
    assert_eq!(draw(&pool), Some(1));
    pool.give_back(first);
    assert_eq!(draw(&pool), Some(2));
}

#[test]
fn groups_share_a_budget_that_is_never_overdrawn_and_has_back_what_was_not_used() {
    let budget = Arc::new(Budget::new(7));
    let one = open().within(Some(Arc::clone(&budget)), 1);
    let two = open().within(Some(Arc::clone(&budget)), 2);
    let drawn = one.draw(0, Duration::ZERO).expect("7 are left");
    assert!(draw(&two).is_some() && draw(&two).is_some() && draw(&two).is_some());
    assert!(!budget.is_overdrawn());
    assert_eq!((draw(&one), budget.is_overdrawn()), (None, true));
    one.give_back(drawn);
    assert_eq!(
        (draw(&two), draw(&one), draw(&one)),
        (None, Some(0), None),
        "one is left, where a pass of two needs more"
    );
    assert_eq!(one.drop_due(Duration::MAX), 19, "what may not be sent is not lost");
}
