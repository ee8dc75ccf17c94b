//! The folder that a state survives in.
//!
//! The snapshot holds tokens, keys and passwords in the clear, because the platform needs them back: only its owner may
//! read it (mode 0600), and the folder belongs into no artefact.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

/// The snapshot's name in the folder.
const NAME: &str = "matchouse-state.json";

/// A folder with a snapshot.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder where it is missing.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The snapshot; nothing where there is none yet.
    pub(super) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(NAME)) {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a snapshot in the old one's place: whoever reads sees the whole of either.
    pub(super) fn write(&self, snapshot: &[u8]) -> io::Result<()> {
        let new = self.0.join(format!("{NAME}.new"));
        let mut file = private(&new)?;
        file.write_all(snapshot)?;
        file.sync_all()?;
        fs::rename(&new, self.0.join(NAME))
    }
}

fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_back_and_replaced() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("deep/state")).unwrap();
        assert!(folder.read().unwrap().is_none());
        folder.write(b"long one").unwrap();
        folder.write(b"short").unwrap();
        assert_eq!(folder.read().unwrap().unwrap(), b"short");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        Folder::open(place.path()).unwrap().write(b"secret").unwrap();
        let mode = fs::metadata(place.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
