use std::{
    fs::File,
    io::{self, BufWriter, Write},
    mem,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use thiserror::Error;

use super::{EVIDENCE, Folder};
use crate::evidence::{End, Ending, Record};

/// How many records may wait for the disk.
const QUEUE: usize = 65_536;
/// How long a record may wait in our own buffer: a killed run loses no more than this.
const FLUSH_WITHIN: Duration = Duration::from_millis(10);
/// How long the thread rests once it has written all there was, before it waits for more. To wake it for each record costs those
/// who take deliveries in more than all else that they do for one.
const REST: Duration = Duration::from_millis(2);

/// Writes evidence to disk as it happens, on a thread of its own.
pub struct Journal {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
    thread: JoinHandle<io::Result<u64>>,
    path: PathBuf,
}

/// What was written by the time a journal was closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Closed {
    /// How many records stand in the file.
    pub records: u64,
    /// How many did not fit the queue, or came behind the end. Where there are any, the file says so in a last record.
    pub lost: u64,
}

/// Why evidence could not be written.
#[derive(Debug, Error)]
#[error("failed to write the evidence to {}: {source}; make room, or name another folder", path.display())]
pub struct JournalError {
    /// The file of the evidence.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

enum Message {
    Record(Box<Record>),
    Close,
}

impl Journal {
    /// Opens the evidence of a run.
    ///
    /// # Errors
    ///
    /// The file cannot be made, or no thread.
    pub fn open(folder: &Folder) -> Result<Self, JournalError> {
        let path = folder.path().join(EVIDENCE);
        match File::create_new(&path) {
            Ok(file) => Self::start(file, path, QUEUE),
            Err(source) => Err(JournalError { path, source }),
        }
    }

    pub(super) fn start(
        file: impl Write + Send + 'static,
        path: PathBuf,
        capacity: usize,
    ) -> Result<Self, JournalError> {
        let (queue, records) = sync_channel(capacity);
        let lost = Arc::new(AtomicU64::new(0));
        let writer = Writer::new(file, Arc::clone(&lost));
        let thread = thread::Builder::new().name("journal".into()).spawn(move || writer.run(&records));
        match thread {
            Ok(thread) => Ok(Self { queue, lost, thread, path }),
            Err(source) => Err(JournalError { path, source }),
        }
    }

    /// What takes records in. It never blocks: what does not fit the queue, or comes after the end, is counted as lost.
    pub fn sink(&self) -> impl Fn(Record) + Send + Sync + Clone + 'static {
        let (queue, lost) = (self.queue.clone(), Arc::clone(&self.lost));
        move |record| {
            if queue.try_send(Message::Record(Box::new(record))).is_err() {
                lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Writes all that was taken in before, and ends. It blocks until the disk has it.
    ///
    /// # Errors
    ///
    /// The disk refused some of it.
    pub fn close(self) -> Result<Closed, JournalError> {
        // A thread that has ended on an error no longer takes it in, and its error is told below.
        let _ = self.queue.send(Message::Close);
        let written = self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the journal's thread panicked")));
        let records = written.map_err(|source| JournalError { path: self.path, source })?;
        Ok(Closed { records, lost: self.lost.load(Ordering::Relaxed) })
    }
}

struct Writer<W: Write> {
    file: BufWriter<W>,
    lost: Arc<AtomicU64>,
    records: u64,
    flushed: Instant,
    end: Option<End>,
}

impl<W: Write> Writer<W> {
    fn new(file: W, lost: Arc<AtomicU64>) -> Self {
        let file = BufWriter::with_capacity(256 * 1024, file);
        Self { file, lost, records: 0, flushed: Instant::now(), end: None }
    }

    /// Writes until it is told to end, or until nobody is left who could tell.
    fn run(mut self, records: &Receiver<Message>) -> io::Result<u64> {
        let mut has_rested = true;
        loop {
            let next = match records.try_recv() {
                Ok(message) => Some(message),
                Err(TryRecvError::Disconnected) => None,
                Err(TryRecvError::Empty) => {
                    self.flush()?;
                    if !mem::replace(&mut has_rested, true) {
                        thread::sleep(REST);
                        continue;
                    }
                    records.recv().ok()
                }
            };
            has_rested = false;
            match next {
                Some(Message::Record(record)) => self.take(*record)?,
                Some(Message::Close) | None => {
                    let late = records.try_iter().filter(|message| matches!(message, Message::Record(_))).count();
                    self.lost.fetch_add(late as u64, Ordering::Relaxed);
                    return self.finish();
                }
            }
        }
    }

    fn take(&mut self, record: Record) -> io::Result<()> {
        serde_json::to_writer(&mut self.file, &record)?;
        self.file.write_all(b"\n")?;
        self.records += 1;
        if let Record::End(end) = record {
            self.end = Some(end);
        }
        if self.flushed.elapsed() >= FLUSH_WITHIN { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        self.file.flush()
    }

    /// Says in the file itself that evidence was lost, so that nobody judges a part as the whole.
    fn finish(mut self) -> io::Result<u64> {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            let at_ms = self.end.as_ref().map_or(0.0, |end| end.at_ms);
            let before = self.end.take().and_then(|end| end.detail).map(|detail| format!("; {detail}"));
            let detail =
                Some(format!("{lost} records were lost before they were written{}", before.unwrap_or_default()));
            self.take(Record::End(End { at_ms, how: Ending::EvidenceLost, detail }))?;
        }
        self.flush()?;
        Ok(self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_behind_the_end_is_counted_as_lost() {
        let (queue, records) = sync_channel(8);
        let end = || Record::End(End { at_ms: 1.0, how: Ending::Complete, detail: None });
        for message in [Message::Record(Box::new(end())), Message::Close, Message::Record(Box::new(end()))] {
            queue.send(message).unwrap();
        }
        let lost = Arc::default();
        let written = Writer::new(Vec::new(), Arc::clone(&lost)).run(&records).unwrap();
        assert_eq!((written, lost.load(Ordering::Relaxed)), (2, 1), "and the file says so in a record of its own");
    }
}
