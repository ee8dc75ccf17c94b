use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    cli::failure::Failure,
    dialect::{Dialect, Drift},
    profile::{DialectSource, Target},
    report::{FORMATS, Report},
    syntax::{Source, render_all},
    verdict::Outcome,
};

/// The format of a report that a profile can pin.
const FORMAT: &str = "dialect";

/// Where a dialect is to be pinned.
#[derive(Debug)]
pub(super) enum Pin {
    /// Nowhere: nothing names a file.
    Nowhere,
    /// Nowhere: the profile pins it in its own text, which is not ours to write.
    InProfile,
    /// A file.
    File {
        path: PathBuf,
        /// What it says now, where it is there and is not to be overwritten.
        kept: Option<Box<Dialect>>,
        force: bool,
    },
}

/// What became of a dialect that was found.
#[derive(Debug)]
pub(super) enum Pinned {
    /// It is pinned nowhere.
    Nowhere,
    /// It has to be written into the profile by hand.
    InProfile,
    /// It was written.
    Written(PathBuf),
    /// The file says so already.
    Agrees(PathBuf),
    /// The file says otherwise, and was left alone.
    Differs { path: PathBuf, drift: Vec<Drift> },
}

impl Pin {
    /// Where to pin: the file that was typed, or else what the profile names. What is wrong with it is told before anything is
    /// sent.
    pub(super) fn choose(
        typed: Option<&Path>,
        named: Option<&DialectSource>,
        target: Option<&Target>,
        force: bool,
    ) -> Result<Self, Failure> {
        let path = match (typed, named) {
            (Some(typed), _) => typed.to_owned(),
            (None, Some(DialectSource::File(file))) => target.map_or_else(|| file.clone(), |target| target.path(file)),
            (None, Some(DialectSource::Inline(_))) => return Ok(Self::InProfile),
            (None, None) => return Ok(Self::Nowhere),
        };
        let shown = path.display();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::fresh(path, force),
            Err(error) => {
                return Err(Failure::usage(format!("{shown} cannot be read: {error}; name another file by `--file`")));
            }
        };
        if fs::metadata(&path).is_ok_and(|metadata| metadata.permissions().readonly()) {
            return Err(Failure::usage(format!(
                "{shown} may not be written; allow it, or name another file by `--file`"
            )));
        }
        if force {
            return Ok(Self::File { path, kept: None, force });
        }
        let kept = Dialect::read(&Source::new(shown.to_string(), String::from_utf8_lossy(&bytes)));
        let kept = kept.map_err(|mistakes| {
            Failure::usage(format!(
                "{shown} is there, and is no pinned dialect; `--force` overwrites it\n{}",
                render_all(&mistakes)
            ))
        })?;
        Ok(Self::File { path, kept: Some(Box::new(kept)), force })
    }

    /// A file that is not there yet, in a folder that is.
    fn fresh(path: PathBuf, force: bool) -> Result<Self, Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let what = format!("{} is no folder; make it, or name another file by `--file`", folder.display());
            return Err(Failure::usage(what));
        }
        Ok(Self::File { path, kept: None, force })
    }

    /// Pins what was found, unless a file says otherwise that is to be left alone.
    pub(super) fn write(self, report: &Report) -> Result<Pinned, Failure> {
        match self {
            Self::Nowhere => Ok(Pinned::Nowhere),
            Self::InProfile => Ok(Pinned::InProfile),
            Self::File { path, kept: Some(kept), .. } => {
                let drift = Drift::between(&kept, &report.seen_dialect, |_| None);
                Ok(if drift.is_empty() { Pinned::Agrees(path) } else { Pinned::Differs { path, drift } })
            }
            Self::File { path, kept: None, force } => {
                let bytes = bytes(report)?;
                let mut options = OpenOptions::new();
                options.write(true);
                // Without `--force` a file that came into being meanwhile is somebody's.
                let options = if force { options.create(true).truncate(true) } else { options.create_new(true) };
                let written = options.open(&path).and_then(|mut file| file.write_all(&bytes));
                written.map_err(|error| {
                    Failure::usage(format!(
                        "failed to write {}: {error}; name another file by `--file`",
                        path.display()
                    ))
                })?;
                Ok(Pinned::Written(path))
            }
        }
    }
}

/// The pinned file's bytes: one of the forms of a report.
fn bytes(report: &Report) -> Result<Vec<u8>, Failure> {
    let harness = |error: String| Failure::new(Outcome::Harness, error);
    let format = FORMATS.iter().find(|format| format.name == FORMAT);
    let format = format.ok_or_else(|| harness(format!("there is no format `{FORMAT}`")))?;
    (format.render)(report).map_err(|error| harness(error.to_string()))
}
