//! How the generator itself did: a load is worth what its generator could send.

use std::time::{Duration, Instant};

/// How the generator's own thread did over some time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Health {
    /// How long it was.
    pub(crate) wall: Duration,
    /// How long the thread ran on a core; nothing where the system does not tell.
    pub(crate) cpu: Option<Duration>,
    /// How long it could have run and got no core.
    pub(crate) starved: Option<Duration>,
}

/// Reads the generator thread's own times. It must be used on that thread alone.
pub(super) struct Meter {
    at: Instant,
    times: Option<(Duration, Duration)>,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self { at: Instant::now(), times: times() }
    }

    /// What has passed since the last time.
    pub(super) fn lap(&mut self) -> Health {
        let last = std::mem::replace(self, Self::start());
        let since =
            |pick: fn((Duration, Duration)) -> Duration| Some(pick(self.times?).saturating_sub(pick(last.times?)));
        Health { wall: self.at - last.at, cpu: since(|times| times.0), starved: since(|times| times.1) }
    }
}

/// The time on a core and the time waiting for one, of the thread that asks, as Linux counts them.
fn times() -> Option<(Duration, Duration)> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let mut numbers = text.split_whitespace().map(|number| number.parse().map(Duration::from_nanos));
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
