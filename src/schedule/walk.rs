use std::{collections::VecDeque, time::Duration};

use super::{Arrivals, MAX_RATE, Segment, Shard, Ticket, exponential::Exponential};

/// The tickets of one shard, in the order in which they are due.
///
/// Arrival `i` is due when the rate, added up from the begin, reaches `i` (even arrivals), or the sum of `i + 1`
/// exponential numbers (Poisson). At the end of a segment the next one begins: what falls on the very moment is of the next.
///
/// It ends where its segments end, and goes on where it stood once it was given another.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The segment in which the next ticket may fall, and those after it.
    ahead: VecDeque<Segment>,
    /// When the first of `ahead` begins.
    begin: Duration,
    /// The arrivals that are due before it.
    before: f64,
    /// When the last of all segments ends.
    end: Duration,
    /// When the last ticket was due.
    last: Duration,
    /// The number of the next ticket.
    number: u64,
    /// How far the rate has to have added up for it.
    mark: f64,
    stride: u32,
    random: Option<Exponential>,
}

impl Walk {
    /// A walk from the begin of the first segment.
    pub fn new(segments: impl IntoIterator<Item = Segment>, arrivals: Arrivals, shard: Shard) -> Self {
        let random = match arrivals {
            Arrivals::Even => None,
            Arrivals::Poisson { seed } => Some(Exponential::new(seed)),
        };
        let mut walk = Self {
            ahead: VecDeque::new(),
            begin: Duration::ZERO,
            before: 0.0,
            end: Duration::ZERO,
            last: Duration::ZERO,
            number: 0,
            mark: 0.0,
            stride: shard.of.max(1),
            random,
        };
        if let Some(random) = &mut walk.random {
            walk.mark = random.draw();
        }
        walk.pass_by(shard.index);
        segments.into_iter().for_each(|segment| walk.extend(segment));
        walk
    }

    /// Puts a segment behind the last one.
    pub fn extend(&mut self, segment: Segment) {
        let rate = |rate: f64| if rate.is_nan() { 0.0 } else { rate.clamp(0.0, MAX_RATE) };
        self.end = self.end.saturating_add(segment.duration);
        self.ahead.push_back(Segment { from: rate(segment.from), to: rate(segment.to), ..segment });
    }

    /// When the last segment ends, since the begin of the schedule.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.end
    }

    /// Goes on by some tickets, whoever they belong to.
    fn pass_by(&mut self, tickets: u32) {
        self.number = self.number.saturating_add(tickets.into());
        #[expect(clippy::cast_precision_loss, reason = "2^53 arrivals are more than 100 days at the highest rate")]
        let even = self.number as f64;
        self.mark = match &mut self.random {
            None => even,
            Some(random) => (0..tickets).fold(self.mark, |sum, _| sum + random.draw()),
        };
    }
}

impl Iterator for Walk {
    type Item = Ticket;

    fn next(&mut self) -> Option<Ticket> {
        loop {
            let segment = *self.ahead.front()?;
            let due = segment.arrivals();
            if self.mark < self.before + due {
                let into = after(&segment, self.mark - self.before);
                // Two marks that nearly touch may round past each other, by a nanosecond.
                self.last = self.last.max(self.begin.saturating_add(into));
                let ticket = Ticket { number: self.number, due: self.last, stage: segment.stage };
                self.pass_by(self.stride);
                return Some(ticket);
            }
            self.before += due;
            self.begin = self.begin.saturating_add(segment.duration);
            self.ahead.pop_front();
        }
    }
}

/// How long into a segment its rate has added up to `count`.
///
/// With the rate `a + s t` the root of `a t + s t²/2 = count`, in the form that has no difference of near numbers in it: it
/// holds for ramps from 0, and for ones so nearly flat that `s` vanishes.
fn after(segment: &Segment, count: f64) -> Duration {
    let seconds = segment.duration.as_secs_f64();
    let slope = (segment.to - segment.from) / seconds;
    let root = (segment.from * segment.from + 2.0 * slope * count).max(0.0).sqrt();
    let into = 2.0 * count / (segment.from + root);
    // 0 / 0 at the foot of a ramp from 0 is its begin; `max` takes the 0 where the other is no number.
    Duration::try_from_secs_f64(into.max(0.0)).unwrap_or(segment.duration).min(segment.duration)
}
