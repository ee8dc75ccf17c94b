use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::secret::{Encoding, Needles, SHORTEST, Vault, encodings};

/// How much of a file is searched at once.
const CHUNK: usize = 4 * 1024 * 1024;

/// What a search through a run's folder found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// Every place where a secret stands, by file and offset.
    pub leaks: Vec<Leak>,
    /// The fingerprints of secrets that are too short to be searched for.
    pub unsearched: Vec<String>,
}

/// A place where a secret stands.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Leak {
    /// The file, relative to the folder.
    pub file: PathBuf,
    /// The first byte of the secret's form in the file.
    pub offset: u64,
    /// Which secret.
    pub fingerprint: String,
    /// How it is written there.
    pub encoding: Encoding,
}

/// Why a folder could not be searched.
#[derive(Debug, Error)]
#[error("failed to search {} for secrets: {source}", path.display())]
pub struct SearchError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Goes once over every file of a folder and looks for every secret of the vault in every encoding.
///
/// # Errors
///
/// A file or folder cannot be read. What was not searched must not count as clean.
pub fn search(folder: &Path, vault: &Vault) -> Result<Search, SearchError> {
    let mut found = Search::default();
    let mut needles = Needles::default();
    let all = vault.all();
    for (fingerprint, secret) in &all {
        if secret.len() < SHORTEST {
            found.unsearched.push(fingerprint.clone());
            continue;
        }
        for (encoding, form) in encodings(secret.expose()) {
            needles.add(form, (fingerprint, encoding));
        }
    }
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    for path in files {
        let file = path.strip_prefix(folder).unwrap_or(&path).to_owned();
        look_through(&needles, &path, |(fingerprint, encoding), offset| {
            let (fingerprint, encoding) = (String::clone(fingerprint), *encoding);
            found.leaks.push(Leak { file: file.clone(), offset, fingerprint, encoding });
        })
        .map_err(|source| SearchError { path: path.clone(), source })?;
    }
    found.leaks.sort();
    Ok(found)
}

/// Tells of every form in a file, with its offset.
fn look_through<T>(needles: &Needles<T>, path: &Path, mut tell: impl FnMut(&T, u64)) -> io::Result<()> {
    let longest = needles.longest();
    let mut file = File::open(path)?;
    // The part before `fresh` was searched already; a form may begin in it and end behind it.
    let (mut window, mut fresh, mut base) = (Vec::new(), 0, 0_u64);
    loop {
        let read = file.by_ref().take(CHUNK as u64).read_to_end(&mut window)?;
        if read == 0 {
            return Ok(());
        }
        needles.each_in(&window, fresh, |found, tag| tell(tag, base + found.start as u64));
        let keep = window.len().min(longest);
        base += (window.len() - keep) as u64;
        window.drain(..window.len() - keep);
        fresh = window.len();
    }
}

/// All files below a folder, in one order on every machine.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), SearchError> {
    let failed = |source| SearchError { path: folder.to_owned(), source };
    let mut entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // A link is not followed: what it leads to is no part of the run.
        match entry.file_type().map_err(failed)? {
            kind if kind.is_dir() => collect(&entry.path(), files)?,
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;
    use crate::secret::{Secret, SecretKind};

    fn planted(secrets: &[&str], files: &[(&str, &[u8])]) -> Search {
        let (root, vault) = (tempfile::tempdir().unwrap(), Vault::new());
        for secret in secrets {
            vault.keep(SecretKind::Key, &Secret::new(*secret));
        }
        for (name, bytes) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        search(root.path(), &vault).unwrap()
    }

    #[test]
    fn every_form_of_a_secret_is_found_where_it_was_planted() {
        let secret = "k/9+\"Zq'7&x==<y>";
        for (encoding, form) in encodings(secret) {
            let text = [b"before ", form.as_slice(), b" after"].concat();
            let found = planted(&[secret, "another-secret-0123"], &[("report/a.html", &text)]);
            let told: Vec<_> = found.leaks.iter().map(|leak| (leak.offset, leak.encoding)).collect();
            assert!(told.contains(&(7, encoding)), "{encoding:?} {told:?}");
            assert_eq!(found.leaks[0].file, Path::new("report/a.html"));
        }
    }

    #[test]
    fn a_clean_folder_has_no_leak_and_short_secrets_are_told() {
        let found =
            planted(&["0123456789abcdef", "short"], &[("a", b"0123456789abcde"), ("b/c", b""), ("d", b"short")]);
        assert_eq!(found.leaks, []);
        assert_eq!(found.unsearched.len(), 1);
        assert!(found.unsearched[0].ends_with("-5b"));
    }

    #[test]
    fn secrets_that_overlap_or_lie_across_chunks_are_all_found() {
        let mut text = vec![b'.'; CHUNK - 9];
        text.extend_from_slice(b"0123456789abcdefghij");
        text.resize(2 * CHUNK + 7, b'.');
        text.extend_from_slice(b"456789abcdefghijklmnopqr");
        let found = planted(&["0123456789abcdefghij", "456789abcdefghij"], &[("a", &text)]);
        let offsets: Vec<_> = found.leaks.iter().map(|leak| usize::try_from(leak.offset).unwrap()).collect();
        assert_eq!(offsets, [CHUNK - 9, CHUNK - 5, 2 * CHUNK + 7]);
    }

    #[test]
    fn thousands_of_secrets_that_begin_alike_are_searched_in_one_go() {
        let vault = Vault::new();
        let secret = |number: u64| {
            let tail = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            format!("https://matchouse.example/connect?agency=1&signature={tail:016x}")
        };
        for number in 0..5_000 {
            vault.keep(SecretKind::Link, &Secret::new(secret(number)));
        }
        let root = tempfile::tempdir().unwrap();
        let text = "https://matchouse.example/connect?agency=1&signature=\n".repeat(20_000) + &secret(4_321);
        fs::write(root.path().join("evidence.jsonl"), text).unwrap();
        assert_eq!(search(root.path(), &vault).unwrap().leaks.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn base64_of_any_surrounding_text_is_found(
            before in "[ -~]{0,9}",
            secret in "[!-~]{8,48}",
            after in "[ -~]{0,9}",
        ) {
            let text = STANDARD.encode(format!("{before}{secret}{after}"));
            let found = planted(&[&secret], &[("a", text.as_bytes())]);
            proptest::prop_assert!(!found.leaks.is_empty());
        }
    }
}
