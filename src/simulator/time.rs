//! The virtual clock: it runs with the real one, and can be moved on.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::{Notify, oneshot, watch};

/// Sleepers whose moments lie this close together are woken together.
const TOGETHER: Duration = Duration::from_millis(20);

/// A clock that rules the life of tokens and links, the windows of limits and the gaps between attempts. Cloning gives
/// another handle to the same clock.
#[derive(Clone)]
pub(super) struct Time(Arc<Inner>);

struct Inner {
    began: Instant,
    epoch: Duration,
    moved: watch::Sender<Duration>,
    line: Mutex<Line>,
    settled: Notify,
    turn: tokio::sync::Mutex<()>,
}

/// Who sleeps until when, and how many are awake.
#[derive(Default)]
struct Line {
    next: u64,
    awake: usize,
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
}

impl Time {
    /// A clock that was moved on by `moved` in an earlier life.
    pub(super) fn new(moved: Duration) -> Self {
        let epoch = Duration::try_from(Timestamp::now().as_duration()).unwrap_or_default();
        Self(Arc::new(Inner {
            began: Instant::now(),
            epoch,
            moved: watch::Sender::new(moved),
            line: Mutex::default(),
            settled: Notify::new(),
            turn: tokio::sync::Mutex::default(),
        }))
    }

    /// The time since the Unix epoch on this clock.
    pub(super) fn now(&self) -> Duration {
        self.wall() + self.moved()
    }

    /// The time since the Unix epoch on everybody's clock.
    pub(super) fn wall(&self) -> Duration {
        self.0.epoch + self.0.began.elapsed()
    }

    /// How far the clock has been moved on in all.
    pub(super) fn moved(&self) -> Duration {
        *self.0.moved.borrow()
    }

    /// Begins a piece of work: until its handle is dropped, or sleeps, moving the clock waits for it.
    pub(super) fn work(&self) -> Work {
        self.line().awake += 1;
        Work(self.clone())
    }

    /// Moves the clock on by `by`, from one due moment to the next. What a moment wakes is waited for, for at most
    /// `patience` of real time, before the clock goes on.
    pub(super) async fn advance(&self, by: Duration, patience: Duration) {
        let _turn = self.0.turn.lock().await;
        self.settle(patience).await;
        let goal = self.now() + by;
        while self.wake_next(goal) {
            self.settle(patience).await;
        }
        self.move_to(goal);
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn move_to(&self, moment: Duration) {
        let ahead = moment.saturating_sub(self.now());
        self.0.moved.send_modify(|moved| *moved += ahead);
    }

    /// Moves to the next due moment up to `goal` and wakes who is due; false where nobody is.
    fn wake_next(&self, goal: Duration) -> bool {
        let mut line = self.line();
        let Some((&(due, _), _)) = line.sleepers.first_key_value().filter(|((due, _), _)| *due <= goal) else {
            return false;
        };
        let until = goal.min(due + TOGETHER);
        let later = line.sleepers.split_off(&(until, u64::MAX));
        let woken = std::mem::replace(&mut line.sleepers, later);
        line.awake += woken.len();
        let last = woken.last_key_value().map_or(due, |((due, _), _)| *due);
        drop(line);
        self.move_to(last);
        for waker in woken.into_values() {
            // A sleeper that is gone meanwhile has left its place in `awake` to its `Asleep`.
            let _ = waker.send(());
        }
        true
    }

    async fn settle(&self, patience: Duration) {
        let all_rest = async {
            loop {
                let settled = self.0.settled.notified();
                if self.line().awake == 0 {
                    return;
                }
                settled.await;
            }
        };
        let _ = tokio::time::timeout(patience, all_rest).await;
    }

    fn rest_one(&self) {
        let mut line = self.line();
        line.awake -= 1;
        if line.awake == 0 {
            self.0.settled.notify_waiters();
        }
    }
}

impl governor::clock::Clock for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Time::now(self)
    }
}

/// A piece of work that moving the clock waits for.
pub(super) struct Work(Time);

impl Work {
    /// Waits for other work to make room: meanwhile this one holds nobody up.
    pub(super) async fn aside<T>(&self, room: impl Future<Output = T>) -> T {
        let _resting = Resting::new(&self.0);
        room.await
    }

