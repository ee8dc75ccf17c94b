use std::{
    fs, io,
    io::Write as _,
    path::{Component, Path, PathBuf},
};

use jiff::Timestamp;
use thiserror::Error;

/// More runs than this within one second are a loop gone wrong.
const MOST_IN_ONE_SECOND: u32 = 1000;

/// The folder that holds all of one run.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// Why a run's folder, or a file in it, could not be made.
#[derive(Debug, Error)]
pub enum FolderError {
    /// Something else than a folder stands there.
    #[error("{} is a file; name a new folder, or an empty one", path.display())]
    IsFile {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// Another run's files, or anybody's, stand in it.
    #[error("{} is not empty; name a new folder, or an empty one, so that no two runs mix", path.display())]
    NotEmpty {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// The name leads out of the folder, or to no file.
    #[error("`{name}` is no name of a file inside the run's folder")]
    Name {
        /// The name that was asked for.
        name: String,
    },
    /// The system refused.
    #[error("failed to write {}: {source}; name a folder that can be written", path.display())]
    NotWritable {
        /// What could not be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Folder {
    /// Takes a new or an empty folder, and makes it with its parents where it is new.
    ///
    /// # Errors
    ///
    /// The path is a file or holds something already, or nothing can be written there.
    pub fn create(path: &Path) -> Result<Self, FolderError> {
        if path.exists() && !path.is_dir() {
            return Err(FolderError::IsFile { path: path.to_owned() });
        }
        let refused = |source| FolderError::NotWritable { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(refused)?;
        if fs::read_dir(path).map_err(refused)?.next().is_some() {
            return Err(FolderError::NotEmpty { path: path.to_owned() });
        }
        Self::writable(path)
    }

    /// Makes a folder under `parent` that is named by the time at which the run began, such as `2026-11-23T18-36-07Z`,
    /// with `-2`, `-3` and so on behind it where that is taken.
    ///
    /// # Errors
    ///
    /// Nothing can be made or written there.
    pub fn fresh_under(parent: &Path, began: Timestamp) -> Result<Self, FolderError> {
        let refused = |source| FolderError::NotWritable { path: parent.to_owned(), source };
        fs::create_dir_all(parent).map_err(refused)?;
        // Colons are not allowed in file names everywhere.
        let name = began.strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
        for number in 1..=MOST_IN_ONE_SECOND {
            let path = parent.join(if number == 1 { name.clone() } else { format!("{name}-{number}") });
            // Making it tells at once whether another run took the name, even one that is a moment ahead.
            match fs::create_dir(&path) {
                Ok(()) => return Self::writable(&path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refused(error)),
            }
        }
        Err(refused(io::ErrorKind::AlreadyExists.into()))
    }

    /// A folder that can be made or read need not be one that can be written.
    fn writable(path: &Path) -> Result<Self, FolderError> {
        let tried = tempfile_in(path, "try");
        let write = || {
            fs::write(&tried, b"")?;
            fs::remove_file(&tried)
        };
        write().map_err(|source| FolderError::NotWritable { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned() })
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file as a whole: whoever sees it sees all of it. `name` may lead into sub-folders, which are made.
    ///
    /// # Errors
    ///
    /// The name leads out of the folder, or the file cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), FolderError> {
        let relative = Path::new(name);
        let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
        let (true, Some(file)) = (inside, relative.file_name()) else {
            return Err(FolderError::Name { name: name.to_owned() });
        };
        let path = self.path.join(relative);
        let write = || {
            // A name inside the folder has a parent: the folder at least.
            let parent = path.parent().unwrap_or(&self.path);
            fs::create_dir_all(parent)?;
            let unfinished = tempfile_in(parent, &file.to_string_lossy());
            let mut open = fs::File::create(&unfinished)?;
            open.write_all(bytes.as_ref())?;
            // Without this a power cut may leave the new name on an empty file.
            open.sync_all()?;
            drop(open);
            fs::rename(&unfinished, &path)
        };
        write().map_err(|source| FolderError::NotWritable { path: path.clone(), source })
    }
}

fn tempfile_in(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.{:016x}.unfinished", rand::random::<u64>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_or_empty_folder_is_taken_and_no_other() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        let folder = Folder::create(&path).unwrap();
        assert!(Folder::create(&path).is_ok(), "it is empty still");
        folder.write("report.json", b"{}").unwrap();
        assert!(matches!(Folder::create(&path), Err(FolderError::NotEmpty { .. })));
        assert!(matches!(Folder::create(&path.join("report.json")), Err(FolderError::IsFile { .. })));
        let below = Folder::create(&path.join("report.json/c")).unwrap_err();
        assert!(matches!(below, FolderError::NotWritable { .. }) && below.to_string().contains("report.json"));
    }

    #[test]
    fn runs_of_one_second_have_folders_of_their_own() {
        let root = tempfile::tempdir().unwrap();
        let parent = root.path().join(".matchproof");
        let began: Timestamp = "2026-11-23T18:36:07.5Z".parse().unwrap();
        let names: Vec<_> = (0..3)
            .map(|_| Folder::fresh_under(&parent, began).unwrap().path().file_name().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["2026-11-23T18-36-07Z", "2026-11-23T18-36-07Z-2", "2026-11-23T18-36-07Z-3"]);
    }

    #[test]
    fn a_file_is_written_whole_and_leaves_nothing_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(root.path()).unwrap();
        folder.write("scenarios/platform/a.yaml", "one").unwrap();
        folder.write("scenarios/platform/a.yaml", "two").unwrap();
        let inside = folder.path().join("scenarios/platform");
        assert_eq!(fs::read(inside.join("a.yaml")).unwrap(), b"two");
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 1);
        for name in ["", "..", "../a", "/a", "a/../../b", "."] {
            assert!(matches!(folder.write(name, b""), Err(FolderError::Name { .. })), "{name}");
        }
    }
}
