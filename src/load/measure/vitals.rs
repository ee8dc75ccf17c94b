use std::{collections::VecDeque, time::Duration};

use crate::load::engine::Health;

/// So many seconds in a row show a generator that is too slow, and no burst after a stall.
const IN_A_ROW: usize = 5;

/// How the generator's thread did over the seconds that are judged.
#[derive(Debug, Default)]
pub(super) struct Pace {
    wall: Duration,
    cpu: Option<Duration>,
    starved: Option<Duration>,
    last: VecDeque<(Duration, Duration)>,
    busiest: Option<f64>,
}

impl Pace {
    /// Takes a whole second that is judged.
    pub(super) fn take(&mut self, health: &Health) {
        self.wall += health.wall;
        for (sum, more) in [(&mut self.cpu, health.cpu), (&mut self.starved, health.starved)] {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or_default() + more);
            }
        }
        let Some(cpu) = health.cpu else { return };
        self.last.push_back((health.wall, cpu + health.starved.unwrap_or_default()));
        if self.last.len() > IN_A_ROW {
            self.last.pop_front();
        }
        if self.last.len() == IN_A_ROW {
            let (wall, busy) =
                self.last.iter().fold((Duration::ZERO, Duration::ZERO), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            let share = part(busy, wall);
            self.busiest = Some(self.busiest.map_or(share, |busiest| busiest.max(share)));
        }
    }

    /// Tells of a second that is not judged, which parts those around it.
    pub(super) fn pause(&mut self) {
        self.last.clear();
    }

    /// The part of the time on a core.
    pub(super) fn cpu(&self) -> Option<f64> {
        self.cpu.map(|cpu| part(cpu, self.wall))
    }

    /// The part of the time waiting for one.
    pub(super) fn starved(&self) -> Option<f64> {
        self.starved.map(|starved| part(starved, self.wall))
    }

    /// The greatest part of some seconds in a row on a core or waiting for one; of all where there were fewer.
    pub(super) fn busiest(&self) -> Option<f64> {
        self.busiest.or_else(|| Some(self.cpu()? + self.starved().unwrap_or_default()))
    }
}

fn part(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { part.as_secs_f64() / whole.as_secs_f64() }
}
