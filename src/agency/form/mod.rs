//! The driver that fills in forms: it reads pages as a person would, and knows no page beforehand.

mod course;
mod fill;
mod page;
mod read;
mod role;
#[cfg(test)]
mod tests;
mod tour;
mod walk;
mod words;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use cookie_store::CookieStore;
use futures::future::{BoxFuture, FutureExt};

use super::{Account, Accounts, Browser, Driver, Entrance, Errand, Visit};
use crate::secret::{SecretKind, Vault};

/// What the driver needs to know.
#[derive(Clone)]
pub struct FormSettings {
    /// Hosts, each with or without a port, that pages may lead to besides the link's own.
    pub allowed_hosts: Vec<String>,
    /// The logins.
    pub accounts: Accounts,
    /// The run's secrets; passwords are kept in it.
    pub vault: Vault,
}

/// The driver that fills in forms.
pub(super) struct FormDriver {
    settings: FormSettings,
    /// For each account that has been used, its name and its session.
    sessions: Mutex<HashMap<usize, (String, Shared)>>,
}

/// The session of one account; its visits follow one another.
type Shared = Arc<tokio::sync::Mutex<Session>>;

/// What an account keeps from visit to visit.
struct Session {
    account: Account,
    jar: CookieStore,
    /// Whether the account exists at the target.
    exists: bool,
}

impl FormDriver {
    pub(super) fn new(settings: FormSettings) -> Self {
        if let Accounts::Listed(listed) = &settings.accounts {
            for account in listed {
                settings.vault.keep(SecretKind::Password, &account.password);
            }
        }
        Self { settings, sessions: Mutex::default() }
    }

    fn session(&self, number: usize) -> Option<Shared> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, session)) = sessions.get(&number) {
            return Some(Arc::clone(session));
        }
        let (account, exists) = match &self.settings.accounts {
            Accounts::Listed(listed) => (listed.get(number)?.clone(), true),
            Accounts::Registering { domain } => (Account::invented(number, domain), false),
        };
        self.settings.vault.keep(SecretKind::Password, &account.password);
        let name = account.email.clone();
        let session = Session { account, jar: CookieStore::new(), exists };
        let session = Arc::new(tokio::sync::Mutex::new(session));
        sessions.insert(number, (name, Arc::clone(&session)));
        Some(session)
    }

    async fn go(&self, browser: &dyn Browser, errand: Errand<'_>) -> Visit {
        let trouble =
            |what: &str| Visit { account: errand.account, trouble: Some(what.to_owned()), ..Visit::default() };
        let Some(session) = self.session(errand.account) else { return trouble("there is no account") };
        // Visits of one account follow one another: a page may keep in the session which link was opened last.
        let mut session = session.lock().await;
        if errand.entrance == Some(Entrance::Register) && (session.exists || !self.registers()) {
            return trouble("this account exists already and cannot register again");
        }
        if errand.entrance.is_some() {
            session.jar.clear();
        }
        tour::tour(&self.settings, browser, &mut session, errand).await
    }
}

impl Driver for FormDriver {
    fn accounts(&self) -> Option<usize> {
        match &self.settings.accounts {
            Accounts::Listed(listed) => Some(listed.len()),
            Accounts::Registering { .. } => None,
        }
    }

    fn account_name(&self, account: usize) -> Option<String> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&account).map(|(name, _)| name.clone())
    }

    fn registers(&self) -> bool {
        matches!(self.settings.accounts, Accounts::Registering { .. })
    }

    fn visit<'a>(&'a self, browser: &'a dyn Browser, errand: Errand<'a>) -> BoxFuture<'a, Visit> {
        self.go(browser, errand).boxed()
    }
}
