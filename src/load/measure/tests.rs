use std::{fs, sync::Arc, time::Duration};

use super::{Account, killed, read};
use crate::{
    journal::Folder,
    judge::Terms,
    load::engine::{Ended, Figures, Group, Health, Lap, Next, Second, Watch},
    plan::{self, Settings},
    report::load::{Ending, LoadResult},
    scenario::load::LoadScenario,
    syntax::Source,
    verdict::Held,
};

const TEXT: &str = "title: T\ngroups:\n\
    \x20 - { name: push, flow: [ { push_listing: {} } ], rate: 1000/s }\n\
    stages: [ { ramp: 2s }, { hold: 10s } ]\n\
    thresholds:\n";

fn scenario(thresholds: &str) -> LoadScenario {
    let text = format!("{TEXT}{thresholds}");
    let settings = Settings::new(std::collections::BTreeMap::new(), &[]).unwrap();
    plan::load("load/mine", &Source::new("mine.yaml", text), &settings, &Terms::bare()).unwrap()
}

/// One second in which each of `count` passes took so many milliseconds.
fn second(at: u64, stage: usize, ms: u64, count: u64) -> Second {
    let mut figures = Figures::default();
    figures.response.record_n(ms * 1000, count).unwrap();
    figures.service.record_n(ms * 900, count).unwrap();
    figures.lateness.record_n(60, count).unwrap();
    (figures.counts.ended, figures.counts.done) = (count, count);
    let lap = |step| Lap { group: 0, stage, step, figures: figures.clone() };
    let (cpu, starved) = (Some(Duration::from_millis(300)), Some(Duration::from_millis(20)));
    Second {
        from: Duration::from_secs(at),
        to: Duration::from_millis(at * 1000 + 1001),
        laps: vec![lap(Some(0)), lap(None)],
        health: Health { wall: Duration::from_secs(1), cpu, starved },
    }
}

fn ended(seconds: u64) -> Ended {
    Ended {
        lasted: Duration::from_secs(seconds),
        unsent: vec![0],
        unanswered: Vec::new(),
        stopped: None,
        precise: true,
    }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn begin(&self, thresholds: &str) -> Account {
        let folder = Folder::create(&self.0.path().join("run")).unwrap();
        let mut account = Account::begin(&scenario(thresholds), &folder, 1).unwrap();
        account.begun("2026-11-23T18:00:00Z".parse().unwrap());
        account
    }

    fn read(&self) -> Vec<LoadResult> {
        read(&self.0.path().join("run")).unwrap()
    }
}

const NOBODY: &[Arc<Group>] = &[];

fn whole(account: &mut Account, ms: impl Fn(u64) -> u64) -> Option<String> {
    for at in 0..12 {
        let count = if at < 2 { 250 + 500 * at } else { 1000 };
        if let Next::Stop(reason) = account.second(second(at, usize::from(at >= 2), ms(at), count), NOBODY) {
            return Some(reason);
        }
    }
    None
}

#[test]
fn the_result_is_the_sum_of_the_seconds_and_reads_back_from_the_disk() {
    let place = Place::new();
    let mut account = place.begin("  - { figure: push.p99, below: 250ms, window: 5s }\n");
    assert_eq!(whole(&mut account, |_| 40), None);
    let result = account.close(ended(12));
    let push = &result.groups[0];
    assert_eq!((push.passes.all.counts.done, push.passes.holds.counts.done), (11_000, 10_000));
    assert_eq!((push.passes.holds.counts.due_rate, push.passes.stages[0].counts.due_rate), (Some(1000.0), Some(500.0)));
    assert_eq!((push.passes.holds.seconds, push.passes.holds.counts.rate), (10.0, 1000.0));
    assert_eq!(push.steps[0].totals.holds.response.n, 10_000);
    assert!((push.passes.holds.response.p99 - 40.0).abs() <= 0.04, "{:?}", push.passes.holds.response);
    assert!(result.validity.valid, "{:?}", result.validity);
    assert_eq!(result.thresholds[0].verdict, Held::Pass, "{:?}", result.thresholds);
    assert_eq!(place.read(), [result]);
    assert_eq!(killed(&place.0.path().join("run")).unwrap(), []);
}

