//! What this machine can send honestly, found in ten seconds against a server of our own on another thread.
//!
//! The server does next to nothing, so the figures are a limit: against a target on the same machine there is less left.

mod server;

use std::{fmt, io, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Uri, header};
use http_body_util::Full;
use jiff::Timestamp;
use tokio::sync::watch;

use super::engine::{
    self, Action, Call, Connections, Destination, Expect, Figures, GooseFault, Group, Keep, Load, Meter, Next, Outcome,
    Pass, Pool, Second, UnderWay, Watch,
};
use crate::schedule::{Arrivals, Segment, Shard, Walk};

/// The users that send.
const USERS: usize = 64;
/// The size of a request's body in bytes: that of a usual listing.
const BODY: usize = 1500;
/// How long as much is sent as can be.
const CLOSED: Duration = Duration::from_millis(1500);
/// The open rates that are tried, in percent of the closed one.
const SHARES: [u32; 6] = [20, 35, 50, 65, 80, 95];
/// How long each of them is held, and the rest after it.
const EACH: Duration = Duration::from_secs(1);
const REST: Duration = Duration::from_millis(200);
/// What is late by more is not honest.
const LATE: Duration = Duration::from_millis(1);

/// Why it could not be found out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CalibrateError {
    /// No server could be started on the loopback.
    #[error("cannot start a server on 127.0.0.1: {0}")]
    Server(#[from] io::Error),
    /// goose could not be started.
    #[error(transparent)]
    Goose(#[from] GooseFault),
}

/// What this machine can send.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Calibration {
    /// The highest of the rates tried that was kept: sent whole, 99 % of it within a millisecond of when it was due, in requests
    /// per second; nothing where not even the lowest was.
    pub(crate) open: Option<f64>,
    /// As much as could be sent, each user as soon as it was answered, in requests per second.
    pub(crate) closed: f64,
    /// How much later than due half of the requests, and 99 % of them, were sent at the lowest rate.
    pub(crate) lateness: (Duration, Duration),
    /// Whether the system has a timer finer than a millisecond.
    pub(crate) precise: bool,
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (half, most) = self.lateness;
        match self.open {
            Some(rate) => writeln!(f, "open:   {rate:.0} requests/s, 99 % of them less than 1 ms late")?,
            None => writeln!(f, "open:   no rate was kept; the machine is busy, or too slow")?,
        }
        writeln!(f, "closed: {:.0} requests/s with {USERS} users", self.closed)?;
        let timer = if self.precise { "a precise timer" } else { "a timer of whole milliseconds" };
        write!(f, "timer:  {} µs late at p50, {} µs at p99, by {timer}", half.as_micros(), most.as_micros())
    }
}

/// Finds out what this machine can send, in about ten seconds.
///
/// # Errors
///
/// The server or goose could not be started.
pub(crate) async fn calibrate(interrupted: watch::Receiver<bool>) -> Result<Calibration, CalibrateError> {
    let server = server::Server::start()?;
    let flat = |duration, rate, stage| Segment { duration, from: rate, to: rate, stage };
    #[expect(clippy::cast_precision_loss, reason = "it is 64")]
    let pool = Pool::closed(vec![flat(CLOSED, USERS as f64, 0)]);
    let closed = send(&server, pool, interrupted.clone()).await?;
    let closed_rate = closed.rate();
    let steps: Vec<Segment> = SHARES
        .iter()
        .enumerate()
        .flat_map(|(stage, share)| {
            [flat(EACH, closed_rate * f64::from(*share) / 100.0, stage), flat(REST, 0.0, SHARES.len())]
        })
        .collect();
    let pool = Pool::open(Walk::new(steps.clone(), Arrivals::Even, Shard::WHOLE));
    let open = send(&server, pool, interrupted).await?;
    let at = |quantile| Duration::from_micros(open.stages[0].lateness.value_at_quantile(quantile));
    Ok(Calibration {
        open: kept(&steps, &open.stages),
        closed: closed_rate,
        lateness: (at(0.5), at(0.99)),
        precise: open.precise,
    })
}

/// The highest rate that was kept, with all below it.
fn kept(steps: &[Segment], figures: &[Figures]) -> Option<f64> {
    let tried = steps.iter().filter(|step| step.from > 0.0);
    tried.zip(figures).take_while(|(step, figures)| is_kept(step, figures)).last().map(|(step, _)| step.from)
}

fn is_kept(step: &Segment, figures: &Figures) -> bool {
    let counts = &figures.counts;
    #[expect(clippy::cast_precision_loss, reason = "a second's requests are far fewer than 2^53")]
    let (done, queued) = (counts.done as f64, counts.queued as f64);
    let late = Duration::from_micros(figures.lateness.value_at_quantile(0.99));
    // This server keeps nobody waiting: where all users wait, it is the generator that does not get round to them.
    done >= 0.999 * step.arrivals().floor() && queued <= 0.001 * done && late < LATE
}

/// The figures of what was sent, by stage.
struct Sent {
    stages: Vec<Figures>,
    lasted: Duration,
    precise: bool,
}

impl Sent {
    fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a second's requests are far fewer than 2^53")]
        let done = self.stages[0].counts.done as f64;
        if self.lasted.is_zero() { 0.0 } else { done / self.lasted.as_secs_f64() }
    }
}

impl Watch for Sent {
    fn begun(&mut self, _: Timestamp) {}

