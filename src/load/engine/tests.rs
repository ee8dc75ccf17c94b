//! Whole runs, over goose, against a raw server on a thread of its own. What is due is exact; of times only what a busy
//! machine cannot change is asserted.

use std::{future::Future, net::SocketAddr, sync::atomic::AtomicU64, thread};

use futures::future::BoxFuture;
use http::Request;
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::schedule::{Arrivals, Segment, Shard, Walk};

const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}";

/// A server that answers at once, but for the times when it does not.
#[derive(Default)]
struct Server {
    requests: AtomicU64,
    connections: AtomicU64,
}

/// When a server does not answer, since its first request.
#[derive(Clone, Copy)]
struct Silent {
    from: Duration,
    to: Duration,
}

const NEVER: Silent = Silent { from: Duration::MAX, to: Duration::MAX };
const ALWAYS: Silent = Silent { from: Duration::ZERO, to: Duration::from_hours(1) };

impl Server {
    fn start(silent: Silent) -> (Arc<Self>, SocketAddr) {
        let server = Arc::new(Self::default());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&server);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serving.serve(listener, silent));
        });
        (server, address)
    }

    async fn serve(self: Arc<Self>, listener: std::net::TcpListener, silent: Silent) {
        let listener = TcpListener::from_std(listener).unwrap();
        let first = Arc::new(std::sync::OnceLock::new());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            self.connections.fetch_add(1, Ordering::SeqCst);
            let (server, first) = (Arc::clone(&self), Arc::clone(&first));
            tokio::spawn(async move { server.talk(stream, silent, &first).await });
        }
    }

    async fn talk(&self, mut stream: TcpStream, silent: Silent, first: &std::sync::OnceLock<Instant>) {
        let mut text = Vec::new();
        while let Ok(1..) = stream.read_buf(&mut text).await {
            if text.ends_with(b"\r\n\r\n") {
                text.clear();
                self.requests.fetch_add(1, Ordering::SeqCst);
                let since = first.get_or_init(Instant::now).elapsed();
                if since >= silent.from && since < silent.to {
                    tokio::time::sleep(silent.to.saturating_sub(since)).await;
                }
                if stream.write_all(ANSWER).await.is_err() {
                    return;
                }
            }
        }
    }
}

struct Get(Arc<Destination>);

impl Action for Get {
    fn perform<'a>(
        &'a self,
        _: &'a mut Pass,
        _: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        let call = Request::get("/").header("host", "target").body(Full::default()).unwrap();
        Box::pin(async move { Outcome::of(&connections.send(&self.0, &mut Some(call), Keep::Nothing).await) })
    }
}

fn flat(milliseconds: u64, rate: f64) -> Segment {
    Segment { duration: Duration::from_millis(milliseconds), from: rate, to: rate, stage: 0 }
}

fn walk(segment: Segment) -> Walk {
    Walk::new([segment], Arrivals::Even, Shard::WHOLE)
}

fn load(address: SocketAddr, users: usize, steps: usize, pool: Pool) -> Load {
    let addresses = vec![address];
    let destination = Arc::new(Destination { addresses, tls: None, connect_within: Duration::from_secs(20) });
    let step = |_| Box::new(Get(Arc::clone(&destination))) as Box<dyn Action>;
    let group = Group {
        name: "mine".to_owned(),
        flow: (0..steps).map(step).collect(),
        users,
        pool,
        meter: Meter::new(steps),
        destination: Arc::clone(&destination),
        within: Duration::from_mins(1),
        expect: Expect::default(),
        patience: None,
        under_way: UnderWay::default(),
    };
    let drain = Duration::from_mins(1);
    Load { base_url: format!("http://{address}"), groups: vec![Arc::new(group)], drain, dashboard: None }
}

fn change(mut load: Load, change: impl FnOnce(&mut Group)) -> Load {
    change(Arc::get_mut(&mut load.groups[0]).expect("nobody else has it yet"));
    load
}

/// Adds up the figures of whole passes, or of a step, and ends a run after some seconds.
#[derive(Default)]
struct Sum {
    passes: Figures,
    steps: [Figures; 2],
    seconds: Vec<(Duration, Duration)>,
    stop_after: Option<usize>,
}