    /// Sleeps for `period` of the virtual clock.
    pub(super) async fn sleep(&self, period: Duration) {
        let time = &self.0;
        let due = time.now() + period;
        let mut moved = time.0.moved.subscribe();
        let mut asleep = Asleep::until(time, due);
        loop {
            let left = due.saturating_sub(time.now());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                _ = &mut asleep.woken => return,
                _ = moved.changed() => {}
                () = tokio::time::sleep(left) => {}
            }
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.rest_one();
    }
}

/// Makes its work count as resting for as long as it lives.
struct Resting<'a>(&'a Time);

impl<'a> Resting<'a> {
    fn new(time: &'a Time) -> Self {
        time.rest_one();
        Self(time)
    }
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.line().awake += 1;
    }
}

/// A place in the line of sleepers. Leaving it, by whichever way, makes its work count as awake again, once.
struct Asleep<'a> {
    time: &'a Time,
    place: (Duration, u64),
    woken: oneshot::Receiver<()>,
}

impl<'a> Asleep<'a> {
    fn until(time: &'a Time, due: Duration) -> Self {
        let (waker, woken) = oneshot::channel();
        let mut line = time.line();
        line.next += 1;
        let place = (due, line.next);
        line.sleepers.insert(place, waker);
        drop(line);
        time.rest_one();
        Self { time, place, woken }
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        let mut line = self.time.line();
        if line.sleepers.remove(&self.place).is_some() {
            line.awake += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn sleepers_wake_in_due_order_and_may_sleep_again() {
        let time = Time::new(Duration::ZERO);
        let (told, mut seen) = tokio::sync::mpsc::unbounded_channel();
        for (name, naps) in [("long", vec![600_u64]), ("short", vec![60, 300, 900]), ("late", vec![7200])] {
            let (work, told) = (time.work(), told.clone());
            tokio::spawn(async move {
                for nap in naps {
                    work.sleep(Duration::from_secs(nap)).await;
                    tokio::task::yield_now().await;
                    told.send((name, nap)).unwrap();
                }
            });
        }
        let before = time.now();
        tokio::time::timeout(PATIENCE, time.advance(Duration::from_hours(1), PATIENCE)).await.unwrap();
        let mut got = Vec::new();
        while let Ok(one) = seen.try_recv() {
            got.push(one);
        }
        assert_eq!(got, [("short", 60), ("short", 300), ("long", 600), ("short", 900)]);
        assert!(time.now() >= before + Duration::from_hours(1));
        assert!(time.now() < before + Duration::from_secs(3700));
    }

    #[tokio::test]
    async fn a_sleeper_also_wakes_by_itself_and_after_a_part_of_the_way() {
        let time = Time::new(Duration::ZERO);
        let work = time.work();
        let sleeper = tokio::spawn(async move { work.sleep(Duration::from_millis(3_600_050)).await });
        time.advance(Duration::from_hours(1), PATIENCE).await;
        tokio::time::timeout(PATIENCE, sleeper).await.unwrap().unwrap();
        assert_eq!(time.line().awake, 0);
    }

    #[tokio::test]
    async fn work_that_is_cut_off_asleep_or_awake_holds_nobody_up() {
        let time = Time::new(Duration::ZERO);
        let work = time.work();
        let asleep = tokio::spawn(async move { work.sleep(PATIENCE).await });
        tokio::task::yield_now().await;
        assert_eq!(time.line().sleepers.len(), 1);
        asleep.abort();
        assert!(asleep.await.unwrap_err().is_cancelled());
        drop(time.work());
        let line = time.line();
        assert_eq!((line.awake, line.sleepers.len()), (0, 0));
    }

    #[tokio::test]
    async fn work_that_never_ends_is_waited_for_no_longer_than_patience() {
        let time = Time::new(Duration::ZERO);
        let forever = time.work();
        let aside = forever.aside(time.advance(Duration::from_mins(1), PATIENCE));
        tokio::time::timeout(PATIENCE / 2, aside).await.unwrap();
        let moved = time.advance(Duration::from_mins(1), Duration::from_millis(10));
        tokio::time::timeout(PATIENCE, moved).await.unwrap();
        assert!(time.moved() >= Duration::from_secs(119));
    }
}
