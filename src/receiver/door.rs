//! The port itself: who is let in, and what is done with whoever comes while it is disturbed.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    AcceptFault, Receiver, Shared,
    connection::Connection,
    fault::{Act, Fault, Held},
    server::{BACKLOG, bound},
};
use crate::evidence::{Blind, Ended, HeldUp, Knock, Record};

/// How long to wait with the next `accept` when the system has no room for another connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);
/// A time without room for connections that is longer, in milliseconds, is told of in parts.
const TOLD_AFTER_MS: f64 = 500.0;
/// How long a port that was given up is tried for, before it counts as lost.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// The receiver's port could not be had back, or not be given up.
#[derive(Debug, Error)]
#[error("the receiver's port {address} cannot be used: {source}; stop what took it, and run again")]
pub struct NotRestored {
    address: SocketAddr,
    source: io::Error,
}

/// What a door is told to do, and where it tells how that went.
pub(super) struct Order {
    /// The fault that is to meet whoever comes; nothing: as usual again.
    fault: Option<&'static Fault>,
    done: oneshot::Sender<io::Result<()>>,
}

/// A disturbance that is under way.
pub(super) struct Disturbance {
    from_ms: f64,
    fault: &'static Fault,
    scenario: String,
    /// How many connections had come before it.
    knocks_before: usize,
}

/// The connections that met a fault of the accept stage.
#[derive(Default)]
pub(super) struct Knocks {
    all: Mutex<Vec<Knock>>,
    /// How many of them have ended.
    ended: watch::Sender<usize>,
    disturbed: watch::Sender<bool>,
}

impl Knocks {
    /// Whether the receiver is disturbed now.
    pub(super) fn disturbed(&self) -> watch::Receiver<bool> {
        self.disturbed.subscribe()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Knock>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Receiver {
    /// Lets a fault of the accept stage meet whoever connects from now on, whomever they deliver for; idle connections are
    /// closed. `scenario` is the path of the scenario that wants it. A fault that is on already ends.
    ///
    /// # Errors
    ///
    /// The port cannot be given up, or not be had back.
    pub async fn disturb(&self, fault: AcceptFault, scenario: &str) -> Result<(), NotRestored> {
        self.restore().await?;
        let mut disturbance = self.disturbance.lock().await;
        *disturbance = Some(Disturbance {
            from_ms: self.shared.recorder.now_ms(),
            fault: fault.0,
            scenario: scenario.to_owned(),
            knocks_before: self.shared.knocks.all().len(),
        });
        self.order(Some(fault.0)).await?;
        self.shared.knocks.disturbed.send_replace(true);
        Ok(())
    }

    /// Ends a disturbance, if there is one: the time in which it was on is recorded as blind. Gives the connections that
    /// met it, however far they are.
    ///
    /// # Errors
    ///
    /// The port cannot be had back.
    pub async fn restore(&self) -> Result<Vec<Knock>, NotRestored> {
        let Some(Disturbance { from_ms, fault, scenario, knocks_before }) = self.disturbance.lock().await.take() else {
            return Ok(Vec::new());
        };
        let restored = self.order(None).await;
        self.shared.knocks.disturbed.send_replace(false);
        let why = format!("the fault `{}`", fault.name);
        let to_ms = self.shared.recorder.now_ms();
        self.shared.recorder.record(Record::Blind(Blind { from_ms, to_ms, why, scenario }));
        restored.map(|()| self.shared.knocks.all()[knocks_before..].to_vec())
    }

    /// Waits until so many connections have met the disturbance that is on, and have ended; tells how many did. A port that
    /// is closed sees none.
    pub async fn wait_for_knocks(&self, count: usize, within: Duration) -> usize {
        let before = self.disturbance.lock().await.as_ref().map_or(0, |disturbance| disturbance.knocks_before);
        let mut ended = self.shared.knocks.ended.subscribe();
        let _ = tokio::time::timeout(within, ended.wait_for(|ended| *ended >= before + count)).await;
        ended.borrow().saturating_sub(before)
    }

    async fn order(&self, fault: Option<&'static Fault>) -> Result<(), NotRestored> {
        let (done, told) = oneshot::channel();
        // The door lives as long as the receiver.
        let _ = self.orders.send(Order { fault, done }).await;
        let outcome = told.await.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()));
        outcome.map_err(|source| NotRestored { address: self.address, source })
    }
}

/// What a door does with its port.
enum State {
    Open(TcpListener),
    /// Every connection is accepted and met by a fault.
    Meeting(TcpListener, fn(TcpStream) -> futures::future::BoxFuture<'static, Ended>, &'static str),
    /// Something else has the port.
    Away(Option<Held>),
}

/// Lets connections in, one after another. They end with it, for it owns their tasks.
pub(super) struct Door {
    address: SocketAddr,
    shared: Arc<Shared>,
    canary: bool,
    state: State,
    connections: JoinSet<()>,
    /// Since when the system has given no more connections, and what it said.
    full: Option<(f64, String)>,
}

