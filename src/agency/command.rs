//! The driver that calls a program for each link.
//!
//! The program finds in its environment what it is to do, and its exit code says how far it came:
//!
//! | variable | value |
//! |---|---|
//! | `MATCHPROOF_LINK` | the signed link: a secret |
//! | `MATCHPROOF_INTENT` | `open`, `agree`, `decline`, or `abandon`: leave at the question whether to agree |
//! | `MATCHPROOF_ENTRANCE` | `login` or `register`, where it matters; else empty |
//! | `MATCHPROOF_ACCOUNT` | the number of the account, from 0 |
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | the errand was done |
//! | 10 | the link led nowhere |
//! | 11 | it showed a page, and no question whether to agree |
//! | 12 | it came to the question, and no further |
//! | 13 | the agency declined, and the page took it |
//!
//! Any other one, and a signal, mean that the program failed. What it prints is not kept: it may hold secrets.

use std::{path::PathBuf, process::Stdio, time::Duration};

use futures::future::{BoxFuture, FutureExt as _};
use tokio::{process::Command, sync::Semaphore, time::timeout};

use super::{Browser, Driver, Entrance, Errand, Intent, Reached, Visit};

/// What the driver needs to know.
#[derive(Clone, Debug)]
pub struct CommandSettings {
    /// The program; with a slash in it relative to the folder, and else looked up in `PATH`.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder in which it runs.
    pub folder: PathBuf,
    /// How long it may take; it is killed then.
    pub budget: Duration,
}

/// So many run side by side: a program may well be a browser.
const SIDE_BY_SIDE: usize = 8;

/// The driver that calls a program.
pub(super) struct CommandDriver {
    settings: CommandSettings,
    room: Semaphore,
}

impl CommandSettings {
    /// The file of the program, where it is named by a path.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        self.program.contains('/').then(|| self.folder.join(&self.program))
    }
}

impl CommandDriver {
    pub(super) fn new(settings: CommandSettings) -> Self {
        Self { settings, room: Semaphore::new(SIDE_BY_SIDE) }
    }

    async fn go(&self, errand: Errand<'_>) -> Visit {
        let visit = |reached, note: String| Visit { reached, account: errand.account, note, ..Visit::default() };
        let failed = |note: String| Visit { trouble: Some(note.clone()), ..visit(Reached::Nowhere, note) };
        let Ok(_room) = self.room.acquire().await else { return failed("the run is over".into()) };
        let CommandSettings { program, arguments, folder, budget } = &self.settings;
        let file = self.settings.file().unwrap_or_else(|| program.into());
        let mut command = Command::new(file);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        if !folder.as_os_str().is_empty() {
            command.current_dir(folder);
        }
        command
            .env("MATCHPROOF_LINK", errand.link.expose())
            .env("MATCHPROOF_INTENT", word(errand.intent))
            .env("MATCHPROOF_ENTRANCE", errand.entrance.map_or("", entrance))
            .env("MATCHPROOF_ACCOUNT", errand.account.to_string());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return failed(format!("`{program}` cannot be started: {error}")),
        };
        match timeout(*budget, child.wait()).await {
            Ok(Ok(status)) => match status.code().and_then(|code| reached(code, errand.intent)) {
                Some(reached) => visit(reached, format!("`{program}` came as far as {}", reached.word())),
                None => failed(format!("`{program}` failed ({status})")),
            },
            Ok(Err(error)) => failed(format!("`{program}` could not be waited for: {error}")),
            Err(_) => {
                // It may have ended in this very moment.
                let _ = child.kill().await;
                failed(format!("`{program}` took longer than {} s and was killed", budget.as_secs()))
            }
        }
    }
}

/// How far an exit code says that the visit got; nothing where the program failed.
fn reached(code: i32, intent: Intent) -> Option<Reached> {
    match (code, intent) {
        (0, Intent::Open) | (11, _) => Some(Reached::Page),
        (0, Intent::Abandon) | (12, _) => Some(Reached::Consent),
        (0, Intent::Agree) => Some(Reached::Agreed),
        (0, Intent::Decline) | (13, _) => Some(Reached::Declined),
        (10, _) => Some(Reached::Nowhere),
        _ => None,
    }
}

