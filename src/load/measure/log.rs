use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use hdrhistogram::serialization::{
    V2DeflateSerializer,
    interval_log::{IntervalLogWriterBuilder, Tag},
};
use serde::{Deserialize, Serialize};

use super::outline::{Group, Outline};
use crate::{
    journal::{Folder, FolderError},
    load::engine::{Health, Lap},
};

/// So many seconds may wait for the disk before one is left out of the log: the load never waits for it.
const WAITING: usize = 32;

/// A line of the log of counts.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// What is sent: the first line.
    Load(Outline),
    /// When the first ticket was due (RFC 3339, UTC).
    Begun(String),
    /// A second. Its histograms stand in the interval log, three for each lap and in the order of the laps.
    Second(Seen),
    /// The end of a load that was not killed.
    End(Closed),
}

/// What was counted in a second.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Seen {
    pub(super) from: f64,
    pub(super) to: f64,
    /// How many users each group has.
    pub(super) users: Vec<usize>,
    /// The generator's thread, in seconds.
    pub(super) wall: f64,
    pub(super) cpu: Option<f64>,
    pub(super) starved: Option<f64>,
    pub(super) laps: Vec<SeenLap>,
}

/// The counts of one step, or of passes, in one stage.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct SeenLap {
    pub(super) group: usize,
    pub(super) stage: usize,
    pub(super) step: Option<usize>,
    pub(super) ended: u64,
    pub(super) done: u64,
    pub(super) limited: u64,
    pub(super) queued: u64,
    pub(super) errors: BTreeMap<String, u64>,
}

/// How a load ended.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Closed {
    pub(super) lasted: f64,
    pub(super) unsent: Vec<u64>,
    pub(super) ending: crate::report::load::Ending,
    pub(super) stopped: Option<String>,
    pub(super) precise: bool,
    /// What it found, if it was a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) search: Option<crate::report::load::Search>,
}

impl Seen {
    pub(super) fn new(from: f64, to: f64, health: &Health, users: Vec<usize>, laps: &[Lap]) -> Self {
        let lap = |lap: &Lap| {
            let counts = &lap.figures.counts;
            SeenLap {
                group: lap.group,
                stage: lap.stage,
                step: lap.step,
                ended: counts.ended,
                done: counts.done,
                limited: counts.limited,
                queued: counts.queued,
                errors: counts.errors.clone(),
            }
        };
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        Self {
            from,
            to,
            users,
            wall: health.wall.as_secs_f64(),
            cpu: seconds(health.cpu),
            starved: seconds(health.starved),
            laps: laps.iter().map(lap).collect(),
        }
    }
}

/// The two log files of a load: `load-N.jsonl` with counts, and `load-N.hlog` with interval histograms.
pub(super) fn paths(folder: &Path, number: usize) -> (PathBuf, PathBuf) {
    (folder.join(format!("load-{number}.jsonl")), folder.join(format!("load-{number}.hlog")))
}

enum Message {
    Begun(jiff::Timestamp),
    Second(Seen, Vec<Lap>),
    End(Closed),
}

/// Writes the log on a thread of its own, so that the load waits for no disk.
pub(super) struct Log {
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    left_out: u64,
}

impl Log {
    /// # Errors
    ///
    /// The files cannot be written.
    pub(super) fn begin(outline: &Outline, folder: &Folder, number: usize) -> Result<Self, FolderError> {
        let (counts, intervals) = paths(folder.path(), number);
        let refused = |path: &Path, source| FolderError::NotWritable { path: path.to_owned(), source };
        let mut counts_file = File::create(&counts).map_err(|error| refused(&counts, error))?;
        let intervals_file = File::create(&intervals).map_err(|error| refused(&intervals, error))?;
        line(&mut counts_file, &Line::Load(outline.clone())).map_err(|error| refused(&counts, error))?;
        let (sender, receiver) = sync_channel(WAITING);
        let writer = Writer { counts: counts_file, intervals: intervals_file, groups: outline.groups.clone() };
        let thread = thread::Builder::new().name("load log".into()).spawn(move || writer.run(&receiver));
        Ok(Self { sender: Some(sender), thread: Some(thread.map_err(|error| refused(&counts, error))?), left_out: 0 })
    }

    pub(super) fn begun(&mut self, at: jiff::Timestamp) {
        self.send(Message::Begun(at));
    }

    pub(super) fn second(&mut self, seen: Seen, laps: Vec<Lap>) {
        self.send(Message::Second(seen, laps));
    }

    fn send(&mut self, message: Message) {
        let is_sent = self.sender.as_ref().is_some_and(|sender| sender.try_send(message).is_ok());
        self.left_out += u64::from(!is_sent);
    }

    /// Writes the end. Tells what is missing in the log, where something is.
    pub(super) fn close(mut self, end: Closed) -> Option<String> {
        // The load is over: now there is time to wait for the disk.
        let sent = self.sender.take().map(|sender| sender.send(Message::End(end)).is_ok());
        let written = self.thread.take().map(JoinHandle::join);
        match (sent, written) {
            (Some(true), Some(Ok(Ok(())))) if self.left_out == 0 => None,
            (_, Some(Ok(Err(error)))) => Some(format!("the log of the load is not whole: {error}")),
            _ => Some(format!("the log of the load is not whole: the disk was {} seconds behind", self.left_out)),
        }
    }
}

struct Writer {
    counts: File,
    intervals: File,
    groups: Vec<Group>,
}

impl Writer {
    fn run(mut self, receiver: &Receiver<Message>) -> io::Result<()> {
        for message in receiver {
            match message {
                Message::Begun(at) => {
                    line(&mut self.counts, &Line::Begun(at.to_string()))?;
                    let since = u64::try_from(at.as_millisecond()).unwrap_or_default();
                    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(since);
                    let mut header = IntervalLogWriterBuilder::new();
                    header.add_comment("[Logged by matchproof; times in microseconds]");
                    header.with_start_time(at).with_base_time(at);
                    let mut text = Vec::new();
                    header.begin_log_with(&mut text, &mut V2DeflateSerializer::new())?;
                    text.extend_from_slice(
                        b"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
                    );
                    self.intervals.write_all(&text)?;
                }
                Message::Second(seen, laps) => {
                    // The counts come last: where they stand, their histograms do.
                    self.intervals.write_all(&self.histograms(&seen, &laps)?)?;
                    line(&mut self.counts, &Line::Second(seen))?;
                }
                Message::End(end) => line(&mut self.counts, &Line::End(end))?,
            }
        }
        Ok(())
    }

    fn histograms(&self, seen: &Seen, laps: &[Lap]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        let moment = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let mut writer = IntervalLogWriterBuilder::new().begin_log_with(&mut text, &mut serializer)?;
        for lap in laps {
            let group = self.groups.get(lap.group);
            let step =
                lap.step.and_then(|step| group?.steps.get(step)).map(|step| format!("{step}.")).unwrap_or_default();
            let name = group.map(|group| group.name.as_str()).unwrap_or_default();
            let figures = &lap.figures;
            for (word, times) in
                [("response", &figures.response), ("service", &figures.service), ("lateness", &figures.lateness)]
            {
                let tag = format!("{name}.{step}{word}");
                writer
                    .write_histogram(times, moment(seen.from), moment(seen.to - seen.from), Tag::new(&tag))
                    .map_err(io::Error::other)?;
            }
        }
        Ok(text)
    }
}

/// Writes a whole line at once, so that nobody sees half of it unless the process dies in it.
fn line(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
}
