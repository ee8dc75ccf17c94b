//! The driver that asks a person to open each link.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::{BoxFuture, FutureExt as _};

use super::{Browser, Driver, Errand, Intent, PageRequest, Reached, Visit};
use crate::secret::Secret;

/// What a person is asked to do.
#[derive(Clone, Debug)]
pub struct Task {
    /// The link. It is a secret: whoever shows it shows it to the person alone.
    pub link: Secret,
    /// What to do with it, in plain words.
    pub what: &'static str,
}

/// What a person says of a task.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reply {
    /// It is done.
    Done,
    /// It is left out; what rests on it cannot be judged.
    Skip,
    /// The run is to end with what is known.
    Stop,
}

/// Somebody who can be asked. One task is shown at a time.
pub trait Person: Send + Sync {
    /// Shows a task and waits for the reply, for as long as it takes.
    fn ask(&self, task: Task) -> BoxFuture<'_, Reply>;
}

/// Nobody: whatever is asked is left out.
pub struct Nobody;

impl Person for Nobody {
    fn ask(&self, _: Task) -> BoxFuture<'_, Reply> {
        std::future::ready(Reply::Skip).boxed()
    }
}

/// The driver that asks a person.
pub(super) struct ManualDriver {
    person: Arc<dyn Person>,
    turn: tokio::sync::Mutex<()>,
    waiting: Arc<Mutex<Waiting>>,
}

/// For how long people have been waited for.
#[derive(Default)]
struct Waiting {
    asked: usize,
    since: Option<Instant>,
    before: Duration,
}

impl Waiting {
    fn total(&self) -> Duration {
        self.before + self.since.map(|since| since.elapsed()).unwrap_or_default()
    }
}

/// Counts as waiting until it is dropped, also where the visit is given up.
struct Waits(Arc<Mutex<Waiting>>);

impl Waits {
    fn begin(waiting: &Arc<Mutex<Waiting>>) -> Self {
        let mut state = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked += 1;
        state.since.get_or_insert_with(Instant::now);
        drop(state);
        Self(Arc::clone(waiting))
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked -= 1;
        if state.asked == 0 {
            state.before = state.total();
            state.since = None;
        }
    }
}

impl ManualDriver {
    pub(super) fn new(person: Arc<dyn Person>) -> Self {
        Self { person, turn: tokio::sync::Mutex::default(), waiting: Arc::default() }
    }

    async fn go(&self, browser: &dyn Browser, errand: Errand<'_>) -> Visit {
        let (what, reached) = match errand.intent {
            // A person is not bothered with links that are only looked at: a run changes dozens of them on purpose.
            Intent::Open | Intent::Abandon => return look(browser, errand).await,
            Intent::Agree => ("log in with the account of this run, and agree", Reached::Agreed),
            Intent::Decline => ("log in with the account of this run, and decline", Reached::Declined),
        };
        let visit =
            |reached, note: &str| Visit { reached, account: errand.account, note: note.into(), ..Visit::default() };
        let _waits = Waits::begin(&self.waiting);
        let _turn = self.turn.lock().await;
        match self.person.ask(Task { link: errand.link.clone(), what }).await {
            Reply::Done => visit(reached, "the person says that it is done"),
            Reply::Skip => {
                Visit { trouble: Some("nobody did it".into()), ..visit(Reached::Nowhere, "the person skipped it") }
            }
            Reply::Stop => {
                Visit { trouble: Some("nobody did it".into()), ..visit(Reached::Nowhere, "the person stopped the run") }
            }
        }
    }
}

/// Fetches the link without a person.
async fn look(browser: &dyn Browser, errand: Errand<'_>) -> Visit {
    let request = PageRequest { method: "GET", url: errand.link.clone(), headers: Vec::new(), body: None };
    let page = browser.fetch(request).await;
    let there = (200..400).contains(&page.status);
    Visit {
        reached: if there { Reached::Page } else { Reached::Nowhere },
        account: errand.account,
        exchanges: vec![page.exchange],
        status: page.status,
        note: "the link was fetched, and no person asked".into(),
        trouble: page.trouble,
        ..Visit::default()
    }
}

