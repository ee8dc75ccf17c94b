use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use thiserror::Error;

use super::{
    book::{Book, End},
    log::{Line, Seen, SeenLap, paths},
};
use crate::{
    load::engine::{Counts, Figures, Health, Lap},
    report::load::{Ending, LoadResult, Times},
};

/// Why the figures of a load could not be read back.
#[derive(Debug, Error)]
pub(crate) enum ReadError {
    /// The system refused.
    #[error("failed to read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its first line does not say what was sent.
    #[error("{} does not begin with what was sent; was it written by another version?", path.display())]
    NoLoad {
        /// The file.
        path: PathBuf,
    },
}

/// The results of all loads of a run folder, from the seconds that stand in it, also of one that was killed. None where
/// it has no load.
///
/// # Errors
///
/// A file cannot be read, or is none of ours.
pub(crate) fn read(folder: &Path) -> Result<Vec<LoadResult>, ReadError> {
    let mut results = Vec::new();
    for number in 1.. {
        let (counts, intervals) = paths(folder, number);
        if !counts.exists() {
            break;
        }
        results.push(one(&counts, &intervals)?);
    }
    Ok(results)
}

/// The results of the loads of a run folder that have no end, for they were killed with their run: the run's own report has
/// those of all others.
///
/// # Errors
///
/// As of [`read`].
pub(crate) fn killed(folder: &Path) -> Result<Vec<LoadResult>, ReadError> {
    let all = read(folder)?;
    Ok(all.into_iter().filter(|load| load.ending == Ending::Killed).collect())
}

fn one(counts: &Path, intervals: &Path) -> Result<LoadResult, ReadError> {
    let load = |path: &Path| fs::read(path).map_err(|source| ReadError::Unreadable { path: path.to_owned(), source });
    let (counts_bytes, interval_bytes) = (load(counts)?, load(intervals)?);
    // A last line without an end was cut off.
    let whole = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut histograms =
        IntervalLogIterator::new(&interval_bytes[..whole(&interval_bytes)]).filter_map(|entry| match entry {
            Ok(LogEntry::Interval(interval)) => Some(interval.encoded_histogram().parse::<Times>().ok()),
            _ => None,
        });
    let mut lines =
        counts_bytes[..whole(&counts_bytes)].split(|byte| *byte == b'\n').map(serde_json::from_slice::<Line>);
    let Some(Ok(Line::Load(outline))) = lines.next() else {
        return Err(ReadError::NoLoad { path: counts.to_owned() });
    };
    let mut book = Book::new(outline);
    let mut end = None;
    for line in lines.map_while(Result::ok) {
        match line {
            Line::Load(_) => {}
            Line::Begun(at) => book.begun(at),
            Line::Second(seen) => {
                let Some(laps) = seen.laps.iter().map(|lap| lap.read(&mut histograms)).collect::<Option<Vec<Lap>>>()
                else {
                    break;
                };
                book.second(seen.from, seen.to, &laps, &seen.health(), &seen.users);
            }
            Line::End(closed) => end = Some(closed),
        }
    }
    Ok(match end {
        Some(end) => book.result(&End {
            lasted: end.lasted,
            unsent: Some(end.unsent),
            ending: end.ending,
            stopped: end.stopped,
            precise: end.precise,
            search: end.search,
        }),
        None => book.result(&End {
            lasted: book.reached(),
            unsent: None,
            ending: Ending::Killed,
            stopped: Some("it was killed: these are the figures of all whole seconds".into()),
            precise: true,
            search: None,
        }),
    })
}

impl Seen {
    fn health(&self) -> Health {
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Health { wall: time(self.wall), cpu: self.cpu.map(time), starved: self.starved.map(time) }
    }
}

impl SeenLap {
    /// With its three histograms; nothing where one is missing or no histogram.
    fn read(&self, histograms: &mut impl Iterator<Item = Option<Times>>) -> Option<Lap> {
        let mut next = || Some(histograms.next()??.0);
        let figures = Figures {
            response: next()?,
            service: next()?,
            lateness: next()?,
            counts: Counts {
                ended: self.ended,
                done: self.done,
                limited: self.limited,
                queued: self.queued,
                errors: self.errors.clone(),
            },
        };
        Some(Lap { group: self.group, stage: self.stage, step: self.step, figures })
    }
}
