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

/// Of so many pairs of sets the share, in per cent, of which some figure is told to be worse.
fn told_worse(runs: usize, nature: Nature, factor: f64, pairs: u32) -> f64 {
    let mut random = StdRng::seed_from_u64(7);
    let mut set = |factor| -> Vec<RunFigures> { (0..runs).map(|_| run(&mut random, nature, factor)).collect() };
    let worse = (0..pairs).filter(|_| compare(&set(1.0), &set(factor)).worse().next().is_some()).count();
    100.0 * f64::from(u32::try_from(worse).unwrap()) / f64::from(pairs)
}

#[test]
#[ignore = "a table for people, of some seconds"]
fn table() {
    for runs in [3, 5, 7, 8, 10] {
        for disturbed in [0.0, 0.05, 0.1] {
            let mut line = format!("{runs:>2} runs, {disturbed:.2} disturbed:");
            for noise in [0.01, 0.02, 0.03, 0.04, 0.05] {
                let nature = Nature { noise, disturbed };
                let (alarms, found) = (told_worse(runs, nature, 1.0, 1000), told_worse(runs, nature, 1.1, 300));
                line += &format!("  {:.0} %: {alarms:.1}/{found:.0}", noise * 100.0);
            }
            eprintln!("{line}");
        }
    }
}
