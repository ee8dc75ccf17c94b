use proptest::prelude::*;

use super::*;
use crate::{
    load::engine::{Destination, Expect, Health, Meter, Pool, UnderWay},
    schedule::{Arrivals, Shard, Walk},
};

fn plan(from: f64, to: f64, factor: f64, precision: f64) -> Breakpoint {
    Breakpoint { from, to, each: Duration::from_secs(5), factor, precision }
}

/// Searches a target that is asked through a closure; gives what was found and all rates that were tried.
fn searched(plan: &Breakpoint, mut holds: impl FnMut(f64) -> bool) -> (Found, Vec<f64>) {
    let mut search = Search::new(plan);
    let mut rates = Vec::new();
    loop {
        rates.push(search.rate());
        assert!(rates.len() < 5000, "it ends");
        if let Step::Found(found) = search.told(holds(search.rate())) {
            return (found, rates);
        }
    }
}

#[test]
fn it_grows_while_the_target_holds_and_then_halves_the_distance() {
    let (found, rates) = searched(&plan(100.0, 1000.0, 2.0, 0.1), |rate| rate <= 500.0);
    let rates: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
    assert_eq!(rates.join(" "), "100 200 400 800 800 566 566 476 519 519");
    let Found { holds: Some(holds), breaks: Some(breaks) } = found else { panic!("{found:?}") };
    assert_eq!((holds.round(), breaks.round()), (476.0, 519.0));
}

#[test]
fn a_rate_that_breaks_once_and_then_holds_counts_as_holding() {
    let mut search = Search::new(&plan(100.0, 400.0, 2.0, 0.1));
    assert_eq!(search.told(false), Step::Try(100.0));
    assert_eq!(search.told(true), Step::Try(200.0));
    assert_eq!(search.told(false), Step::Try(200.0));
    assert_eq!(search.told(true), Step::Try(400.0));
    assert_eq!(search.told(true), Step::Found(Found { holds: Some(400.0), breaks: None }));
}

#[test]
fn a_target_that_never_holds_is_told_from_one_that_always_does() {
    let wide = plan(10.0, 1000.0, 3.0, 0.05);
    assert_eq!(searched(&wide, |_| false).0, Found { holds: None, breaks: Some(10.0) });
    assert_eq!(searched(&wide, |_| true).0, Found { holds: Some(1000.0), breaks: None });
}

fn count(rates: &[f64]) -> f64 {
    u32::try_from(rates.len()).map_or(f64::INFINITY, f64::from)
}

/// The most steps that a plan can take: each rate twice.
fn most(plan: &Breakpoint) -> f64 {
    let growing = (plan.to / plan.from).ln() / plan.factor.ln() + 2.0;
    let halving = (plan.factor.ln() / -(1.0 - plan.precision).ln()).log2().max(0.0) + 2.0;
    2.0 * (growing + halving)
}

fn any_plan() -> impl Strategy<Value = Breakpoint> {
    (0.1_f64..1e4, 1.001_f64..1e4, 1.01_f64..10.0, 0.001_f64..0.99)
        .prop_map(|(from, by, factor, precision)| plan(from, from * by, factor, precision))
}

proptest! {
    #[test]
    fn a_steady_target_is_found_as_precisely_as_was_asked(plan in any_plan(), at in 0.0_f64..1.1) {
        let limit = plan.from + (plan.to - plan.from) * at;
        let (found, rates) = searched(&plan, |rate| rate <= limit);
        if let Some(holds) = found.holds {
            prop_assert!(holds <= limit);
            prop_assert!(found.breaks.is_some_and(|breaks| limit < breaks && breaks - holds <= plan.precision * breaks)
                || (found.breaks.is_none() && holds >= plan.to));
        } else {
            prop_assert!(limit < plan.from);
        }
        prop_assert!(count(&rates) <= most(&plan), "{} steps of {}", rates.len(), most(&plan));
    }

    #[test]
    fn an_unsteady_target_ends_the_search_too_and_is_never_driven_out_of_bounds(
        plan in any_plan(),
        answers in proptest::collection::vec(any::<bool>(), 1..500),
    ) {
        let mut answers = answers.into_iter().cycle();
        let (found, rates) = searched(&plan, |_| answers.next().unwrap_or_default());
        prop_assert!(rates.iter().all(|rate| *rate >= plan.from && *rate <= plan.to));
        prop_assert!(found.holds < found.breaks.or(Some(f64::INFINITY)));
        prop_assert!(count(&rates) <= most(&plan), "{} steps of {}", rates.len(), most(&plan));
    }
}

