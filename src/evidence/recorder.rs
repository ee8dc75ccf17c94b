use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Record;
use crate::clock::Clock;

/// Where adapters put what they saw. Cloning gives another handle to the same recorder.
///
/// It numbers records and reads the clock of the run, so that all evidence shares one order and one time.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    clock: Clock,
    next: AtomicU64,
    sink: Box<dyn Fn(Record) + Send + Sync>,
}

impl Recorder {
    /// A recorder that hands every record to `sink`, which must not block.
    pub fn new(clock: Clock, sink: impl Fn(Record) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { clock, next: AtomicU64::new(1), sink: Box::new(sink) }))
    }

    /// The run's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Now, in milliseconds of the run's clock.
    #[must_use]
    pub fn now_ms(&self) -> f64 {
        self.0.clock.now_ms()
    }

    /// A number that no other record of this run has.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Hands a record on.
    pub fn record(&self, record: Record) {
        (self.0.sink)(record);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}
