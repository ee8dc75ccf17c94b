//! From the report of a run to what is compared of it.

use std::collections::BTreeMap;

use super::{
    figure::{Better, Figure, Scale},
    run::RunFigures,
};
use crate::report::{
    Report,
    load::{LoadResult, Pace, Timing, Total},
};

/// A percentile needs so many samples beyond it before it is one.
const BEYOND: f64 = 10.0;

impl RunFigures {
    /// What is compared of a run. `name` is what a reader calls it.
    #[must_use]
    pub fn of(name: &str, report: &Report) -> Self {
        let mut run = Self { name: name.to_owned(), unusable: unusable(report), ..Self::default() };
        let each = |what: fn(&LoadResult) -> String| -> String {
            let all: Vec<String> = report.load.iter().map(what).collect();
            all.join("; ")
        };
        run.traits
            .insert("plan", each(|load| format!("{} {}", load.scenario, load.plan.get(..12).unwrap_or(&load.plan))));
        run.traits.insert("target", format!("`{}` at {}", report.run.target, place(&report.run.base_url)));
        let mut machines: Vec<String> = report.load.iter().map(machine).collect();
        machines.dedup();
        run.traits.insert("machine class", machines.join("; "));
        for load in &report.load {
            let own = load.scenario.rsplit('/').next().unwrap_or_default();
            let lead = if report.load.len() > 1 { format!("{own}: ") } else { String::new() };
            for group in &load.groups {
                for step in &group.steps {
                    let path = format!("{lead}{}.{}", group.name, step.name);
                    figures(&path, group.pace, &step.totals.holds, &mut run.figures);
                }
            }
        }
        run
    }
}

/// Why a run tells nothing of the target, or not what the others tell.
fn unusable(report: &Report) -> Option<String> {
    if report.load.is_empty() {
        return Some("it is no load run".to_owned());
    }
    report.load.iter().find_map(|load| {
        let invalid = || load.validity.causes.first().map_or("its figures are not the target's", |cause| &cause.what);
        match &load.stopped {
            Some(why) => Some(format!("{} ended early: {why}", load.scenario)),
            None => (!load.validity.valid).then(|| format!("{} is invalid: {}", load.scenario, invalid())),
        }
    })
}

/// Where a target is, without the port of a server on this machine, which is another each time.
fn place(base_url: &str) -> String {
    match url::Url::parse(base_url) {
        Ok(url) if url.host_str().is_some_and(|host| matches!(host, "127.0.0.1" | "[::1]" | "localhost")) => {
            "this machine".to_owned()
        }
        _ => base_url.to_owned(),
    }
}

fn machine(load: &LoadResult) -> String {
    let machine = &load.machine;
    let cpu = if machine.cpu.is_empty() { String::new() } else { format!(" of {}", machine.cpu) };
    format!("{}, {} cores{cpu}", machine.os, machine.cores)
}

fn figures(path: &str, pace: Pace, total: &Total, figures: &mut BTreeMap<Figure, f64>) {
    let mut put = |name: &str, scale, better, value| {
        figures.insert(Figure { name: format!("{path}.{name}"), scale, better }, value);
    };
    for (name, value) in times(&total.response) {
        put(name, Scale::Ratio, Better::Less, value);
    }
    // Users who each begin anew when they are done are never late, so that both times are one.
    if pace == Pace::Open {
        for (name, value) in times(&total.service) {
            put(&format!("service.{name}"), Scale::Ratio, Better::Less, value);
        }
    }
    put("rate", Scale::Ratio, Better::More, total.counts.rate);
    if total.counts.ended > 0 {
        put("error_rate", Scale::Points, Better::Less, number(total.counts.errors) / number(total.counts.ended));
    }
}

/// The statistics that rest on enough.
fn times(timing: &Timing) -> impl Iterator<Item = (&'static str, f64)> {
    let n = number(timing.n);
    let rows =
        [("mean", 0.5, timing.mean), ("p50", 0.5, timing.p50), ("p95", 0.05, timing.p95), ("p99", 0.01, timing.p99)];
    rows.into_iter().filter(move |(_, beyond, _)| n * beyond >= BEYOND).map(|(name, _, value)| (name, value))
}

#[expect(clippy::cast_precision_loss, reason = "shares and rates need no more digits")]
fn number(count: u64) -> f64 {
    count as f64
}
