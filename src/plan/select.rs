use std::path::Path;

use glob::Pattern;

use crate::{scenario::shipped, syntax::Source};

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
    /// No scenario matches.
    #[error("`{pattern}` selects no scenario; `matchproof list scenarios` shows those that are there")]
    Nothing {
        /// The pattern.
        pattern: String,
    },
}

/// The scenario files that any of the patterns selects: shipped ones by path, such as `platform/retry-*`, and files on disk by
/// name or glob. No pattern selects all shipped ones.
///
/// # Errors
///
/// The first pattern that is none, selects nothing, or names a file that cannot be read.
pub fn select(patterns: &[String]) -> Result<Vec<(String, Source)>, SelectError> {
    if patterns.is_empty() {
        return Ok(shipped());
    }
    let mut files: Vec<(String, Source)> = Vec::new();
    for pattern in patterns {
        let before = files.len();
        let glob = Pattern::new(pattern)
            .map_err(|error| SelectError::Pattern { pattern: pattern.clone(), why: error.msg.to_owned() })?;
        // A file on disk comes first, and so takes the place of a shipped one of the same path.
        for path in glob::glob(pattern).into_iter().flatten().flatten().filter(|path| path.is_file()) {
            files.push(read(&path)?);
        }
        files.extend(shipped().into_iter().filter(|(path, _)| glob.matches(path) || path == pattern));
        let is_file_name = [".yaml", ".yml"].iter().any(|ending| pattern.ends_with(ending)) && !pattern.contains('*');
        if files.len() == before && is_file_name {
            return Err(SelectError::Read { path: pattern.clone(), why: "there is no such file".into() });
        }
        if files.len() == before {
            return Err(SelectError::Nothing { pattern: pattern.clone() });
        }
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files.dedup_by(|one, other| one.0 == other.0);
    Ok(files)
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
