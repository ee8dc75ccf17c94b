//! The program as a child process.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// Long enough for any child on a machine that does much else; nothing waits for it that goes well.
const DEADLINE: Duration = Duration::from_mins(2);

/// The variable from which profiles of these tests take the client secret.
pub(crate) const SECRET_VARIABLE: &str = "MATCHPROOF_TEST_SECRET";
/// What stands in it.
pub(crate) const SECRET: &str = "Tst-5f0c2e9b7a614d38-Qz";

/// A folder of its own for one test, in which its children run.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The names of everything in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The only run folder under the default parent.
    pub(crate) fn run_folder(&self) -> PathBuf {
        let mut folders: Vec<PathBuf> =
            fs::read_dir(self.path().join(".matchproof")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders.remove(0)
    }

    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matchproof"));
        command.args(arguments).current_dir(self.path()).env(SECRET_VARIABLE, SECRET);
        for variable in ["NO_COLOR", "CLICOLOR_FORCE", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(variable);
        }
        command
    }

    pub(crate) fn start(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Process {
        Process::start(self.command(arguments))
    }

    pub(crate) fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
        self.start(arguments).end()
    }
}

/// A child that runs. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

/// What a child that has ended left.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; nothing where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = lines(child.stdout.take().unwrap());
        let err = lines(child.stderr.take().unwrap());
        Self { child, out, err }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines on stdout up to the first that holds `part`, that one included.
    pub(crate) fn out_until(&self, part: &str) -> Vec<String> {
        until(&self.out, part)
    }

    /// The same on stderr.
    pub(crate) fn err_until(&self, part: &str) -> Vec<String> {
        until(&self.err, part)
    }

    /// Waits until it has ended. What was read of it before is not in what this gives.
    pub(crate) fn end(mut self) -> Ran {
        // Its streams end with it, so that waiting for them bounds the wait for the process itself.
        let (out, err) = (rest(&self.out), rest(&self.err));
        let code = self.child.wait().unwrap().code();
        Ran { code, out, err }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already is no trouble.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            if tell.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    told
}

fn until(lines: &Receiver<String>, part: &str) -> Vec<String> {
    let deadline = Instant::now() + DEADLINE;
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => seen.push(line),
            Err(error) => panic!("no line with `{part}` came ({error}) after:\n{}", seen.join("\n")),
        }
        if seen.last().is_some_and(|line| line.contains(part)) {
            return seen;
        }
    }
}

fn rest(lines: &Receiver<String>) -> String {
    let deadline = Instant::now() + DEADLINE;
    let mut text = String::new();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => text += &(line + "\n"),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return text,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("it has not ended; so far it said:\n{text}"),
        }
    }
}

impl Ran {
    /// The same, once its exit code was seen to be this.
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    pub(crate) fn last_line(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }

    /// Fails unless stderr holds every part.
    pub(crate) fn told(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.err.contains(part), "`{part}` is missing in:\n{}", self.err);
        }
    }
}

/// Every file in a folder and in those within it.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A file of a run folder as JSON.
pub(crate) fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

/// The verdicts of a report, by requirement, those aside that were not selected.
pub(crate) fn verdicts(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = report["requirements"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["id"]), text(&row["verdict"]))).filter(|(_, verdict)| verdict != "not_selected").collect()
}
