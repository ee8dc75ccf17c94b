use proptest::prelude::*;

use super::*;

fn segment(seconds: f64, from: f64, to: f64) -> Segment {
    Segment { duration: Duration::from_secs_f64(seconds), from, to, stage: 0 }
}

fn due(segments: &[Segment], arrivals: Arrivals) -> Vec<Duration> {
    Walk::new(segments.iter().copied(), arrivals, Shard::WHOLE).map(|ticket| ticket.due).collect()
}

fn millis(segments: &[Segment], arrivals: Arrivals) -> Vec<u128> {
    due(segments, arrivals).iter().map(Duration::as_millis).collect()
}

#[test]
fn a_constant_rate_is_a_clock() {
    assert_eq!(millis(&[segment(1.0, 5.0, 5.0)], Arrivals::Even), [0, 200, 400, 600, 800]);
}

#[test]
fn a_ramp_from_nothing_follows_the_square_root() {
    let begin = due(&[segment(10.0, 0.0, 20.0)], Arrivals::Even);
    assert_eq!(begin.len(), 100);
    for (number, due) in (0_u32..).zip(begin) {
        let exact = f64::from(number).sqrt();
        assert!((due.as_secs_f64() - exact).abs() < 1e-8, "{number}: {due:?}");
    }
}

#[test]
fn a_ramp_down_ends_when_it_ends() {
    let all = due(&[segment(10.0, 20.0, 0.0)], Arrivals::Even);
    assert_eq!((all.len(), all[99]), (100, Duration::from_secs(9)));
}

#[test]
fn a_ramp_that_is_nearly_flat_is_as_exact_as_a_flat_one() {
    let near = due(&[segment(3600.0, 1000.0, 1000.0 + 1e-11)], Arrivals::Even);
    let flat = due(&[segment(3600.0, 1000.0, 1000.0)], Arrivals::Even);
    for at in [0, 1, 999, 3_599_999] {
        assert!(near[at].abs_diff(flat[at]) <= Duration::from_nanos(1), "{at}");
    }
}

#[test]
fn nothing_is_due_while_the_rate_is_nothing() {
    let pause = [segment(1.0, 2.0, 2.0), segment(3.0, 0.0, 0.0), segment(1.0, 2.0, 2.0)];
    assert_eq!(millis(&pause, Arrivals::Even), [0, 500, 4000, 4500]);
    assert_eq!(millis(&pause[1..], Arrivals::Even), [3000, 3500]);
    for arrivals in [Arrivals::Even, Arrivals::Poisson { seed: 1 }] {
        assert!(due(&[], arrivals).is_empty() && due(&pause[1..2], arrivals).is_empty());
        assert!(due(&[segment(0.0, 9.0, 9.0), segment(5.0, f64::NAN, -3.0)], arrivals).is_empty());
    }
}

#[test]
fn a_day_at_a_million_a_second_is_exact_to_its_end() {
    let day = segment(86_400.0, 1e6, 1e6);
    let mut walk = Walk::new([day], Arrivals::Even, Shard { index: 7, of: 1_000_000_000 });
    let last = walk.by_ref().last().unwrap();
    assert_eq!(last.number, 86_000_000_007);
    assert!(last.due.abs_diff(Duration::from_micros(last.number)) <= Duration::from_nanos(1), "{last:?}");
    assert!(walk.next().is_none() && walk.end() == Duration::from_hours(24));
}

#[test]
fn no_schedule_is_too_strange() {
    for from in [0.0, 1e-300, 1e9, f64::MAX, f64::INFINITY, f64::NAN, -1.0] {
        for duration in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(1), Duration::MAX] {
            for arrivals in [Arrivals::Even, Arrivals::Poisson { seed: 3 }] {
                let strange = Segment { duration, from, to: 1e9 - from, stage: 0 };
                let walk = Walk::new([strange, strange], arrivals, Shard { index: 3, of: 0 });
                assert!(walk.take(50).all(|ticket| ticket.due <= duration.saturating_mul(2)), "{strange:?}");
            }
        }
    }
}

