use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::EVIDENCE;
use crate::evidence::{Evidence, Record};

/// Evidence as it was read back, with what could not be read.
#[derive(Debug, Default)]
pub struct ReadBack {
    /// All that could be read.
    pub evidence: Evidence,
    /// Whether the last line was cut off: the run was killed while it wrote it.
    pub torn: bool,
    /// How many lines there are, a torn one among them.
    pub lines: u64,
    /// Lines that are no record: their number, from 1, and why.
    pub bad_lines: Vec<(usize, String)>,
}

/// Why evidence could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The folder holds no run.
    #[error("{} holds no {EVIDENCE}; name the folder of a run", folder.display())]
    NoRun {
        /// The folder that was asked for.
        folder: PathBuf,
    },
    /// The system refused.
    #[error("failed to read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Reads the evidence of a run, also of one that was killed.
///
/// # Errors
///
/// The folder holds no run, or its file cannot be read.
pub fn read_evidence(folder: &Path) -> Result<ReadBack, ReadError> {
    let path = folder.join(EVIDENCE);
    let file = File::open(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::NoRun { folder: folder.to_owned() },
        _ => ReadError::Unreadable { path: path.clone(), source },
    })?;
    let mut reader = BufReader::new(file);
    let mut read = ReadBack::default();
    // Bytes, because a line may be cut in the middle of a character.
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader
            .read_until(b'\n', &mut line)
            .map_err(|source| ReadError::Unreadable { path: path.clone(), source })?;
        if length == 0 {
            return Ok(read);
        }
        read.take(&line);
    }
}

impl ReadBack {
    fn take(&mut self, line: &[u8]) {
        self.lines += 1;
        match serde_json::from_slice::<Record>(line) {
            Ok(record) => self.evidence.take(record),
            Err(_) if !line.ends_with(b"\n") => self.torn = true,
            Err(error) => self.bad_lines.push((usize::try_from(self.lines).unwrap_or(usize::MAX), error.to_string())),
        }
    }
}
