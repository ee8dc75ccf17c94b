use std::fmt;

use super::Times;

/// The last second of a load, of the passes of all groups together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulse {
    /// When it ended, in seconds since the load began.
    pub at: f64,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// How many passes wait for an answer, where it is known.
    pub in_flight: Option<u64>,
    /// How many were done.
    pub done: u64,
    /// How many were rate-limited.
    pub limited: u64,
    /// How many ended otherwise than was expected.
    pub errors: u64,
    /// How long they took from when they were due.
    pub response: Times,
}

impl fmt::Display for Pulse {
    /// One plain line, such as `12 s: 498/s, p50 0.45 ms, p99 12.1 ms, 0 errors`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let ms = |percent: f64| self.response.0.value_at_percentile(percent) as f64 / 1e3;
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let rate = self.done as f64 / self.seconds.max(0.001);
        write!(f, "{:.0} s: {rate:.0}/s", self.at)?;
        if let Some(in_flight) = self.in_flight {
            write!(f, ", {in_flight} in flight")?;
        }
        if !self.response.0.is_empty() {
            write!(f, ", p50 {:.2} ms, p99 {:.2} ms", ms(50.0), ms(99.0))?;
        }
        write!(f, ", {} errors", self.errors)?;
        if self.limited > 0 {
            write!(f, ", {} limited", self.limited)?;
        }
        Ok(())
    }
}