impl Driver for ManualDriver {
    /// One, for all that is known: a person may use the same for every link.
    fn accounts(&self) -> Option<usize> {
        Some(1)
    }

    fn registers(&self) -> bool {
        false
    }

    fn account_name(&self, _: usize) -> Option<String> {
        None
    }

    fn waited(&self) -> Duration {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).total()
    }

    fn visit<'a>(&'a self, browser: &'a dyn Browser, errand: Errand<'a>) -> BoxFuture<'a, Visit> {
        self.go(browser, errand).boxed()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{Notify, mpsc};

    use super::*;
    use crate::{
        agency::{Agency, Page},
        markup::Document,
    };

    /// A site on which every link shows a page.
    struct Site;

    impl Browser for Site {
        fn fetch(&self, _: PageRequest) -> BoxFuture<'_, Page> {
            let body = Document::new("");
            let page = Page { exchange: 7, status: 200, headers: http::HeaderMap::new(), body, trouble: None };
            std::future::ready(page).boxed()
        }
    }

    /// Somebody who tells what was asked, and replies when allowed to.
    struct Slow(mpsc::UnboundedSender<Task>, Arc<Notify>, Reply);

    impl Person for Slow {
        fn ask(&self, task: Task) -> BoxFuture<'_, Reply> {
            async move {
                self.0.send(task).unwrap();
                self.1.notified().await;
                self.2
            }
            .boxed()
        }
    }

    fn slow(reply: Reply) -> (Agency, mpsc::UnboundedReceiver<Task>, Arc<Notify>) {
        let ((tell, told), allow) = (mpsc::unbounded_channel(), Arc::new(Notify::new()));
        (Agency::manual(Arc::new(Slow(tell, Arc::clone(&allow), reply))), told, allow)
    }

    #[tokio::test]
    async fn what_the_person_says_is_what_came_of_the_visit() {
        let link = Secret::new("https://match.example/connect?sig=0123456789abcdef");
        for (reply, reached) in [(Reply::Done, "agreed"), (Reply::Skip, "nowhere"), (Reply::Stop, "nowhere")] {
            let (agency, mut told, allow) = slow(reply);
            allow.notify_one();
            let visit = agency.visit(&Site, &link, 3, Intent::Agree, None).await;
            assert_eq!((visit.reached.word(), visit.account), (reached, 0), "one account for all");
            assert_eq!(told.recv().await.unwrap().link, link);
            assert!(!format!("{visit:?}").contains("0123456789abcdef"));
        }
    }

    #[tokio::test]
    async fn nobody_is_asked_to_look_at_a_link() {
        let (agency, mut told, _) = slow(Reply::Done);
        for intent in [Intent::Open, Intent::Abandon] {
            let visit = agency.visit(&Site, &Secret::new("https://match.example/"), 0, intent, None).await;
            assert_eq!((visit.reached, visit.exchanges), (Reached::Page, vec![7]));
        }
        assert!(told.try_recv().is_err());
    }

    #[tokio::test]
    async fn tasks_come_one_at_a_time_and_the_wait_is_no_part_of_a_budget() {
        let (agency, mut told, allow) = slow(Reply::Done);
        let link = Secret::new("https://match.example/");
        let budget = Duration::from_millis(50);
        let visit = || agency.visit(&Site, &link, 0, Intent::Agree, None);
        let both = async { tokio::join!(visit(), visit()) };
        let person = async {
            told.recv().await.unwrap();
            // Longer than the budget, on the clock that counts it.
            let begun = Instant::now();
            while begun.elapsed() < budget * 2 {
                tokio::task::yield_now().await;
            }
            assert!(told.try_recv().is_err(), "the other task waits for its turn");
            allow.notify_one();
            told.recv().await.unwrap();
            allow.notify_one();
        };
        let (visits, ()) = tokio::join!(agency.within(budget, both), person);
        assert!(visits.is_some_and(|(one, other)| one.reached == Reached::Agreed && other.reached == Reached::Agreed));
        assert!(agency.waited() >= budget * 2);
    }

    #[tokio::test]
    async fn a_budget_ends_what_waits_for_nobody() {
        let (agency, _told, _allow) = slow(Reply::Done);
        assert_eq!(agency.within(Duration::ZERO, std::future::pending::<()>()).await, None);
    }
}
