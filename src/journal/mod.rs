//! The folder of a run: evidence to disk as it happens, and back, and a search through all of it for secrets.

mod folder;
mod read;
mod search;
#[cfg(test)]
mod tests;
mod writer;

pub use folder::{Folder, FolderError};
pub use read::{ReadBack, ReadError, read_evidence};
pub use search::{Leak, Search, SearchError, search};
pub use writer::{Closed, Journal, JournalError};

/// The file of the evidence, one record in JSON on each line.
pub const EVIDENCE: &str = "evidence.jsonl";