#[test]
fn a_seed_gives_the_same_arrivals_for_ever() {
    let first: Vec<Duration> = due(&[segment(1.0, 10.0, 10.0)], Arrivals::Poisson { seed: 42 });
    insta::assert_debug_snapshot!(first, @"
    [
        135.31106ms,
        152.735732ms,
        185.392039ms,
        227.580565ms,
        231.457784ms,
        434.126054ms,
        458.767937ms,
        620.028167ms,
        661.569263ms,
        757.929005ms,
        780.857974ms,
        848.780268ms,
        920.810755ms,
        994.210444ms,
    ]
    ");
}

#[test]
fn random_arrivals_come_to_the_rate_on_average() {
    let segments = [segment(2.0, 0.0, 30.0), segment(1.0, 0.0, 0.0), segment(3.0, 30.0, 10.0)];
    let expected: f64 = segments.iter().map(Segment::arrivals).sum();
    let counts: usize = (0..1000).map(|seed| due(&segments, Arrivals::Poisson { seed }).len()).sum();
    #[expect(clippy::cast_precision_loss, reason = "some ten thousands")]
    let mean = counts as f64 / 1000.0;
    // The count of a Poisson process varies by its mean.
    let error = (expected / 1000.0).sqrt();
    assert!((mean - expected).abs() <= 3.0 * error, "{mean} of {expected}");
}

fn any_segments() -> impl Strategy<Value = Vec<Segment>> {
    let rate = || prop_oneof![Just(0.0), 0.01_f64..300.0];
    let one = (prop_oneof![Just(0.0), 0.001_f64..4.0], rate(), rate(), any::<bool>());
    let one = one.prop_map(|(seconds, from, to, flat)| segment(seconds, from, if flat { from } else { to }));
    proptest::collection::vec(one, 0..8).prop_map(|mut all| {
        all.iter_mut().enumerate().for_each(|(at, segment)| segment.stage = at);
        all
    })
}

fn any_arrivals() -> impl Strategy<Value = Arrivals> {
    prop_oneof![Just(Arrivals::Even), any::<u64>().prop_map(|seed| Arrivals::Poisson { seed })]
}

/// The arrivals that are due until a moment, added up in small steps rather than by the formula under test.
fn until(segments: &[Segment], moment: f64) -> f64 {
    let mut begin = 0.0;
    let mut sum = 0.0;
    for segment in segments {
        let seconds = segment.duration.as_secs_f64();
        let into = (moment - begin).clamp(0.0, seconds);
        if into > 0.0 {
            let at = |t: f64| segment.from + (segment.to - segment.from) * t / seconds;
            sum += (0..10_u32).map(|step| into / 10.0 * at((f64::from(step) + 0.5) * into / 10.0)).sum::<f64>();
        }
        begin += seconds;
    }
    sum
}

proptest! {
    #[test]
    fn arrivals_never_go_back(segments in any_segments(), arrivals in any_arrivals()) {
        let walk = Walk::new(segments.clone(), arrivals, Shard::WHOLE);
        let end = walk.end();
        let all: Vec<Ticket> = walk.collect();
        prop_assert!(all.windows(2).all(|pair| pair[0].due <= pair[1].due && pair[0].stage <= pair[1].stage));
        prop_assert!(all.iter().all(|ticket| ticket.due <= end));
        for ticket in all {
            let begin: Duration = segments[..ticket.stage].iter().map(|segment| segment.duration).sum();
            prop_assert!(ticket.due >= begin && ticket.due <= begin + segments[ticket.stage].duration);
        }
    }

    #[test]
    fn between_two_moments_as_many_are_due_as_the_rate_adds_up_to(
        segments in any_segments(), one in 0.0_f64..32.0, other in 0.0_f64..32.0,
    ) {
        let (from, to) = (one.min(other), one.max(other));
        let within = |due: &&Duration| (from..=to).contains(&due.as_secs_f64());
        let all = due(&segments, Arrivals::Even);
        let count = f64::from(u32::try_from(all.iter().filter(within).count()).unwrap());
        let expected = until(&segments, to) - until(&segments, from);
        prop_assert!((count - expected).abs() <= 1.0 + 1e-6, "{} of {}", count, expected);
    }

    #[test]
    fn shards_are_the_whole(segments in any_segments(), arrivals in any_arrivals(), of in 1_u32..6) {
        let whole: Vec<Ticket> = Walk::new(segments.clone(), arrivals, Shard::WHOLE).collect();
        let shard = |index| Walk::new(segments.clone(), arrivals, Shard { index, of });
        let mut parts: Vec<Ticket> = (0..of).flat_map(shard).collect();
        parts.sort_by_key(|ticket| ticket.number);
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn a_walk_that_is_extended_is_the_walk_of_the_whole(
        segments in any_segments(), arrivals in any_arrivals(), taken in 0_usize..500,
    ) {
        let whole: Vec<Ticket> = Walk::new(segments.clone(), arrivals, Shard::WHOLE).collect();
        let mut walk = Walk::new([], arrivals, Shard::WHOLE);
        let mut grown = Vec::new();
        for segment in segments {
            walk.extend(segment);
            // Now and then it stands in the middle of one, now and then at the end.
            grown.extend(walk.by_ref().take(taken));
        }
        grown.extend(walk);
        prop_assert_eq!(grown, whole);
    }
}
