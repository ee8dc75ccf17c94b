//! What moves a connection's bytes, driven by the task of the user who waits for them.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::task::AtomicWaker;

/// So often the two are asked again in one turn, where they wake each other; after that the runtime has its turn, for what it
/// hands out may be all that is missing.
const ROUNDS: usize = 8;

/// A connection, and the future of whoever uses it, in one task: a task of its own for the connection would cost two wake-ups for
/// each request.
///
/// The two wake each other all the time. That is caught here, for it would send the whole task through the runtime's queue
/// once more for each request, to find nothing to do.
pub(super) struct Pump<C> {
    /// Gone when it has ended.
    connection: Option<Pin<Box<C>>>,
    nudge: Arc<Nudge>,
    waker: Waker,
}

impl<C: Future> Pump<C> {
    pub(super) fn new(connection: C) -> Self {
        let nudge = Arc::new(Nudge { task: AtomicWaker::new(), state: AtomicU8::new(Nudge::AWAY) });
        Self { connection: Some(Box::pin(connection)), waker: Arc::clone(&nudge).into(), nudge }
    }

    /// Whether the connection still is there.
    pub(super) fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// The connection alone, until it ends.
    #[cfg(test)]
    pub(super) fn connection(&mut self) -> Option<Pin<&mut C>> {
        self.connection.as_mut().map(Pin::as_mut)
    }

    /// Polls a future, and the connection for it.
    pub(super) async fn drive<F: Future>(&mut self, mut future: Pin<&mut F>) -> F::Output {
        poll_fn(|context| {
            self.nudge.task.register(context.waker());
            for _ in 0..ROUNDS {
                self.nudge.state.store(Nudge::HERE, Ordering::Release);
                let polled = self.round(future.as_mut());
                let was = self.nudge.state.swap(Nudge::AWAY, Ordering::AcqRel);
                if polled.is_ready() || was != Nudge::AGAIN {
                    return polled;
                }
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    fn round<F: Future>(&mut self, future: Pin<&mut F>) -> Poll<F::Output> {
        let mut context = Context::from_waker(&self.waker);
        if let Poll::Ready(output) = future.poll(&mut context) {
            return Poll::Ready(output);
        }
        if self.connection.as_mut().is_some_and(|connection| connection.as_mut().poll(&mut context).is_ready()) {
            // What it leaves unfinished hears of it by its drop, and is asked again.
            self.connection = None;
        }
        Poll::Pending
    }
}

/// Tells a wake-up that comes while the two are being asked from one that comes from outside.
struct Nudge {
    task: AtomicWaker,
    state: AtomicU8,
}

impl Nudge {
    /// Nobody is asking: a wake-up is for the task.
    const AWAY: u8 = 0;
    /// They are being asked.
    const HERE: u8 = 1;
    /// They are to be asked again.
    const AGAIN: u8 = 2;
}

impl Wake for Nudge {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let met = self.state.compare_exchange(Self::HERE, Self::AGAIN, Ordering::AcqRel, Ordering::Acquire);
        if met == Err(Self::AWAY) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use tokio::sync::mpsc;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn what_the_two_tell_each_other_stays_between_them_and_what_comes_from_outside_is_heard() {
        let (outside, mut heard) = mpsc::unbounded_channel::<u8>();
        let (tell, mut told) = mpsc::unbounded_channel::<u8>();
        let mut pump = Pump::new(async move {
            while let Some(what) = heard.recv().await {
                tell.send(what).unwrap();
            }
        });
        let polls = AtomicUsize::new(0);
        let asked = async {
            let using = pin!(async { (told.recv().await, told.recv().await) });
            let mut driving = pin!(pump.drive(using));
            poll_fn(|context| {
                polls.fetch_add(1, Ordering::Relaxed);
                driving.as_mut().poll(context)
            })
            .await
        };
        let told_from_outside = async {
            outside.send(1).unwrap();
            tokio::task::yield_now().await;
            outside.send(2).unwrap();
        };
        let (got, ()) = tokio::time::timeout(SOON, async { tokio::join!(asked, told_from_outside) }).await.unwrap();
        assert_eq!(got, (Some(1), Some(2)));
        assert!(pump.is_open());
    }

    #[tokio::test]
    async fn who_waits_for_a_connection_that_ends_hears_of_it() {
        let (tell, mut told) = mpsc::unbounded_channel::<u8>();
        let mut pump = Pump::new(async move { drop(tell) });
        let got = tokio::time::timeout(SOON, pump.drive(pin!(told.recv()))).await.unwrap();
        assert_eq!((got, pump.is_open()), (None, false));
    }

    #[tokio::test]
    async fn two_that_wake_each_other_for_ever_leave_the_runtime_its_turn() {
        let mut pump = Pump::new(async { std::future::pending::<()>().await });
        let restless = poll_fn(|context: &mut Context<'_>| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let given_up = tokio::time::timeout(Duration::from_millis(5), pump.drive(pin!(restless))).await;
        assert!(given_up.is_err());
    }
}
