//! Load: true latency at a rate that is kept.
#![allow(missing_docs, dead_code)]

mod action;
mod breakpoint;
mod calibrate;
mod engine;
mod measure;

pub(crate) use measure::killed;

use crate::schedule::{Arrivals, Segment, Shard, Walk};
use std::{sync::Arc, time::Duration};

struct Sum(engine::Figures);
impl engine::Watch for Sum {
    fn begun(&mut self, _: jiff::Timestamp) {}
    fn second(&mut self, second: engine::Second, _: &[Arc<engine::Group>]) -> engine::Next {
        for lap in second.laps {
            if lap.step == Some(0) {
                self.0.add(&lap.figures);
            }
        }
        engine::Next::Go
    }
}

pub async fn bench(addr: std::net::SocketAddr, users: usize, rate: f64, seconds: u64) {
    let segment = |level| Segment { duration: Duration::from_secs(seconds), from: level, to: level, stage: 0 };
    let pool = if rate > 0.0 {
        engine::Pool::open(Walk::new([segment(rate)], Arrivals::Even, Shard::WHOLE))
    } else {
        engine::Pool::closed(vec![segment(users as f64)])
    };
    let destination =
        Arc::new(engine::Destination { addresses: vec![addr], tls: None, connect_within: Duration::from_secs(5) });
    let push = action::Push {
        destination: destination.clone(),
        uri: "/listings".parse().unwrap(),
        host: addr.to_string().parse().unwrap(),
        keys: vec!["Bearer abc".parse().unwrap()],
        body: bytes::Bytes::from(vec![b'x'; 1500]),
    };
    let group = Arc::new(engine::Group {
        name: "push".into(),
        flow: vec![Box::new(push)],
        users,
        pool,
        meter: engine::Meter::new(1),
        destination,
        within: Duration::from_secs(30),
        expect: engine::Expect::default(),
    });
    let load = engine::Load {
        base_url: format!("http://{addr}"),
        groups: vec![group],
        drain: Duration::from_secs(30),
        dashboard: None,
    };
    let mut sum = Sum(engine::Figures::default());
    let (_keep, never) = tokio::sync::watch::channel(false);
    let ended = engine::run(&load, &mut sum, never).await.unwrap();
    let total = sum.0;
    let p = |h: &hdrhistogram::Histogram<u64>| {
        format!(
            "p50 {} p90 {} p95 {} p99 {} max {}",
            h.value_at_quantile(0.5),
            h.value_at_quantile(0.9),
            h.value_at_quantile(0.95),
            h.value_at_quantile(0.99),
            h.max()
        )
    };
    println!(
        "{ended:?} {:?}\nresponse {}\nservice {}\nlateness {}",
        total.counts,
        p(&total.response),
        p(&total.service),
        p(&total.lateness)
    );
}

pub struct LoadPlan {
    pub scenarios: Vec<PlannedLoad>,
}

pub struct PlannedLoad {
    pub scenario: crate::scenario::load::LoadScenario,
}

pub fn plan(
    files: &[(String, crate::syntax::Source)],
    settings: &crate::plan::Settings,
    terms: &crate::judge::Terms,
) -> Result<LoadPlan, Vec<crate::syntax::Mistake>> {
    let (mut scenarios, mut mistakes) = (Vec::new(), Vec::new());
    for (path, source) in files {
        match crate::plan::load(path, source, settings, terms) {
            Ok(scenario) => scenarios.push(PlannedLoad { scenario }),
            Err(found) => mistakes.extend(found),
        }
    }
    if mistakes.is_empty() { Ok(LoadPlan { scenarios }) } else { Err(mistakes) }
}

pub struct Options {
    pub seed: u64,
    pub max_requests: Option<u64>,
    pub max_rate: Option<f64>,
    pub dashboard: Option<std::net::SocketAddr>,
    pub retry_invalid: u32,
    pub metrics: Option<std::net::SocketAddr>,
    pub strict: bool,
}

pub async fn run(
    session: crate::run::Session,
    aim: crate::run::Aim<'_>,
    _plan: LoadPlan,
    _options: Options,
    progress: &dyn crate::run::Progress,
    mut interrupted: tokio::sync::watch::Receiver<bool>,
) -> Result<crate::report::Report, crate::run::RunError> {
    let _ = (session, progress);
    progress.phase(&format!("stub at {}", aim.target.base_url));
    let _ = interrupted.wait_for(|interrupted| *interrupted).await;
    Err(crate::run::RunError::Report("the stub ends".into()))
}
