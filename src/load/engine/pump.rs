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
/// once more for each request, to find nothing to do. And each is asked only once somebody has called it, for to ask the other
/// with it would cost a request as much as the wake-ups that are saved.
pub(super) struct Pump<C> {
    /// Gone when it has ended.
    connection: Option<Pin<Box<C>>>,
    calls: Arc<Calls>,
    /// Calls the connection.
    for_connection: Waker,
    /// Calls the future.
    for_future: Waker,
}

impl<C: Future> Pump<C> {
    pub(super) fn new(connection: C) -> Self {
        let calls = Arc::new(Calls { task: AtomicWaker::new(), state: AtomicU8::new(Calls::CONNECTION) });
        let waker = |whom| Arc::new(Bell { calls: Arc::clone(&calls), whom }).into();
        let (for_connection, for_future) = (waker(Calls::CONNECTION), waker(Calls::FUTURE));
        Self { connection: Some(Box::pin(connection)), calls, for_connection, for_future }
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
        // Nobody can have called a future that is new.
        self.calls.state.fetch_or(Calls::FUTURE, Ordering::AcqRel);
        poll_fn(|context| {
            self.calls.task.register(context.waker());
            for _ in 0..ROUNDS {
                let called = self.calls.state.swap(Calls::ASKING, Ordering::AcqRel);
                let polled = self.round(future.as_mut(), called);
                if polled.is_ready() || self.calls.are_answered() {
                    self.calls.state.fetch_and(!Calls::ASKING, Ordering::AcqRel);
                    return polled;
                }
            }
            self.calls.state.fetch_and(!Calls::ASKING, Ordering::AcqRel);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    fn round<F: Future>(&mut self, future: Pin<&mut F>, called: u8) -> Poll<F::Output> {
        if called & Calls::CONNECTION != 0 {
            let mut context = Context::from_waker(&self.for_connection);
            if self.connection.as_mut().is_some_and(|connection| connection.as_mut().poll(&mut context).is_ready()) {
                // What it leaves unfinished hears of it by its drop, and calls.
                self.connection = None;
            }
        }
        if called & Calls::FUTURE == 0 {
            return Poll::Pending;
        }
        future.poll(&mut Context::from_waker(&self.for_future))
    }
}

/// Who has been called and not asked yet, and whether they are being asked: a call that comes meanwhile is heard at once, and
/// any other is for the task.
struct Calls {
    task: AtomicWaker,
    state: AtomicU8,
}

impl Calls {
    const CONNECTION: u8 = 1;
    const FUTURE: u8 = 2;
    const ASKING: u8 = 4;

    /// Ends the asking, unless somebody was called meanwhile.
    fn are_answered(&self) -> bool {
        self.state.compare_exchange(Self::ASKING, 0, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Calls one of the two.
struct Bell {
    calls: Arc<Calls>,
    whom: u8,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.calls.state.fetch_or(self.whom, Ordering::AcqRel) & Calls::ASKING == 0 {
            self.calls.task.wake();
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
    async fn each_is_asked_only_when_somebody_has_called_it() {
        fn counted<F: Future>(count: &AtomicUsize, future: F) -> impl Future<Output = F::Output> {
            let mut future = Box::pin(future);
            poll_fn(move |context| {
                count.fetch_add(1, Ordering::Relaxed);
                future.as_mut().poll(context)
            })
        }
        let (outside, mut heard) = mpsc::unbounded_channel::<u8>();
        let (tell, mut told) = mpsc::unbounded_channel::<u8>();
        let (asked_connection, asked_future) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut pump = Pump::new(counted(&asked_connection, async move {
            while heard.recv().await.is_some_and(|what| tell.send(what).is_ok()) {}
        }));
        for what in 1..=3 {
            let using = pin!(counted(&asked_future, told.recv()));
            let mut driving = pin!(pump.drive(using));
            assert!(futures::poll!(&mut driving).is_pending());
            outside.send(what).unwrap();
            assert_eq!(tokio::time::timeout(SOON, driving).await.unwrap(), Some(what));
        }
        // The connection at first and for each call; the future when it is new, and when the connection has called it.
        let asked = [&asked_connection, &asked_future].map(|count| count.load(Ordering::Relaxed));
        assert_eq!(asked, [4, 6]);
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
