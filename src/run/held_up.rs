//! The harness's watch over itself: when did the machine not let it run?
//!
//! Two signs are read: a timer that wakes late, on the run's own runtime and on the receiver's, and, where the system tells
//! (Linux), how long each thread of this process stood in line for a processor.

use std::{
    collections::{BTreeMap, VecDeque},
    ffi::OsString,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, task::AbortHandle, time::Instant};

use crate::{
    clock::milliseconds,
    evidence::{HeldUp, Record, Recorder},
};

/// How often the timer of the run's own runtime is due.
const TICK: Duration = Duration::from_millis(10);

/// How often the receiver's is.
const TICK_OF_RECEIVER: Duration = Duration::from_millis(20);

/// The threads are looked at on each such tick of the run's own runtime.
const TICKS_PER_LOOK: u32 = 5;

/// On each such look, threads that came or went are noticed.
const LOOKS_PER_LISTING: u32 = 10;

/// Less than this, in milliseconds, is usual on a machine with time to spare.
const WORTH_TELLING_MS: f64 = 40.0;

/// A look so long ago was another run's: what was waited since is none of ours.
const FORGOTTEN: Duration = Duration::from_secs(1);

/// Watches until it is stopped or dropped.
pub(super) struct Watch {
    recorder: Recorder,
    stretches: Arc<Mutex<Stretches>>,
    tasks: [AbortHandle; 2],
}

impl Watch {
    /// Begins to watch the runtime in which it is called, and the receiver's.
    pub(super) fn start(recorder: Recorder, receiver: &Handle) -> Self {
        // The threads of this run are new.
        threads().looks = 0;
        let stretches: Arc<Mutex<Stretches>> = Arc::default();
        let watch = |tick, looks_at_threads| watch(recorder.clone(), Arc::clone(&stretches), tick, looks_at_threads);
        let own = tokio::spawn(watch(TICK, true)).abort_handle();
        let tasks = [own, receiver.spawn(watch(TICK_OF_RECEIVER, false)).abort_handle()];
        Self { recorder, stretches, tasks }
    }