impl Door {
    pub(super) fn new(listener: TcpListener, address: SocketAddr, shared: Arc<Shared>, canary: bool) -> Self {
        Self { address, shared, canary, state: State::Open(listener), connections: JoinSet::new(), full: None }
    }

    /// Serves every connection that comes, and every order.
    pub(super) async fn serve(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            tokio::select! {
                accepted = accept(&self.state) => match accepted {
                    Ok((stream, peer)) => {
                        self.full(None, self.shared.recorder.now_ms());
                        self.let_in(stream, peer);
                    }
                    Err(error) => {
                        // That of a connection which broke before it was taken is the sender's affair.
                        let is_ours = !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset);
                        self.full(is_ours.then_some(&error), self.shared.recorder.now_ms());
                        sleep(ACCEPT_AGAIN).await;
                    }
                },
                Some(Order { fault, done }) = orders.recv() => {
                    let _ = done.send(self.obey(fault).await);
                }
                Some(_) = self.connections.join_next() => {}
            }
        }
    }

    /// Notes that the system gives no more connections, or does again; the time between is blind, and who came in it was let in late.
    pub(super) fn full(&mut self, error: Option<&io::Error>, now_ms: f64) {
        if let Some((from_ms, why)) =
            self.full.take_if(|(from_ms, _)| error.is_none() || now_ms - *from_ms > TOLD_AFTER_MS)
        {
            let to_ms = now_ms;
            self.shared.recorder.record(Record::Blind(Blind { from_ms, to_ms, why, scenario: String::new() }));
            let lost_ms = to_ms - from_ms;
            self.shared.recorder.record(Record::HeldUp(HeldUp { from_ms, to_ms, lost_ms, stopped_ms: 0.0 }));
        }
        if let Some(error) = error {
            self.full.get_or_insert_with(|| (now_ms, format!("the system let nobody in: {error}")));
        }
    }

    fn let_in(&mut self, stream: TcpStream, peer: SocketAddr) {
        let shared = Arc::clone(&self.shared);
        match self.state {
            State::Meeting(_, meet, fault) => {
                let recorder = &self.shared.recorder;
                let (id, at_ms) = (recorder.number(), recorder.now_ms());
                let peer = peer.to_string();
                let knock = Knock { id, peer, fault: fault.into(), at_ms, ended_ms: 0.0, ended: Ended::Open };
                // Here, for whoever restores the port counts those that were let in.
                let place = self.shared.knock(&knock);
                self.connections.spawn(async move { shared.met(knock, place, meet(stream)).await });
            }
            _ => {
                self.connections.spawn(Connection::new(shared, stream, peer, self.canary).serve());
            }
        }
    }

    async fn obey(&mut self, fault: Option<&'static Fault>) -> io::Result<()> {
        // What comes of an order is known to be blind, or not.
        self.full(None, self.shared.recorder.now_ms());
        match fault.map(|fault| (&fault.act, fault.name)) {
            Some((Act::Port(take), _)) => {
                self.state = State::Away(None);
                self.state = State::Away(Some(persistently(|| take(self.address)).await?));
            }
            Some((Act::Connection(meet), name)) => self.state = State::Meeting(self.listener().await?, *meet, name),
            Some((Act::Request(_), _)) | None => self.state = State::Open(self.listener().await?),
        }
        Ok(())
    }

    /// The listener that there is, or a new one.
    async fn listener(&mut self) -> io::Result<TcpListener> {
        match std::mem::replace(&mut self.state, State::Away(None)) {
            State::Open(listener) | State::Meeting(listener, ..) => Ok(listener),
            State::Away(held) => {
                drop(held);
                persistently(|| async { bound(self.address)?.listen(BACKLOG) }).await
            }
        }
    }
}

/// Accepts a connection where the port is ours; waits for ever where it is not.
async fn accept(state: &State) -> io::Result<(TcpStream, SocketAddr)> {
    match state {
        State::Open(listener) | State::Meeting(listener, ..) => listener.accept().await,
        State::Away(_) => std::future::pending().await,
    }
}

/// Tries again for a while: a port that was just left may be taken for a moment.
async fn persistently<T, F: Future<Output = io::Result<T>>>(attempt: impl Fn() -> F) -> io::Result<T> {
    let ends = Instant::now() + BACK_WITHIN;
    loop {
        match attempt().await {
            Err(_) if Instant::now() < ends => sleep(ACCEPT_AGAIN).await,
            outcome => return outcome,
        }
    }
}

impl Shared {
    /// Records a connection that is to meet a fault, and gives its place among all.
    fn knock(&self, knock: &Knock) -> usize {
        self.recorder.record(Record::Knock(knock.clone()));
        let mut all = self.knocks.all();
        all.push(knock.clone());
        all.len() - 1
    }

    /// Records how the meeting of a connection with a fault ended.
    async fn met(&self, mut knock: Knock, place: usize, meeting: impl Future<Output = Ended>) {
        knock.ended = meeting.await;
        knock.ended_ms = self.recorder.now_ms();
        self.knocks.all()[place] = knock.clone();
        self.recorder.record(Record::Knock(knock));
        self.knocks.ended.send_modify(|ended| *ended += 1);
    }
}
