use std::sync::Arc;

use jiff::Timestamp;

use super::{
    book::{Book, End},
    log::{Closed, Log, Seen},
    outline::Outline,
};
use crate::{
    journal::{Folder, FolderError},
    load::engine::{self, Ended, Group, Next, Second, Watch},
    report::load::{Ending, LoadResult, Pulse, Search},
    scenario::load::LoadScenario,
};

/// Hears of each second: the line about it, and what makes the result so far, for who wants more.
type Tell = Box<dyn FnMut(&Pulse, &dyn Fn() -> LoadResult) + Send>;

/// The account of one load: sums its seconds, writes each to the run folder, and judges it in the end.
pub(crate) struct Account {
    book: Book,
    log: Log,
    tell: Option<Tell>,
    aborted: bool,
    search: Option<Search>,
}

impl Account {
    /// Opens the account of the load with this number, from 1, in a run folder.
    ///
    /// # Errors
    ///
    /// Its logs cannot be written there.
    pub(crate) fn begin(scenario: &LoadScenario, folder: &Folder, number: usize) -> Result<Self, FolderError> {
        let outline = Outline::of(scenario);
        let log = Log::begin(&outline, folder, number)?;
        Ok(Self { book: Book::new(outline), log, tell: None, aborted: false, search: None })
    }

    /// Tells each second to somebody. It is told on the generator's thread: whoever hears it must be quick.
    #[must_use]
    pub(crate) fn telling(mut self, tell: impl FnMut(&Pulse, &dyn Fn() -> LoadResult) + Send + 'static) -> Self {
        self.tell = Some(Box::new(tell));
        self
    }

    /// Takes what a search found.
    pub(crate) fn searched(&mut self, search: Search) {
        self.search = Some(search);
    }

    /// Closes it: what the load came to.
    pub(crate) fn close(self, ended: Ended) -> LoadResult {
        let ending = match ended.stopped.as_deref() {
            None => Ending::Complete,
            Some(_) if self.aborted => Ending::Threshold,
            Some(engine::INTERRUPTED) => Ending::Interrupted,
            Some(_) => Ending::CutShort,
        };
        let Ended { lasted, unsent, unanswered, stopped, precise } = ended;
        let lasted = lasted.as_secs_f64();
        let search = self.search;
        let missing = self.log.close(Closed {
            lasted,
            unsent: unsent.clone(),
            ending,
            stopped: stopped.clone(),
            precise,
            search: search.clone(),
        });
        let mut result = self.book.result(&End { lasted, unsent: Some(unsent), ending, stopped, precise, search });
        result.notes.extend(missing);
        for (group, count) in result.groups.iter().zip(unanswered).filter(|(_, count)| *count > 0) {
            let passes = if count == 1 { "pass was" } else { "passes were" };
            let told = format!("{}: {count} {passes} under way when it ended, counted in no figure", group.name);
            result.notes.push(told);
        }
        result
    }
}

impl Watch for Account {
    fn begun(&mut self, at: Timestamp) {
        self.book.begun(at.to_string());
        self.log.begun(at);
    }

    fn second(&mut self, second: Second, groups: &[Arc<Group>]) -> Next {
        let Second { from, to, laps, health } = second;
        let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
        let users: Vec<usize> = groups.iter().map(|group| group.users).collect();
        let reason = self.book.second(from, to, &laps, &health, &users);
        // At the end there is a rest of some milliseconds, in which mostly nothing was left to happen.
        let is_worth_it = to - from > 0.5 || !laps.is_empty();
        if let Some(tell) = self.tell.as_mut().filter(|_| is_worth_it) {
            let book = &self.book;
            let in_flight = groups.iter().map(|group| group.under_way()).sum();
            let pulse = Pulse { in_flight: Some(in_flight), ..book.pulse(from, &laps) };
            tell(&pulse, &|| {
                let lasted = book.reached();
                book.result(&End {
                    lasted,
                    unsent: None,
                    ending: Ending::Complete,
                    stopped: None,
                    precise: true,
                    search: None,
                })
            });
        }
        self.log.second(Seen::new(from, to, &health, users, &laps), laps);
        match reason {
            Some(reason) => {
                self.aborted = true;
                Next::Stop(format!("a threshold was missed: {reason}"))
            }
            None => Next::Go,
        }
    }
}
