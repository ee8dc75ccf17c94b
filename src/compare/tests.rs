//! The calibration: how often equal runs raise an alarm, and how often slower ones are found.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::*;

/// The times of one step, with how much each varies of itself beside what the whole run varies by.
const TIMES: [(&str, f64); 8] = [
    ("mean", 0.4),
    ("p50", 0.4),
    ("p95", 0.7),
    ("p99", 1.2),
    ("service.mean", 0.4),
    ("service.p50", 0.4),
    ("service.p95", 0.7),
    ("service.p99", 1.2),
];

/// What runs are like: how much they vary, and how often something else disturbs one.
#[derive(Clone, Copy)]
struct Nature {
    noise: f64,
    disturbed: f64,
}

fn normal(random: &mut StdRng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

fn figure(name: &str, scale: Scale, better: Better) -> Figure {
    Figure { name: format!("push.push_listing.{name}"), scale, better }
}

/// A run whose service takes `factor` times as long as it is.
fn run(random: &mut StdRng, nature: Nature, factor: f64) -> RunFigures {
    let disturbance = if random.random::<f64>() < nature.disturbed { random.random_range(0.1..0.5) } else { 0.0 };
    let common = 0.8 * nature.noise * normal(random) + disturbance;
    let mut figures = BTreeMap::new();
    for (name, own) in TIMES {
        let noise = common + own * nature.noise * normal(random);
        figures.insert(figure(name, Scale::Ratio, Better::Less), 5.0 * factor * noise.exp());
    }
    figures.insert(figure("rate", Scale::Ratio, Better::More), 500.0 * (0.001 * normal(random)).exp());
    figures.insert(figure("error_rate", Scale::Points, Better::Less), 0.0);
    RunFigures { figures, ..RunFigures::default() }
}

/// Of so many pairs of sets the share, in per cent, of which some figure is told to be worse. What the runs are like is
/// another for each pair: their noise goes from the least to the most.
fn told_worse(runs: usize, noise: [f64; 2], factor: f64, pairs: u32) -> f64 {
    let mut random = StdRng::seed_from_u64(7);
    let worse = (0..pairs).filter(|_| {
        let nature = Nature { noise: random.random_range(noise[0]..=noise[1]), disturbed: 0.05 };
        let mut set = |factor| -> Vec<RunFigures> { (0..runs).map(|_| run(&mut random, nature, factor)).collect() };
        compare(&set(1.0), &set(factor)).worse().next().is_some()
    });
    100.0 * f64::from(u32::try_from(worse.count()).unwrap()) / f64::from(pairs)
}

#[test]
fn equal_runs_raise_no_alarm_and_slower_ones_are_found() {
    for (runs, noise) in [(RECOMMENDED_RUNS, [0.01, 0.05]), (5, [0.01, 0.02])] {
        let (alarms, found) = (told_worse(runs, noise, 1.0, 2000), told_worse(runs, noise, 1.1, 500));
        assert!(alarms <= 1.0, "{runs} runs raise an alarm in {alarms} of 100 cases");
        assert!(found >= 95.0, "{runs} runs find {found} of 100");
    }
}

/// Sets of five runs of one figure.
fn sets(scale: Scale, better: Better, base: [f64; 5], new: [f64; 5]) -> String {
    let set = |values: [f64; 5]| -> Vec<RunFigures> {
        let runs = values.into_iter();
        runs.map(|value| RunFigures { figures: [(figure("x", scale, better), value)].into(), ..RunFigures::default() })
            .collect()
    };
    compare(&set(base), &set(new)).figures[0].words.clone()
}

#[test]
fn answers_are_told_as_people_say_them() {
    const BASE: [f64; 5] = [10.0, 10.1, 10.2, 10.0, 9.9];
    let times = |new| sets(Scale::Ratio, Better::Less, BASE, new);
    insta::assert_snapshot!(times(BASE.map(|value| value * 1.12)), @"slower by 12 % (6.7 to 18)");
    insta::assert_snapshot!(times(BASE.map(|value| value * 0.8)), @"faster by 20 % (16 to 24)");
    insta::assert_snapshot!(times(BASE), @"same (-4.7 to 4.9 %)");
    insta::assert_snapshot!(times([8.0, 14.0, 11.0, 9.0, 12.0]), @"cannot tell: runs vary by 17 %; more than 60 would be needed");
    insta::assert_snapshot!(times([1.0, 140.0, 11.0, 900.0, 12.0]), @"cannot tell: runs vary by 462 %; more than 60 would be needed");
    insta::assert_snapshot!(times([10.0, 10.0, 0.0, 10.0, 10.0]), @"cannot tell: a run has no such value");
    insta::assert_snapshot!(sets(Scale::Ratio, Better::More, BASE, BASE.map(|value| value * 0.8)), @"lower by 20 % (16 to 24)");
    insta::assert_snapshot!(sets(Scale::Ratio, Better::More, BASE, BASE.map(|value| value * 1.3)), @"higher by 30 % (24 to 36)");
    let shares = |new| sets(Scale::Points, Better::Less, [0.0; 5], new);
    insta::assert_snapshot!(shares([0.02, 0.021, 0.019, 0.02, 0.018]), @"more by 2 points (1.8 to 2.2)");
    insta::assert_snapshot!(shares([0.0; 5]), @"same (-0.1 to 0.1 points)");
}

#[test]
fn two_runs_tell_nothing_whatever_they_say() {
    let run = |value| RunFigures {
        figures: [(figure("x", Scale::Ratio, Better::Less), value)].into(),
        ..RunFigures::default()
    };
    let compared = compare(&[run(1.0), run(1.0)], &[run(9.0), run(9.0)]);
    assert!(!compared.tells_something());
    assert_eq!(compared.runs_needed(), Some(RECOMMENDED_RUNS));
    insta::assert_snapshot!(compared.figures[0].words, @"cannot tell: at least 3 runs on each side, better 10");
}

#[test]
fn runs_of_another_kind_are_refused_by_what_differs() {
    let run = |name: &str, plan: &str| RunFigures {
        name: name.to_owned(),
        traits: [("plan", plan.to_owned()), ("machine class", "m".to_owned())].into(),
        ..RunFigures::default()
    };
    let (one, two, other) = (run("one", "a"), run("two", "a"), run("other", "b"));
    assert_eq!(mismatches([&one, &two]), []);
    let found = mismatches([&one, &two, &other]);
    assert_eq!(found.len(), 1);
    insta::assert_snapshot!(found[0], @"other is of another plan than one: b, and not a; compare runs of one plan alone");
}