/// Counts what it is handed.
#[derive(Default)]
struct Handed(Vec<Second>);

impl Watch for Handed {
    fn begun(&mut self, _: Timestamp) {}

    fn second(&mut self, second: Second, _: &[Arc<Group>]) -> Next {
        self.0.push(second);
        Next::Go
    }
}

fn group() -> Arc<Group> {
    let destination = Arc::new(Destination { addresses: Vec::new(), tls: None, connect_within: Duration::ZERO });
    Arc::new(Group {
        name: "mine".to_owned(),
        flow: Vec::new(),
        users: 1,
        pool: Pool::open(Walk::new([], Arrivals::Even, Shard::WHOLE)),
        meter: Meter::new(1),
        destination,
        within: Duration::ZERO,
        expect: Expect::default(),
        patience: None,
        under_way: UnderWay::default(),
    })
}

/// Plays seconds until the schedule ends: users send what is due up to a capacity per second, first come first served.
fn played(
    plan: &Breakpoint,
    capacity: usize,
    judge: impl FnMut(&[Second]) -> Option<bool> + Send,
) -> (Option<Found>, Vec<Tried>, Handed) {
    let groups = [group(), group()];
    let mut seeker = Seeker::new(plan, 3, &groups, vec![0.75, 0.25], Handed::default(), judge);
    let mut now = Duration::ZERO;
    while groups.iter().any(|group| now < group.pool.end()) {
        let from = now;
        now += Duration::from_secs(1);
        for (group, share) in groups.iter().zip([3, 1]) {
            for _ in 0..capacity * share / 4 {
                match group.pool.draw(0, now) {
                    Some(ticket) if ticket.due < now => group.pool.used(),
                    Some(later) => {
                        group.pool.give_back(later);
                        break;
                    }
                    None => break,
                }
            }
        }
        let second = Second { from, to: now, laps: Vec::new(), health: Health::default() };
        assert!(matches!(seeker.second(second, &groups), Next::Go));
    }
    let (handed, found, tried) = seeker.close();
    (found, tried, handed)
}

#[test]
fn steps_follow_each_other_with_rests_and_what_is_not_sent_breaks() {
    let (found, tried, handed) = played(&plan(100.0, 1000.0, 2.0, 0.3), 500, |_| Some(true));
    let found = found.expect("it ends");
    assert_eq!(found.holds, Some(400.0));
    assert_eq!(found.breaks.map(f64::round), Some(566.0));
    let told: Vec<_> = tried.iter().map(|step| (format!("{:.0}", step.rate), step.from.as_secs(), step.held)).collect();
    let (yes, no) = (Some(true), Some(false));
    let want =
        [(100, 0, yes), (200, 8, yes), (400, 16, yes), (800, 24, no), (800, 32, no), (566, 40, no), (566, 48, no)];
    let want = want.map(|(rate, from, held)| (rate.to_string(), from, held));
    assert_eq!(told, want);
    assert!(tried[3].unsent > 500, "{:?}", tried[3]);
    assert_eq!((tried[2].unsent, handed.0.len()), (0, 56));
}

#[test]
fn a_step_that_cannot_be_judged_does_not_hold() {
    let mut seconds = Vec::new();
    let (found, tried, _) = played(&plan(10.0, 1000.0, 2.0, 0.3), 5000, |step| {
        seconds.push(step.iter().map(|second| second.to.as_secs()).collect::<Vec<u64>>());
        None
    });
    assert_eq!(found, Some(Found { holds: None, breaks: Some(10.0) }));
    assert_eq!(tried.iter().map(|step| step.held).collect::<Vec<_>>(), [None, None]);
    assert_eq!(
        seconds,
        [vec![1, 2, 3, 4, 5, 6], vec![7, 8, 9, 10, 11, 12, 13, 14]],
        "with its rest, and the one before"
    );
}
