//! Where users wait for the begin, and hear of the end.

use std::{
    future::poll_fn,
    pin::pin,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    task::{Poll, Waker},
    time::Instant,
};

use tokio::sync::{Notify, watch};

use crate::timer::Timer;

/// Where all users of a run wait for its begin, and hear of its end.
pub(crate) struct Gate {
    /// Wakes users when their tickets are due.
    pub(crate) timer: Timer,
    /// When it was made.
    pub(crate) made: Instant,
    begun: watch::Sender<Option<Instant>>,
    over: AtomicBool,
    end: Notify,
    arrived: AtomicUsize,
    arrival: Notify,
}

impl Gate {
    /// A gate on the runtime at hand, not yet open.
    pub(crate) fn new() -> Self {
        Self {
            timer: Timer::start(),
            made: Instant::now(),
            begun: watch::Sender::new(None),
            over: AtomicBool::new(false),
            end: Notify::new(),
            arrived: AtomicUsize::new(0),
            arrival: Notify::new(),
        }
    }

    /// Counts a user that is ready to work.
    pub(crate) fn arrived(&self) {
        self.arrived.fetch_add(1, Ordering::Relaxed);
        self.arrival.notify_one();
    }

    /// Waits until this many users are ready.
    pub(crate) async fn all_here(&self, users: usize) {
        while self.arrived.load(Ordering::Relaxed) < users {
            self.arrival.notified().await;
        }
    }

    /// Starts the clock: tickets are due from this moment on.
    pub(crate) fn begin(&self, at: Instant) {
        self.begun.send_replace(Some(at));
    }

    /// When the clock started; nothing where it has not by then.
    pub(crate) async fn begun(&self, by: Instant) -> Option<Instant> {
        if let Some(at) = *self.begun.borrow() {
            return Some(at);
        }
        let mut begun = self.begun.subscribe();
        let wait = tokio::time::timeout_at(by.into(), begun.wait_for(Option::is_some)).await;
        wait.ok()?.ok().and_then(|begun| *begun)
    }

    /// Ends it: users draw no more tickets, and give up what they wait for.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.end.notify_waiters();
    }

    /// Does some work, and gives it up at the end.
    ///
    /// Who works is woken for each answer: to ask anew each time whether the end has come would cost a lock.
    pub(crate) async fn unless_over(&self, work: impl Future<Output = ()>) {
        let (mut work, mut end) = (pin!(work), pin!(self.end.notified()));
        let mut listening: Option<Waker> = None;
        poll_fn(|context| {
            if work.as_mut().poll(context).is_ready() || self.is_over() {
                return Poll::Ready(());
            }
            if listening.as_ref().is_some_and(|listening| listening.will_wake(context.waker())) {
                return Poll::Pending;
            }
            listening = Some(context.waker().clone());
            end.as_mut().poll(context)
        })
        .await;
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn those_who_wait_hear_of_the_begin_and_others_give_up_in_time() {
        let gate = Gate::new();
        assert_eq!(gate.begun(Instant::now() + Duration::from_millis(2)).await, None);
        let at = Instant::now();
        let (begun, ()) = tokio::join!(gate.begun(at + SOON), async { gate.begin(at) });
        assert_eq!((begun, gate.begun(at).await), (Some(at), Some(at)));
    }

    #[tokio::test]
    async fn the_end_is_heard_by_who_waits_and_by_who_comes_later() {
        let gate = Gate::new();
        assert!(!gate.is_over());
        let working = || gate.unless_over(std::future::pending());
        tokio::time::timeout(SOON, async { tokio::join!(working(), working(), async { gate.end() }) }).await.unwrap();
        tokio::time::timeout(SOON, working()).await.unwrap();
        assert!(gate.is_over());
    }

    #[tokio::test]
    async fn work_that_is_woken_again_and_again_is_done_or_hears_of_the_end_all_the_same() {
        let gate = Gate::new();
        let mut turns = 0;
        let restless = poll_fn(|context: &mut std::task::Context<'_>| {
            turns += 1;
            context.waker().wake_by_ref();
            if turns == 100 {
                gate.end();
            }
            Poll::<()>::Pending
        });
        tokio::time::timeout(SOON, gate.unless_over(restless)).await.unwrap();
        assert_eq!(turns, 100);
        let done = Gate::new();
        tokio::time::timeout(SOON, done.unless_over(tokio::task::yield_now())).await.unwrap();
        assert!(!done.is_over());
    }

    #[tokio::test]
    async fn all_are_here_when_the_last_one_is() {
        let gate = Gate::new();
        gate.arrived();
        assert!(tokio::time::timeout(Duration::from_millis(2), gate.all_here(2)).await.is_err());
        gate.arrived();
        tokio::time::timeout(SOON, gate.all_here(2)).await.unwrap();
    }
}