fn word(intent: Intent) -> &'static str {
    match intent {
        Intent::Open => "open",
        Intent::Agree => "agree",
        Intent::Decline => "decline",
        Intent::Abandon => "abandon",
    }
}

fn entrance(entrance: Entrance) -> &'static str {
    match entrance {
        Entrance::Login => "login",
        Entrance::Register => "register",
    }
}

impl Driver for CommandDriver {
    /// One, for all that is known: a program may use the same for every link.
    fn accounts(&self) -> Option<usize> {
        Some(1)
    }

    fn registers(&self) -> bool {
        false
    }

    fn account_name(&self, _: usize) -> Option<String> {
        None
    }

    fn visit<'a>(&'a self, _: &'a dyn Browser, errand: Errand<'a>) -> BoxFuture<'a, Visit> {
        self.go(errand).boxed()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::{
        agency::{Agency, Page, PageRequest},
        secret::Secret,
    };

    /// A browser of which the program has no need.
    struct Unused;

    impl Browser for Unused {
        fn fetch(&self, _: PageRequest) -> BoxFuture<'_, Page> {
            panic!("the program has its own")
        }
    }

    async fn visited(script: &str, intent: Intent, budget: Duration) -> Visit {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        let settings = CommandSettings { program: "sh".into(), arguments, folder: PathBuf::new(), budget };
        let link = Secret::new("https://match.example/connect?sig=0123456789abcdef");
        Agency::command(settings).visit(&Unused, &link, 0, intent, Some(Entrance::Login)).await
    }

    #[tokio::test]
    async fn the_program_is_told_what_to_do_and_its_exit_code_says_how_far_it_came() {
        let told = "[ \"$MATCHPROOF_LINK $MATCHPROOF_INTENT $MATCHPROOF_ENTRANCE $MATCHPROOF_ACCOUNT\" = \
                    'https://match.example/connect?sig=0123456789abcdef agree login 0' ]";
        let minute = Duration::from_mins(1);
        assert_eq!(visited(told, Intent::Agree, minute).await.reached, Reached::Agreed);
        for (code, intent, reached) in [
            (0, Intent::Decline, Reached::Declined),
            (0, Intent::Open, Reached::Page),
            (0, Intent::Abandon, Reached::Consent),
            (10, Intent::Agree, Reached::Nowhere),
            (12, Intent::Agree, Reached::Consent),
            (13, Intent::Agree, Reached::Declined),
        ] {
            let visit = visited(&format!("exit {code}"), intent, minute).await;
            assert_eq!((visit.reached, visit.trouble), (reached, None), "{code}");
        }
    }

    #[tokio::test]
    async fn a_program_that_fails_takes_too_long_or_is_not_there_is_trouble() {
        let visit = visited("echo $MATCHPROOF_LINK; exit 3", Intent::Agree, Duration::from_mins(1)).await;
        assert!(visit.trouble.unwrap().contains("exit status: 3"));
        let visit = visited("kill -9 $$", Intent::Agree, Duration::from_mins(1)).await;
        assert_eq!((visit.reached, visit.trouble.is_some()), (Reached::Nowhere, true));
        let visit = visited("exec sleep 600", Intent::Agree, Duration::from_millis(50)).await;
        assert!(visit.trouble.unwrap().contains("was killed"));
        let settings = CommandSettings {
            program: "./nowhere".into(),
            arguments: Vec::new(),
            folder: PathBuf::new(),
            budget: Duration::from_mins(1),
        };
        let visit = Agency::command(settings).visit(&Unused, &Secret::new("x"), 0, Intent::Agree, None).await;
        assert!(visit.trouble.unwrap().contains("cannot be started"));
    }
}