#[test]
fn a_load_that_was_killed_has_the_figures_of_all_whole_seconds() {
    let place = Place::new();
    let mut account = place.begin("  - { figure: push.p99, below: 250ms }\n");
    whole(&mut account, |_| 40);
    account.close(ended(12));
    let log = place.0.path().join("run/load-1.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    // First line, begin, nine seconds, and half of the tenth.
    let cut: usize = text.split_inclusive('\n').take(11).map(str::len).sum();
    fs::write(&log, &text[..cut + 20]).unwrap();
    let [result] = &place.read()[..] else { panic!("one load") };
    assert_eq!((result.ending, result.seconds), (Ending::Killed, 9.0));
    assert_eq!(result.groups[0].passes.holds.counts.done, 7000);
    assert_eq!((result.groups[0].passes.holds.counts.rate, result.groups[0].unsent), (1000.0, None));
    assert_eq!(killed(&place.0.path().join("run")).unwrap().len(), 1);
}

#[test]
fn the_interval_log_is_one_that_other_tools_read() {
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
    let place = Place::new();
    let mut account = place.begin("  []\n");
    whole(&mut account, |_| 40);
    account.close(ended(12));
    let bytes = fs::read(place.0.path().join("run/load-1.hlog")).unwrap();
    let entries: Vec<_> = IntervalLogIterator::new(&bytes).map(Result::unwrap).collect();
    assert!(matches!(entries[..2], [LogEntry::StartTime(_), LogEntry::BaseTime(_)]));
    let LogEntry::Interval(third) = &entries[4] else { panic!("an interval") };
    assert_eq!(third.tag().unwrap().as_str(), "push.push_listing.lateness");
    assert_eq!(entries.len(), 2 + 12 * 6);
}

#[test]
fn one_bad_window_misses_a_threshold_that_holds_on_the_whole() {
    let place = Place::new();
    let mut account = place.begin("  - { figure: push.p50, below: 250ms, window: 1s }\n");
    whole(&mut account, |at| if at == 7 { 600 } else { 40 });
    let result = account.close(ended(12));
    let threshold = &result.thresholds[0];
    assert_eq!(threshold.verdict, Held::Missed);
    assert_eq!(threshold.reason, "from 7 s to 8 s: 600.1 ms, must be below 250 ms");
}

#[test]
fn a_threshold_ends_the_load_once_it_may() {
    let place = Place::new();
    let mut account = place.begin("  - { figure: push.p99, below: 250ms, abort: true, abort_after: 6s }\n");
    let reason = whole(&mut account, |_| 600).unwrap();
    assert_eq!(reason, "a threshold was missed: push.p99 600.1 ms, must be below 250 ms");
    let ended = Ended { stopped: Some(reason), ..ended(6) };
    let result = account.close(ended);
    assert_eq!((result.ending, result.seconds), (Ending::Threshold, 6.0));
    assert_eq!(place.read(), [result]);
}

#[test]
fn a_generator_that_cannot_keep_up_judges_nothing() {
    for saturate in [
        (|second: &mut Second| second.health.cpu = Some(Duration::from_millis(960))) as fn(&mut Second),
        |second| second.health.starved = Some(Duration::from_millis(660)),
        |second| second.laps.iter_mut().for_each(|lap| lap.figures.lateness.record_n(26_000, 20).unwrap()),
    ] {
        let place = Place::new();
        let mut account = place.begin("  - { figure: push.p99, below: 250ms }\n");
        for at in 0..12 {
            let mut second = second(at, usize::from(at >= 2), 40, 1000);
            saturate(&mut second);
            account.second(second, NOBODY);
        }
        let result = account.close(ended(12));
        assert!(!result.validity.valid && result.validity.causes.len() == 1, "{:?}", result.validity);
        assert_eq!(result.thresholds[0].verdict, Held::Inconclusive);
        assert!(!result.validity.causes[0].cure.is_empty());
    }
}

#[test]
fn waiting_for_the_target_is_no_fault_of_the_generator_and_says_how_many_users_would_do() {
    let place = Place::new();
    let mut account = place.begin("  - { figure: push.p99, below: 250ms }\n");
    for at in 0..12 {
        let mut second = second(at, usize::from(at >= 2), 600, 1000);
        second.laps.iter_mut().for_each(|lap| lap.figures.counts.queued = 500);
        account.second(second, NOBODY);
    }
    let mut ended = ended(12);
    ended.unsent = vec![5000];
    let result = account.close(ended);
    assert!(result.validity.valid, "{:?}", result.validity);
    assert_eq!(result.thresholds[0].verdict, Held::Missed);
    assert_eq!(result.groups[0].users_enough, Some(601));
    assert!(result.notes[0].contains("601 users would have been enough"), "{:?}", result.notes);
}

#[test]
fn errors_that_no_threshold_minds_are_told() {
    let told = |thresholds: &str| {
        let place = Place::new();
        let mut account = place.begin(thresholds);
        for at in 0..12 {
            let mut second = second(at, usize::from(at >= 2), 40, 1000);
            second.laps.iter_mut().for_each(|lap| *lap.figures.counts.errors.entry("500".into()).or_default() += 10);
            account.second(second, NOBODY);
        }
        account.close(ended(12)).notes
    };
    let [note] = &told("  - { figure: push.p99, below: 250ms }\n")[..] else { panic!("one note") };
    assert!(note.contains("120 of 12000 passes ended in errors") && note.contains("push.error_rate"), "{note}");
    assert_eq!(told("  - { figure: push.push_listing.errors, below: 500 }\n"), Vec::<String>::new());
}

#[test]
fn the_plans_digest_tells_plans_apart_and_nothing_else() {
    let digest = |text: &str| {
        let settings = Settings::new(std::collections::BTreeMap::new(), &[]).unwrap();
        let read = plan::load("load/mine", &Source::new("mine.yaml", text), &settings, &Terms::bare()).unwrap();
        super::outline::Outline::of(&read).plan
    };
    let plain = TEXT.replace("thresholds:\n", "");
    assert_eq!(digest(&plain), digest(&plain.replace("title: T", "title: U")));
    for (from, to) in [("1000/s", "1001/s"), ("hold: 10s", "hold: 11s"), ("{}", "{ listing: fresh }")] {
        assert_ne!(digest(&plain), digest(&plain.replace(from, to)), "{to}");
    }
}

proptest::proptest! {
    #[test]
    fn seconds_added_up_are_the_whole(
        values in proptest::collection::vec(0_u64..10_000_000, 1..300),
        cut in 1_usize..20,
    ) {
        let figures = |values: &[u64]| {
            let mut figures = Figures::default();
            for value in values {
                figures.response.record(*value).unwrap();
                figures.counts.ended += 1;
            }
            figures
        };
        let mut sum = Figures::default();
        values.chunks(cut).for_each(|part| sum.add(&figures(part)));
        let whole = figures(&values);
        proptest::prop_assert_eq!(&sum.counts, &whole.counts);
        proptest::prop_assert!(sum.response == whole.response);
        for percent in [0.1, 50.0, 99.0, 99.9, 100.0] {
            proptest::prop_assert_eq!(
                sum.response.value_at_percentile(percent),
                whole.response.value_at_percentile(percent)
            );
        }
    }
}