    /// Ends the watch and records what is left to record.
    pub(super) fn stop(self) {
        self.tasks.iter().for_each(AbortHandle::abort);
        // Recorded under the lock: what a timer's task still records is not recorded behind this.
        let mut stretches = self.stretches.lock().unwrap_or_else(PoisonError::into_inner);
        record(&self.recorder, stretches.open.take());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

async fn watch(recorder: Recorder, stretches: Arc<Mutex<Stretches>>, every: Duration, looks_at_threads: bool) {
    let mut looked = Instant::now();
    for tick in 0_u32.. {
        let due = Instant::now() + every;
        tokio::time::sleep_until(due).await;
        let late_ms = milliseconds(due.elapsed());
        let looks = looks_at_threads && tick.is_multiple_of(TICKS_PER_LOOK);
        let waited = if looks { threads().longest_wait(&mut looked, Instant::now()) } else { Waited::default() };
        let now_ms = recorder.now_ms();
        let mut stretches = stretches.lock().unwrap_or_else(PoisonError::into_inner);
        record(&recorder, stretches.note(now_ms, late_ms, waited));
    }
}

fn record(recorder: &Recorder, stretch: Option<HeldUp>) {
    if let Some(stretch) = stretch {
        recorder.record(Record::HeldUp(stretch));
    }
}

/// Stretches in which the harness was held up; neighbours are one, so that a run has no more of them than can be written.
#[derive(Default)]
struct Stretches {
    open: Option<HeldUp>,
    closed: u32,
}

impl Stretches {
    /// Takes in what a tick saw, and gives a stretch that is over.
    fn note(&mut self, now_ms: f64, late_ms: f64, waited: Waited) -> Option<HeldUp> {
        // What counts as neighbours grows with their number: that stays within the root of the run's length.
        let near_ms = 100.0 * (1.0 + f64::from(self.closed) / 200.0);
        let is_over = |open: &HeldUp| now_ms - open.to_ms > near_ms || open.to_ms - open.from_ms > 10.0 * near_ms;
        let ended = self.open.take_if(|open| is_over(open));
        self.closed += u32::from(ended.is_some());
        for (lost_ms, before_ms, stopped_ms) in [(late_ms, 0.0, late_ms), (waited.longest_ms, waited.since_ms, 0.0)] {
            if lost_ms >= WORTH_TELLING_MS {
                let from_ms = (now_ms - lost_ms - before_ms).max(0.0);
                self.add(HeldUp { from_ms, to_ms: now_ms, lost_ms, stopped_ms });
            }
        }
        ended
    }

    fn add(&mut self, more: HeldUp) {
        let Some(open) = &mut self.open else {
            self.open = Some(more);
            return;
        };
        // Several signs may tell of one and the same stop.
        let both = more.lost_between(open.from_ms, open.to_ms);
        let both_stopped = more.stopped_between(open.from_ms, open.to_ms);
        open.from_ms = open.from_ms.min(more.from_ms);
        open.to_ms = open.to_ms.max(more.to_ms);
        open.stopped_ms = (open.stopped_ms + more.stopped_ms - both_stopped).max(more.stopped_ms);
        open.lost_ms = (open.lost_ms + more.lost_ms - both).max(more.lost_ms).min(open.to_ms - open.from_ms);
    }
}

/// How long the threads of this process stood in line for a processor, as far as the system tells.
///
/// All runs of a process look together: of a hundred threads, each of thirty runs would read the times of all.
struct Threads {
    known: BTreeMap<OsString, Thread>,
    looks: u32,
    /// The last looks, and what each saw.
    seen: VecDeque<(Instant, Waited)>,
}

static THREADS: Mutex<Threads> = Mutex::new(Threads { known: BTreeMap::new(), looks: 0, seen: VecDeque::new() });

fn threads() -> MutexGuard<'static, Threads> {
    THREADS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a look saw.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Waited {
    /// The longest that any thread waited between this look and the one before, in milliseconds.
    longest_ms: f64,
    /// How long ago that began, in milliseconds.
    since_ms: f64,
}

struct Thread {
    file: File,
    waited_ns: u64,
}

impl Threads {
    /// The most that was waited in the looks after `looked`, which becomes the last look: a new one where the last was long ago.
    fn longest_wait(&mut self, looked: &mut Instant, now: Instant) -> Waited {
        let last = self.seen.back().map(|(at, _)| *at);
        if last.is_none_or(|last| now - last >= TICK * (TICKS_PER_LOOK - 1)) {
            let longest_ms = self.longest_wait_ms();
            let since = last.map(|last| now - last).filter(|since| *since < FORGOTTEN);
            let waited = since.map(|since| Waited { longest_ms, since_ms: milliseconds(since) });
            self.seen.push_back((now, waited.unwrap_or_default()));
            self.seen.retain(|(at, _)| now - *at < FORGOTTEN);
        }
        let before = std::mem::replace(looked, self.seen.back().map_or(now, |(at, _)| *at));
        let unheard = self.seen.iter().filter(|(at, _)| *at > before);
        let told = unheard.map(|(at, seen)| Waited { since_ms: seen.since_ms + milliseconds(now - *at), ..*seen });
        told.max_by(|one, other| one.longest_ms.total_cmp(&other.longest_ms)).unwrap_or_default()
    }

    /// The longest that any thread waited since the last look, in milliseconds.
    fn longest_wait_ms(&mut self) -> f64 {
        if self.looks.is_multiple_of(LOOKS_PER_LISTING) {
            self.list();
        }
        self.looks = self.looks.wrapping_add(1);
        let waits = self.known.values_mut().filter_map(Thread::wait_since_last_look);
        milliseconds(waits.max().unwrap_or_default())
    }

    fn list(&mut self) {
        let Ok(listed) = fs::read_dir("/proc/self/task") else { return };
        let mut before = std::mem::take(&mut self.known);
        for entry in listed.flatten() {
            let thread = before.remove(&entry.file_name()).or_else(|| {
                let mut thread = Thread { file: File::open(entry.path().join("schedstat")).ok()?, waited_ns: 0 };
                thread.wait_since_last_look()?;
                Some(thread)
            });
            self.known.extend(thread.map(|thread| (entry.file_name(), thread)));
        }
    }
}

impl Thread {
    /// Of the three numbers of `schedstat`, the second is the time spent waiting for a processor, in nanoseconds
    /// (`proc_pid_schedstat(5)`, Linux).
    fn wait_since_last_look(&mut self) -> Option<Duration> {
        let mut text = [0; 64];
        self.file.seek(SeekFrom::Start(0)).ok()?;
        let length = self.file.read(&mut text).ok()?;
        let waited_ns: u64 = std::str::from_utf8(&text[..length]).ok()?.split_whitespace().nth(1)?.parse().ok()?;
        let since = waited_ns.saturating_sub(std::mem::replace(&mut self.waited_ns, waited_ns));
        Some(Duration::from_nanos(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, evidence::Evidence};

    fn waited(longest_ms: f64) -> Waited {
        Waited { longest_ms, since_ms: 50.0 }
    }

    #[test]
    fn neighbours_are_one_stretch_and_what_is_usual_is_none() {
        let mut stretches = Stretches::default();
        assert_eq!(stretches.note(1000.0, 39.0, waited(39.0)), None);
        assert_eq!(stretches.open, None);
        assert_eq!(stretches.note(2000.0, 100.0, waited(0.0)), None);
        assert_eq!(stretches.note(2090.0, 60.0, waited(0.0)), None);
        assert_eq!(stretches.note(2100.0, 0.0, waited(0.0)), None, "there may be more to it");
        let both = HeldUp { from_ms: 1900.0, to_ms: 2090.0, lost_ms: 160.0, stopped_ms: 160.0 };
        assert_eq!(stretches.note(2200.0, 50.0, waited(0.0)), Some(both));
        assert_eq!(stretches.open, Some(HeldUp { from_ms: 2150.0, to_ms: 2200.0, lost_ms: 50.0, stopped_ms: 50.0 }));
    }

    #[test]
    fn a_stop_that_both_signs_tell_of_is_lost_once() {
        let mut stretches = Stretches::default();
        stretches.note(1000.0, 100.0, waited(100.0));
        assert_eq!(stretches.open, Some(HeldUp { from_ms: 850.0, to_ms: 1000.0, lost_ms: 100.0, stopped_ms: 100.0 }));
    }

    #[test]
    fn a_machine_without_any_time_to_spare_fills_no_disk() {
        let mut stretches = Stretches::default();
        let half_an_hour = (1..36_000).filter_map(|tick| stretches.note(f64::from(tick) * 50.0, 40.0, waited(40.0)));
        assert!(half_an_hour.count() < 1000);
    }

    #[test]
    fn a_look_of_another_run_is_heard_of_by_all() {
        let now = Instant::now();
        let ago = |ms| now - Duration::from_millis(ms);
        let seen = [(ago(900), waited(80.0)), (ago(70), waited(60.0)), (ago(20), waited(0.0))].into();
        let mut threads = Threads { known: BTreeMap::new(), looks: 1, seen };
        let mut looked = ago(100);
        let told = threads.longest_wait(&mut looked, now);
        assert_eq!((told.longest_ms, looked), (60.0, ago(20)), "and not what was there before");
        assert!((120.0..).contains(&told.since_ms), "{told:?}");
        assert_eq!(threads.longest_wait(&mut looked, now), Waited::default(), "once");
    }

    #[test]
    fn a_stop_that_two_timers_tell_of_is_one() {
        let mut stretches = Stretches::default();
        stretches.note(1000.0, 100.0, waited(0.0));
        stretches.note(1010.0, 100.0, waited(0.0));
        assert_eq!(stretches.open, Some(HeldUp { from_ms: 900.0, to_ms: 1010.0, lost_ms: 110.0, stopped_ms: 110.0 }));
    }

    #[test]
    fn a_runtime_that_was_kept_from_running_is_told_of() {
        for stopped in 0..2 {
            let evidence: Arc<Mutex<Evidence>> = Arc::default();
            let sink = Arc::clone(&evidence);
            let recorder = Recorder::new(Clock::new(), move |record| sink.lock().unwrap().take(record));
            let one_thread =
                || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
            let runtimes = [one_thread(), one_thread()];
            let watch = runtimes[0].block_on(async { Watch::start(recorder.clone(), runtimes[1].handle()) });
            let is_stopped = {
                let recorder = recorder.clone();
                async move {
                    let from_ms = recorder.now_ms();
                    std::thread::sleep(Duration::from_millis(300));
                    (from_ms, recorder.now_ms())
                }
            };
            let (from_ms, to_ms) = runtimes[stopped].block_on(runtimes[stopped].spawn(is_stopped)).unwrap();
            // The next tick sees it.
            let seen = |watch: &Watch| watch.stretches.lock().unwrap().open.is_some_and(|open| open.to_ms >= to_ms);
            let ends = Instant::now() + Duration::from_secs(20);
            while !seen(&watch) && Instant::now() < ends {
                std::thread::yield_now();
            }
            watch.stop();
            let told = evidence.lock().unwrap().stopped_between(from_ms, to_ms);
            assert!(told > 200.0, "{told} ms of 300 of runtime {stopped}");
        }
    }
}
