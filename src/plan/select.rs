use std::path::Path;

use glob::Pattern;

use crate::{
    scenario::{shipped, shipped_loads},
    syntax::Source,
};

/// The load scenarios that take far longer than the others, and so have to be asked for.
const ASKED_FOR: [&str; 2] = ["load/breakpoint", "load/soak"];

/// A pattern that cannot be used, or selects nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SelectError {
    /// The pattern is no glob.
    #[error("`{pattern}` is no pattern: {why}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file could not be read.
    #[error("{path} cannot be read: {why}")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        why: String,
    },
    /// Only scenarios match that another command runs.
    #[error("`{pattern}` selects scenarios that this command does not run; run them by `matchproof {command}`")]
    Other {
        /// The pattern.
        pattern: String,
        /// The command.
        command: &'static str,
    },
    /// No scenario matches.
    #[error("`{pattern}` selects no scenario; `matchproof list {list}` shows those that are there")]
    Nothing {
        /// The pattern.
        pattern: String,
        /// What `list` calls the scenarios that the command runs.
        list: &'static str,
    },
}

/// The scenario files of conformance that any of the patterns selects: shipped ones by path, such as `platform/retry-*`, and
/// files on disk by name or glob. No pattern selects all shipped ones.
///
/// # Errors
///
/// The first pattern that is none, selects nothing, or names a file that cannot be read.
pub fn select(patterns: &[String]) -> Result<Vec<(String, Source)>, SelectError> {
    if patterns.is_empty() {
        return Ok(shipped());
    }
    among(patterns, &Shelf { own: shipped(), other: shipped_loads(), command: "load", list: "scenarios" })
}

/// The same of load scenarios. No pattern selects all shipped ones but those that take long.
///
/// # Errors
///
/// As those of [`select`].
pub fn select_loads(patterns: &[String]) -> Result<Vec<(String, Source)>, SelectError> {
    if patterns.is_empty() {
        return Ok(shipped_loads().into_iter().filter(|(path, _)| !ASKED_FOR.contains(&path.as_str())).collect());
    }
    among(patterns, &Shelf { own: shipped_loads(), other: shipped(), command: "run", list: "loads" })
}

/// What is shipped, as one command sees it.
struct Shelf {
    /// What it runs.
    own: Vec<(String, Source)>,
    /// What it does not.
    other: Vec<(String, Source)>,
    /// The command that does.
    command: &'static str,
    /// What `list` calls its own.
    list: &'static str,
}

fn among(patterns: &[String], shelf: &Shelf) -> Result<Vec<(String, Source)>, SelectError> {
    let mut files: Vec<(String, Source)> = Vec::new();
    for pattern in patterns {
        let before = files.len();
        let glob = Pattern::new(pattern)
            .map_err(|error| SelectError::Pattern { pattern: pattern.clone(), why: error.msg.to_owned() })?;
        // A file on disk comes first, and so takes the place of a shipped one of the same path.
        for path in glob::glob(pattern).into_iter().flatten().flatten().filter(|path| path.is_file()) {
            files.push(read(&path)?);
        }
        let meant = |(path, _): &&(String, Source)| glob.matches(path) || path == pattern;
        files.extend(shelf.own.iter().filter(meant).cloned());
        if files.len() == before {
            return Err(nothing(pattern, shelf, shelf.other.iter().any(|file| meant(&file))));
        }
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files.dedup_by(|one, other| one.0 == other.0);
    Ok(files)
}

/// Why a pattern selects nothing of a shelf; `elsewhere` where it selects what another command runs.
fn nothing(pattern: &str, shelf: &Shelf, elsewhere: bool) -> SelectError {
    let pattern = pattern.to_owned();
    let is_file_name = [".yaml", ".yml"].iter().any(|ending| pattern.ends_with(ending)) && !pattern.contains('*');
    if elsewhere {
        SelectError::Other { pattern, command: shelf.command }
    } else if is_file_name {
        SelectError::Read { path: pattern, why: "there is no such file".into() }
    } else {
        SelectError::Nothing { pattern, list: shelf.list }
    }
}

fn read(path: &Path) -> Result<(String, Source), SelectError> {
    let name = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|error| SelectError::Read { path: name.clone(), why: error.to_string() })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| SelectError::Read { path: name.clone(), why: "it is not UTF-8 text".into() })?;
    let path = name.trim_end_matches(".yaml").trim_end_matches(".yml").to_owned();
    Ok((path, Source::new(name, text)))
}
