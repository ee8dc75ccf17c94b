//! The estate agency in front of its web page: it opens a link, logs in or registers, and agrees, or does not.
//!
//! How that is done is a [`Driver`]'s business. The pages are fetched through [`Browser`], so that nothing here knows how
//! requests are sent and recorded.

mod accounts;
mod browser;
mod command;
mod form;
mod manual;
mod visit;

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;

pub use accounts::{Account, Accounts, AccountsError};
pub use browser::{Browser, Page, PageRequest};
pub use command::CommandSettings;
pub use form::FormSettings;
pub use manual::{Nobody, Person, Reply, Task};
pub use visit::{Entrance, Errand, Intent, Reached, Visit};

use crate::secret::Secret;

/// What plays the agency.
///
/// A driver is one module, with a constructor of [`Agency`]; the profile says which is taken.
pub trait Driver: Send + Sync {
    /// How many accounts it has; nothing where it makes as many as are asked for.
    fn accounts(&self) -> Option<usize>;

    /// Whether an agency can register with it.
    fn registers(&self) -> bool;

    /// The name of the account of this number at the target; nothing before its first visit.
    fn account_name(&self, account: usize) -> Option<String>;

    /// For how long a person has been waited for so far: no budget counts that.
    fn waited(&self) -> Duration {
        Duration::ZERO
    }

    /// Goes to a link on an errand. Never fails: trouble is told by the visit.
    fn visit<'a>(&'a self, browser: &'a dyn Browser, errand: Errand<'a>) -> BoxFuture<'a, Visit>;
}

/// The agencies of a run, with their accounts. Cloning gives another handle to the same ones.
#[derive(Clone)]
pub struct Agency(Arc<dyn Driver>);

impl Agency {
    /// Agencies that fill in the forms of the page.
    #[must_use]
    pub fn new(settings: FormSettings) -> Self {
        Self(Arc::new(form::FormDriver::new(settings)))
    }

    /// Agencies that a person plays.
    #[must_use]
    pub fn manual(person: Arc<dyn Person>) -> Self {
        Self(Arc::new(manual::ManualDriver::new(person)))
    }

    /// Agencies that a program plays.
    #[must_use]
    pub fn command(settings: CommandSettings) -> Self {
        Self(Arc::new(command::CommandDriver::new(settings)))
    }

    /// For how long a person has been waited for so far.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.0.waited()
    }

    /// What comes of a future within a budget; nothing where that is used up. Time in which a person is waited for does
    /// not count: how slow a person is says nothing of the target.
    pub fn within<T>(&self, budget: Duration, future: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        let (begun, before) = (Instant::now(), self.waited());
        // On the heap: whole runs are bounded by this.
        let mut future = Box::pin(future);
        async move {
            loop {
                let counted = begun.elapsed().saturating_sub(self.waited().saturating_sub(before));
                let left = budget.saturating_sub(counted);
                match tokio::time::timeout(left, &mut future).await {
                    Ok(done) => return Some(done),
                    Err(_) if left.is_zero() => return None,
                    Err(_) => {}
                }
            }
        }
    }

    /// How many accounts there are; nothing where as many are made as are asked for.
    #[must_use]
    pub fn accounts(&self) -> Option<usize> {
        self.0.accounts()
    }

    /// Whether an agency can register, and not log in alone.
    #[must_use]
    pub fn registers(&self) -> bool {
        self.0.registers()
    }

    /// The name of the account of this number at the target, such as its e-mail address; nothing before its first visit.
    #[must_use]
    pub fn account_name(&self, account: usize) -> Option<String> {
        self.0.account_name(self.numbered(account))
    }

    /// The number of an account that there is: beyond the last, counting begins anew.
    fn numbered(&self, account: usize) -> usize {
        self.accounts().map_or(account, |count| account % count.max(1))
    }

    /// Goes to `link` as the account of this number, from 0; beyond the last, counting begins anew.
    ///
    /// Visits of one account follow one another: its session is one. With an `entrance` the session so far is left, and
    /// the account logs in or registers; without one it goes whichever way the page and the account allow.
    pub async fn visit(
        &self,
        browser: &dyn Browser,
        link: &Secret,
        account: usize,
        intent: Intent,
        entrance: Option<Entrance>,
    ) -> Visit {
        let account = self.numbered(account);
        self.0.visit(browser, Errand { link, account, intent, entrance }).await
    }
}

impl fmt::Debug for Agency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agency").finish_non_exhaustive()
    }
}
