//! Waiting until a moment, more precisely than the runtime's own timers, which count in milliseconds.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use tokio::task::AbortHandle;

/// Those whose moments fall within so long of each other are woken together, at the last of these moments: each time that a
/// core is woken costs it as much as a request does. Who is alone in it is woken at its moment.
const TOGETHER: Duration = Duration::from_micros(500);

/// Wakes those who wait for a moment. One timer serves all users of a load run, or all connections of a receiver.
pub(crate) struct Timer {
    inner: Arc<Inner>,
    /// Waits for the alarm.
    listener: Option<AbortHandle>,
}

struct Inner {
    waiting: Mutex<Waiting>,
    precise: Option<precise::Alarm>,
}

#[derive(Default)]
struct Waiting {
    /// Who waits for which moment, and the how manieth it is that waits.
    list: BTreeMap<(Instant, u64), Waker>,
    count: u64,
}

impl Timer {
    /// A timer on the runtime at hand: precise where the system has a `timerfd`, and otherwise the runtime's own.
    pub(crate) fn start() -> Self {
        let inner = Arc::new(Inner { waiting: Mutex::default(), precise: precise::Alarm::new() });
        let listener = inner.precise.is_some().then(|| {
            let inner = Arc::clone(&inner);
            let listening = async move {
                while let Some(alarm) = &inner.precise {
                    alarm.rung().await;
                    inner.wake_due();
                }
            };
            tokio::spawn(listening).abort_handle()
        });
        Self { inner, listener }
    }

    /// Whether waits are kept to some tens of microseconds, or to half a millisecond where there are many; otherwise to about
    /// a millisecond.
    pub(crate) fn is_precise(&self) -> bool {
        self.inner.precise.is_some()
    }

    /// Waits until a moment.
    pub(crate) async fn until(&self, at: Instant) {
        let Some(alarm) = &self.inner.precise else {
            return tokio::time::sleep_until(at.into()).await;
        };
        let mut listed: Option<Listed<'_>> = None;
        poll_fn(|context| {
            if Instant::now() >= at {
                return Poll::Ready(());
            }
            // A wait that is polled for another reason is on the list already.
            if listed.as_ref().is_none_or(|listed| !listed.waker.will_wake(context.waker())) {
                let waker = context.waker().clone();
                let number = self.inner.add(alarm, at, waker.clone());
                listed = Some(Listed { inner: &self.inner, place: (at, number), waker });
            }
            Poll::Pending
        })
        .await;
    }
}

/// Somebody's place on the list, who leaves it with this: a wait that is given up leaves no waker there, and so no task.
struct Listed<'a> {
    inner: &'a Inner,
    place: (Instant, u64),
    waker: Waker,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner).list.remove(&self.place);
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

impl Inner {
    /// Puts somebody on the list, and gives his number there.
    fn add(&self, alarm: &precise::Alarm, at: Instant, waker: Waker) -> u64 {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.list.first_key_value().is_none_or(|((first, _), _)| at < *first) {
            alarm.set(at);
        }
        waiting.count += 1;
        let number = waiting.count;
        waiting.list.insert((at, number), waker);
        number
    }

    /// Wakes everybody whose moment has come, and sets the alarm for the next.
    fn wake_due(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while let Some(first) = waiting.list.first_entry().filter(|first| first.key().0 <= now) {
            first.remove().wake();
        }
        if let (Some(at), Some(alarm)) = (waiting.next(), &self.precise) {
            alarm.set(at);
        }
    }
}

impl Waiting {
    /// When somebody is to be woken next.
    fn next(&self) -> Option<Instant> {
        let ((first, _), _) = self.list.first_key_value()?;
        let together = self.list.range(..=(*first + TOGETHER, u64::MAX));
        together.last().map(|((at, _), _)| *at)
    }
}

#[cfg(target_os = "linux")]
mod precise {
    use std::{
        os::fd::OwnedFd,
        time::{Duration, Instant},
    };

    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
    use tokio::io::{Interest, unix::AsyncFd};

    /// A `timerfd`.
    pub(super) struct Alarm(AsyncFd<OwnedFd>);

    impl Alarm {
        pub(super) fn new() -> Option<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let file = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags).ok()?;
            #[expect(
                deprecated,
                reason = "its successor is unsafe code, which this crate forbids; what it asks, a descriptor that is \
                          open as long as it is registered, an owned one keeps"
            )]
            AsyncFd::with_interest(file, Interest::READABLE).ok().map(Self)
        }

        /// Rings at a moment, in place of any set before.
        pub(super) fn set(&self, at: Instant) {
            // Nothing at all would disarm it.
            let wait = at.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let value = Timespec { tv_sec: wait.as_secs().cast_signed(), tv_nsec: wait.subsec_nanos().into() };
            // It fails for values out of range alone, which a duration never gives.
            let _ = rustix::time::timerfd_settime(
                self.0.get_ref(),
                TimerfdTimerFlags::empty(),
                &Itimerspec { it_interval: zero, it_value: value },
            );
        }

        pub(super) async fn rung(&self) {
            if let Ok(mut ready) = self.0.readable().await {
                // What it counts is not read: it counts from 0 again when it is set, and each ring is told anew.
                ready.clear_ready();
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod precise {
    use std::time::Instant;

    /// There is none on this system.
    pub(super) enum Alarm {}

    impl Alarm {
        pub(super) fn new() -> Option<Self> {
            None
        }

        pub(super) fn set(&self, _: Instant) {
            match *self {}
        }

        pub(super) async fn rung(&self) {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_due_within_half_a_millisecond_is_woken_together_and_who_is_alone_at_its_moment() {
        let begin = Instant::now();
        let next = |all: &[u64]| {
            let mut waiting = Waiting::default();
            for (number, at) in (0..).zip(all) {
                waiting.list.insert((begin + Duration::from_micros(*at), number), Waker::noop().clone());
            }
            waiting.next().map(|at| (at - begin).as_micros())
        };
        assert_eq!(next(&[]), None);
        assert_eq!(next(&[800, 100]), Some(100));
        assert_eq!(next(&[100, 600, 601, 1100]), Some(600));
        assert_eq!(next(&[100, 350, 100]), Some(350));
    }

    #[tokio::test]
    async fn waits_end_in_the_order_of_their_moments_and_never_before_them() {
        let timer = Timer::start();
        let begin = Instant::now();
        let ended: Mutex<Vec<u64>> = Mutex::default();
        let wait = async |ms: u64| {
            let at = begin + Duration::from_millis(ms);
            timer.until(at).await;
            assert!(Instant::now() >= at);
            ended.lock().unwrap().push(ms);
        };
        tokio::join!(wait(30), wait(5), wait(0), wait(20));
        assert_eq!(*ended.lock().unwrap(), [0, 5, 20, 30]);
    }

    #[tokio::test]
    async fn a_wait_that_was_given_up_holds_nobody_up() {
        let timer = Timer::start();
        let begin = Instant::now();
        let given_up =
            tokio::time::timeout(Duration::from_millis(1), timer.until(begin + Duration::from_hours(1))).await;
        assert!(given_up.is_err());
        assert!(timer.inner.waiting.lock().unwrap().list.is_empty(), "its task is not kept for an hour");
        let next = tokio::time::timeout(Duration::from_secs(20), timer.until(begin + Duration::from_millis(10)));
        next.await.expect("the timer rings for those who still wait");
    }
}