    fn second(&mut self, second: Second, _: &[Arc<Group>]) -> Next {
        for lap in second.laps.into_iter().filter(|lap| lap.step.is_none()) {
            self.stages[lap.stage].add(&lap.figures);
        }
        Next::Go
    }
}

async fn send(server: &server::Server, pool: Pool, interrupted: watch::Receiver<bool>) -> Result<Sent, GooseFault> {
    let address = server.address;
    let destination =
        Arc::new(Destination { addresses: vec![address], tls: None, connect_within: Duration::from_secs(5) });
    let post = Post { destination: Arc::clone(&destination), body: Bytes::from(vec![b'x'; BODY]) };
    let group = Group {
        name: "calibrate".to_owned(),
        flow: vec![Box::new(post)],
        users: USERS,
        pool,
        meter: Meter::new(1),
        destination,
        within: Duration::from_secs(5),
        expect: Expect::default(),
        patience: None,
        under_way: UnderWay::default(),
    };
    let drain = Duration::from_secs(5);
    let load = Load { base_url: format!("http://{address}"), groups: vec![Arc::new(group)], drain, dashboard: None };
    let mut sent = Sent { stages: vec![Figures::default(); SHARES.len() + 1], lasted: Duration::ZERO, precise: false };
    let ended = engine::run(&load, &mut sent, interrupted).await?;
    (sent.lasted, sent.precise) = (ended.lasted, ended.precise);
    Ok(sent)
}

/// Sends a body of a listing's size.
struct Post {
    destination: Arc<Destination>,
    body: Bytes,
}

impl Action for Post {
    fn prepare(&self, _: &mut Pass) -> Option<Call> {
        let mut call = Request::new(Full::new(self.body.clone()));
        *call.method_mut() = http::Method::POST;
        *call.uri_mut() = Uri::from_static("/");
        call.headers_mut().insert(header::HOST, HeaderValue::from_static("127.0.0.1"));
        call.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Some(call)
    }

    fn perform<'a>(
        &'a self,
        _: &'a mut Pass,
        ready: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move { Outcome::of(&connections.send(&self.destination, ready, Keep::Nothing).await) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::engine::{Counts, Outcome, Times};

    /// The figures of a step of which so much was done, queued, and sent this late.
    fn figures(done: u64, queued: u64, late: u64) -> Figures {
        let meter = Meter::new(1);
        for number in 0..done {
            let (response, lateness) = (Duration::from_millis(1), Some(Duration::from_micros(late)));
            let times = Times { response, service: response, lateness, queued: number < queued };
            meter.record(0, None, &times, &Outcome::Done, true);
        }
        meter.take().pop().map(|(_, _, figures)| figures).unwrap_or_default()
    }

    fn steps(rates: &[f64]) -> Vec<Segment> {
        rates.iter().map(|rate| Segment { duration: EACH, from: *rate, to: *rate, stage: 0 }).collect()
    }

    #[test]
    fn the_highest_rate_counts_that_is_kept_with_all_below_it() {
        let steps = steps(&[1000.0, 0.0, 2000.0, 0.0, 3000.0]);
        let kept = |figures: [Figures; 3]| kept(&steps, &figures);
        let (low, middle, high) = (figures(1000, 0, 90), figures(2000, 2, 400), figures(3000, 0, 900));
        assert_eq!(kept([low.clone(), middle.clone(), high.clone()]), Some(3000.0));
        assert_eq!(kept([low.clone(), figures(1990, 0, 90), high.clone()]), Some(1000.0), "ten were not sent");
        assert_eq!(kept([low.clone(), figures(2000, 3, 90), high.clone()]), Some(1000.0), "three were queued");
        assert_eq!(kept([low.clone(), middle, figures(3000, 0, 1100)]), Some(2000.0), "too late");
        assert_eq!(kept([figures(1000, 0, 2000), low, high]), None);
    }

    #[test]
    fn it_reads_as_three_lines() {
        let micros = Duration::from_micros;
        let lateness = (micros(60), micros(106));
        let mut told = Calibration { open: Some(31_200.4), closed: 48_000.0, lateness, precise: true };
        insta::assert_snapshot!(told, @"
        open:   31200 requests/s, 99 % of them less than 1 ms late
        closed: 48000 requests/s with 64 users
        timer:  60 µs late at p50, 106 µs at p99, by a precise timer
        ");
        (told.open, told.precise) = (None, false);
        insta::assert_snapshot!(told, @"
        open:   no rate was kept; the machine is busy, or too slow
        closed: 48000 requests/s with 64 users
        timer:  60 µs late at p50, 106 µs at p99, by a timer of whole milliseconds
        ");
    }

    #[tokio::test]
    async fn a_machine_can_send_something() {
        let (_interrupt, never) = watch::channel(false);
        let found = tokio::time::timeout(Duration::from_mins(3), calibrate(never)).await.unwrap().unwrap();
        assert!(found.closed > 10.0, "{found}");
        assert!(found.open.is_none_or(|open| open < found.closed), "{found}");
    }

    #[test]
    fn nothing_sent_is_no_rate() {
        assert_eq!(Counts::default(), Figures::default().counts);
        let sent = Sent { stages: vec![Figures::default()], lasted: Duration::ZERO, precise: true };
        assert!(sent.rate().abs() < f64::EPSILON);
    }
}
