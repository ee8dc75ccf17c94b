use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, HeaderValue, header};

use crate::simulator::text;

/// The cookie's name.
const COOKIE: &str = "matchouse_session";

/// Who is visiting. Sessions do not survive a restart: one logs in again.
#[derive(Default)]
pub(in crate::simulator) struct Sessions(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    sessions: HashMap<String, Session>,
    /// The nonces of links that were decided on.
    decided: HashSet<String>,
    /// The nonces of links that were looked at.
    looked_at: HashSet<String>,
}

#[derive(Clone)]
struct Session {
    csrf: String,
    account: Option<usize>,
    registered: bool,
}

/// One session, as a request sees it.
pub(super) struct Visit {
    id: String,
    /// The hidden value of this session's forms.
    pub(super) csrf: String,
    /// The account's number, for somebody who is logged in.
    pub(super) account: Option<usize>,
    /// Whether the account was registered in this session.
    pub(super) registered: bool,
    new: bool,
}

impl Sessions {
    /// The session of a request; a new one where it brings none that is known.
    pub(super) fn visit(&self, headers: &HeaderMap) -> Visit {
        let mut inner = self.inner();
        let known = cookies(headers).find_map(|id| Some((id, inner.sessions.get(id)?)));
        if let Some((id, session)) = known {
            return Visit::of(id.to_owned(), session.clone(), false);
        }
        let id = text::unguessable();
        let session = Session { csrf: text::unguessable(), account: None, registered: false };
        inner.sessions.insert(id.clone(), session.clone());
        Visit::of(id, session, true)
    }

    /// A session of another id for somebody who just logged in: the old id may be known to others.
    pub(super) fn log_in(&self, visit: &Visit, account: usize, registered: bool) -> Visit {
        let mut inner = self.inner();
        inner.sessions.remove(&visit.id);
        let id = text::unguessable();
        let session = Session { csrf: text::unguessable(), account: Some(account), registered };
        inner.sessions.insert(id.clone(), session.clone());
        Visit::of(id, session, true)
    }

    pub(super) fn decided(&self, nonce: &str) {
        self.inner().decided.insert(nonce.to_owned());
    }

    pub(super) fn is_decided(&self, nonce: &str) -> bool {
        self.inner().decided.contains(nonce)
    }

    /// Whether nobody has looked at this link before.
    pub(super) fn first_look(&self, nonce: &str) -> bool {
        self.inner().looked_at.insert(nonce.to_owned())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit {
    fn of(id: String, session: Session, new: bool) -> Self {
        Self { id, csrf: session.csrf, account: session.account, registered: session.registered, new }
    }

    /// Sets the cookie, where the visitor does not have it yet.
    pub(super) fn remember(&self, headers: &mut HeaderMap) {
        let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", self.id);
        if let Ok(cookie) = HeaderValue::try_from(cookie)
            && self.new
        {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let texts = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_is_known_by_its_cookie_and_gets_another_when_it_logs_in() {
        let sessions = Sessions::default();
        let first = sessions.visit(&HeaderMap::new());
        let mut answer = HeaderMap::new();
        first.remember(&mut answer);
        let set = answer[header::SET_COOKIE].to_str().unwrap();
        assert!(set.contains("HttpOnly"), "{set}");
        let mut request = HeaderMap::new();
        let cookie = format!("a=b; {}", set.split(';').next().unwrap());
        request.insert(header::COOKIE, cookie.parse().unwrap());
        let again = sessions.visit(&request);
        assert_eq!(
            (again.id.as_str(), again.csrf.as_str(), again.new),
            (first.id.as_str(), first.csrf.as_str(), false)
        );
        let known = sessions.log_in(&again, 3, false);
        assert!(known.id != first.id && known.csrf != first.csrf && known.account == Some(3));
        assert!(sessions.visit(&request).new, "the old id is dead");
    }
}
