use std::{
    fs,
    sync::mpsc,
    time::{Duration, Instant},
};

use super::*;
use crate::evidence::{Answered, Arrived, End, Ended, Ending, Exchange, Record, Window};

fn folder() -> (tempfile::TempDir, Folder) {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::create(&root.path().join("run")).unwrap();
    (root, folder)
}

fn arrived(id: u64) -> Record {
    Record::Arrived(Box::new(Arrived { id, body: "line\nbreak \u{2028} \"é\"".into(), ..Arrived::default() }))
}

fn end(how: Ending) -> Record {
    Record::End(End { at_ms: 7.5, how, detail: None })
}

#[test]
fn what_was_written_reads_back() {
    let (_root, folder) = folder();
    let journal = Journal::open(&folder).unwrap();
    let records = [
        arrived(1),
        Record::Answered(Answered { ended: Ended::PeerClosed, ended_ms: 30.25, ..Answered::open(1) }),
        Record::Exchange(Box::new(Exchange { id: 2, ms: 0.1 + 0.2, ..Exchange::default() })),
        Record::Window(Window { from_ms: 1.0, to_ms: 2.0, moved_ms: 0.0, basis: "gaps".into() }),
        end(Ending::Complete),
    ];
    let sink = journal.sink();
    records.iter().cloned().for_each(&sink);
    assert_eq!(journal.close().unwrap(), Closed { records: 5, lost: 0 });
    let read = read_evidence(folder.path()).unwrap();
    assert_eq!(read.evidence, records.into_iter().collect());
    assert_eq!((read.torn, read.lines, read.bad_lines.len()), (false, 5, 0));
}

#[test]
fn a_record_is_on_disk_while_the_run_lives() {
    let (_root, folder) = folder();
    let journal = Journal::open(&folder).unwrap();
    let sink = journal.sink();
    sink(arrived(1));
    let deadline = Instant::now() + Duration::from_secs(20);
    while read_evidence(folder.path()).unwrap().evidence.deliveries.is_empty() {
        assert!(Instant::now() < deadline, "the journal is not flushed while it is idle");
        std::thread::yield_now();
    }
    drop(journal);
    sink(arrived(2));
}

#[test]
fn a_line_that_a_kill_cut_is_told_and_the_rest_is_kept() {
    let (_root, folder) = folder();
    let whole = serde_json::to_string(&arrived(1)).unwrap();
    for cut in 1..whole.len() {
        let mut bytes = format!("{whole}\n").into_bytes();
        bytes.extend_from_slice(&whole.as_bytes()[..cut]);
        fs::write(folder.path().join(EVIDENCE), bytes).unwrap();
        let read = read_evidence(folder.path()).unwrap();
        assert!(read.torn && read.bad_lines.is_empty(), "{cut}");
        assert_eq!((read.lines, read.evidence.deliveries.len()), (2, 1));
    }
}

#[test]
fn a_line_that_is_no_record_is_told_by_its_number() {
    let (_root, folder) = folder();
    let whole = serde_json::to_string(&arrived(1)).unwrap();
    fs::write(folder.path().join(EVIDENCE), format!("{whole}\n{{\"record\":\"news\"}}\n\n{whole}\n")).unwrap();
    let read = read_evidence(folder.path()).unwrap();
    let lines: Vec<_> = read.bad_lines.iter().map(|(line, _)| *line).collect();
    assert_eq!((lines, read.torn, read.lines), (vec![2, 3], false, 4));
    assert!(read.bad_lines[0].1.contains("news"), "{:?}", read.bad_lines);
}

#[test]
fn a_folder_without_a_run_is_told() {
    let (root, _folder) = folder();
    assert!(matches!(read_evidence(root.path()), Err(ReadError::NoRun { .. })));
}

#[test]
fn an_evidence_file_is_never_written_over() {
    let (_root, folder) = folder();
    fs::write(folder.path().join(EVIDENCE), "").unwrap();
    assert!(Journal::open(&folder).err().unwrap().to_string().contains(EVIDENCE));
}

/// A disk that takes nothing until it is told to.
struct Stuck(mpsc::Receiver<()>, fs::File);

impl std::io::Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        self.1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.1.flush()
    }
}

#[test]
fn what_does_not_fit_the_queue_marks_the_evidence_as_lost() {
    let (_root, folder) = folder();
    let (release, stuck) = mpsc::channel();
    let file = Stuck(stuck, fs::File::create(folder.path().join(EVIDENCE)).unwrap());
    let journal = Journal::start(file, folder.path().join(EVIDENCE), 2).unwrap();
    let sink = journal.sink();
    sink(end(Ending::Complete));
    // The queue holds two and the thread at most one more: of these some are lost, and no call blocks.
    (1..=10).for_each(|id| sink(arrived(id)));
    drop(release);
    let closed = journal.close().unwrap();
    assert!(closed.lost >= 7, "{closed:?}");
    let read = read_evidence(folder.path()).unwrap();
    assert_eq!(read.lines, closed.records);
    let end = read.evidence.end.unwrap();
    assert_eq!(end.how, Ending::EvidenceLost);
    assert!(end.detail.unwrap().starts_with(&closed.lost.to_string()));
}

/// A disk that is full.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_when_the_journal_is_closed() {
    let journal = Journal::start(Full, "evidence.jsonl".into(), 8).unwrap();
    journal.sink()(arrived(1));
    let error = journal.close().unwrap_err();
    assert_eq!(error.source.kind(), std::io::ErrorKind::StorageFull);
}