impl Watch for Sum {
    fn begun(&mut self, _: Timestamp) {}

    fn second(&mut self, second: Second, _: &[Arc<Group>]) -> Next {
        self.seconds.push((second.from, second.to));
        for lap in second.laps {
            lap.step.map_or(&mut self.passes, |step| &mut self.steps[step]).add(&lap.figures);
        }
        match self.stop_after {
            Some(after) if self.seconds.len() >= after => Next::Stop("enough".to_owned()),
            _ => Next::Go,
        }
    }
}

/// Runs a load, and interrupts it when told to.
async fn run_until(load: &Load, sum: &mut Sum, interrupt: impl Future<Output = ()>) -> Ended {
    let interrupted = watch::Sender::new(false);
    let all = async {
        let mut running = std::pin::pin!(run(load, sum, interrupted.subscribe()));
        tokio::select! {
            ended = &mut running => return ended,
            () = interrupt => interrupted.send_replace(true),
        };
        running.await
    };
    tokio::time::timeout(Duration::from_mins(2), all).await.expect("it ends").expect("goose starts")
}

async fn run_all(load: &Load) -> (Ended, Sum) {
    let mut sum = Sum::default();
    let ended = run_until(load, &mut sum, std::future::pending()).await;
    (ended, sum)
}

async fn polled(what: impl Fn() -> bool) {
    while !what() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn all_that_is_due_is_sent_once_and_seconds_follow_each_other() {
    let (server, address) = Server::start(NEVER);
    let load = load(address, 8, 2, Pool::open(walk(flat(1500, 400.0))));
    let (ended, sum) = run_all(&load).await;
    assert_eq!((&ended.unsent, &ended.unanswered, &ended.stopped), (&vec![0], &vec![0], &None));
    assert_eq!((sum.passes.counts.done, server.requests.load(Ordering::SeqCst)), (600, 1200));
    assert_eq!(sum.steps.each_ref().map(|figures| figures.counts.ended), [600, 600]);
    assert_eq!(server.connections.load(Ordering::SeqCst), 8, "one for each user, opened before the begin");
    assert!(sum.seconds.windows(2).all(|pair| pair[0].1 >= pair[1].0), "{:?}", sum.seconds);
    assert_eq!((sum.seconds[0].0, sum.seconds.last().map(|last| last.1)), (Duration::ZERO, Some(ended.lasted)));
    assert!(sum.passes.lateness.len() + sum.passes.counts.queued == 600);
    assert!(sum.steps[1].lateness.is_empty(), "a later step is due whenever the one before has ended");
}

#[tokio::test]
async fn a_stall_of_the_target_stays_in_the_response_times() {
    // For half of the time nothing is answered. Four users see it, and 400 tickets fall due meanwhile.
    let (_, address) = Server::start(Silent { from: Duration::from_millis(200), to: Duration::from_secs(1) });
    let load = load(address, 4, 1, Pool::open(walk(flat(1600, 500.0))));
    let (ended, sum) = run_all(&load).await;
    assert_eq!((ended.unsent, sum.passes.counts.done), (vec![0], 800));
    let (response, service) = (&sum.passes.response, &sum.passes.service);
    let at = |quantile: f64| Duration::from_micros(response.value_at_quantile(quantile));
    // 400 of 800 wait for what is left of 800 ms: 208 of them for more than 384 ms, and 48 for more than 704.
    assert!(at(0.74) > Duration::from_millis(340), "{:?}", at(0.74));
    assert!(at(0.94) > Duration::from_millis(640), "{:?}", at(0.94));
    assert!(service.value_at_quantile(0.74) < 340_000, "the target itself was mostly quick");
    assert!(sum.passes.counts.queued >= 300, "{} fell due while all were waiting", sum.passes.counts.queued);
}

#[tokio::test]
async fn a_closed_load_keeps_its_users_busy_for_its_time() {
    let (server, address) = Server::start(NEVER);
    let load = load(address, 3, 1, Pool::closed(vec![flat(700, 3.0)]));
    let (ended, sum) = run_all(&load).await;
    assert_eq!((ended.unsent, ended.unanswered, ended.stopped), (vec![0], vec![0], None));
    assert!(ended.lasted >= Duration::from_millis(700));
    assert!(sum.passes.counts.done > 30, "{:?}", sum.passes.counts);
    assert_eq!(
        (sum.passes.counts.done, 3),
        (server.requests.load(Ordering::SeqCst), server.connections.load(Ordering::SeqCst))
    );
}

#[tokio::test]
async fn an_interrupt_ends_it_at_once_whatever_is_awaited() {
    let (server, address) = Server::start(ALWAYS);
    let load = load(address, 5, 1, Pool::open(walk(flat(100_000, 100.0))));
    let mut sum = Sum::default();
    let told = std::sync::OnceLock::new();
    let interrupt = async {
        polled(|| server.requests.load(Ordering::SeqCst) >= 5).await;
        told.get_or_init(Instant::now);
    };
    let ended = run_until(&load, &mut sum, interrupt).await;
    // Its users ask again for an answer within 60 s, which they do not wait for.
    assert!(told.get().expect("told").elapsed() < Duration::from_secs(20));
    assert_eq!((ended.stopped.as_deref(), &ended.unanswered), (Some("interrupted"), &vec![5]));
    let due = walk(flat(100_000, 100.0)).take_while(|ticket| ticket.due <= ended.lasted).count() as u64;
    assert_eq!(sum.passes.counts.ended + ended.unsent[0] + ended.unanswered[0], due);
}

#[tokio::test]
async fn an_interrupt_before_anybody_is_there_is_heard_too() {
    let (server, address) = Server::start(NEVER);
    let load = load(address, 5, 1, Pool::open(walk(flat(100_000, 100.0))));
    let mut sum = Sum::default();
    let ended = run_until(&load, &mut sum, std::future::ready(())).await;
    assert_eq!((ended.stopped.as_deref(), ended.lasted, ended.unsent), (Some("interrupted"), Duration::ZERO, vec![0]));
    assert_eq!((server.requests.load(Ordering::SeqCst), sum.seconds.len()), (0, 0));
}

#[tokio::test]
async fn what_is_not_answered_in_the_drain_is_given_up_and_told() {
    let (_, address) = Server::start(ALWAYS);
    let mut load = load(address, 2, 1, Pool::open(walk(flat(200, 20.0))));
    load.drain = Duration::from_millis(100);
    let (ended, sum) = run_all(&load).await;
    assert_eq!((ended.unsent, ended.unanswered, sum.passes.counts.ended), (vec![2], vec![2], 0));
    assert!(ended.stopped.expect("a reason").contains("not answered"));
}

#[tokio::test]
async fn who_watches_can_end_it() {
    let (_, address) = Server::start(NEVER);
    let load = load(address, 2, 1, Pool::open(walk(flat(100_000, 50.0))));
    let mut sum = Sum { stop_after: Some(1), ..Sum::default() };
    let ended = run_until(&load, &mut sum, std::future::pending()).await;
    assert_eq!((ended.stopped.as_deref(), sum.seconds.len()), (Some("enough"), 1));
}

#[tokio::test]
async fn a_target_that_refuses_is_not_tried_as_fast_as_can_be() {
    // Bound, and not listening: nobody else gets the port meanwhile.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let load = load(address, 2, 1, Pool::closed(vec![flat(500, 2.0)]));
    let (ended, sum) = run_all(&load).await;
    let tried = sum.passes.counts.errors["no connection"];
    let most = 2 * (ended.lasted.as_secs() * 20 + 21);
    assert!((2..=most).contains(&tried), "{tried} of {most}");
}

#[tokio::test]
async fn what_takes_too_long_counts_with_the_time_that_was_waited() {
    let (_, address) = Server::start(ALWAYS);
    let load = load(address, 2, 1, Pool::open(walk(flat(100, 20.0))));
    let load = change(load, |group| group.within = Duration::from_millis(30));
    let (ended, sum) = run_all(&load).await;
    assert_eq!((ended.stopped, sum.passes.counts.errors["timed out"]), (None, 2));
    assert!(sum.passes.response.min() >= 29_900, "{}", sum.passes.response.min());
}
