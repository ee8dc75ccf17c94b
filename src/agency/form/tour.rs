//! One visit, from the link to its end.

use url::Url;

use super::{
    FormSettings, Session,
    course::{self, Move, Past},
    fill,
    page::{Button, Form, Link, View},
    role::Purpose,
    walk::{self, Going, Landing, Walker},
};
use crate::{
    agency::{Account, Browser, Entrance, Errand, Intent, Reached, Visit},
    secret::Vault,
};

/// How many forms are sent on one visit.
const MOST_FORMS: u32 = 5;
/// How many forms and links in all.
const MOST_MOVES: u32 = 8;

/// Makes the visit and leaves the session as the page left it.
pub(super) async fn tour(
    settings: &FormSettings,
    browser: &dyn Browser,
    session: &mut Session,
    errand: Errand<'_>,
) -> Visit {
    let mut visit = Visit { account: errand.account, ..Visit::default() };
    let Ok(link) = Url::parse(errand.link.expose().trim()) else {
        visit.trouble = Some("the link is no absolute URL".to_owned());
        return visit;
    };
    let had_session = session.jar.iter_unexpired().next().is_some();
    let walker = Walker::new(browser, &mut session.jar, link.clone(), &settings.allowed_hosts);
    let mut tour = Tour {
        walker,
        vault: &settings.vault,
        account: &session.account,
        intent: errand.intent,
        // An account that does not exist yet has to register, whichever way it is to come in.
        past: Past { to_register: !session.exists, ..Past::default() },
        link,
        had_session,
        came_back: false,
        sent_step: false,
        visit,
    };
    tour.run().await;
    let Tour { walker, mut visit, .. } = tour;
    visit.exchanges = walker.exchanges;
    visit.status = walker.status;
    session.exists |= visit.registered;
    if visit.registered && errand.entrance == Some(Entrance::Login) {
        visit.note.push_str(" The account did not exist yet, so it registered.");
    }
    visit
}

struct Tour<'a> {
    walker: Walker<'a>,
    vault: &'a Vault,
    account: &'a Account,
    intent: Intent,
    past: Past,
    link: Url,
    /// Whether the link was opened a second time, after logging in.
    came_back: bool,
    /// Whether the account had cookies before the link was opened.
    had_session: bool,
    /// Whether the last form sent was neither for credentials nor for consent.
    sent_step: bool,
    visit: Visit,
}

impl Tour<'_> {
    async fn run(&mut self) {
        let mut landing = self.open_link().await;
        let mut forms = 0;
        loop {
            let Some(view) = self.arrive(landing) else { return };
            self.reach(course::shows(&view));
            if self.intent == Intent::Open {
                return self.end("the link was opened");
            }
            let (going, purpose, sent) = match course::next(&view, &self.past, self.intent) {
                Move::Stay(why) => {
                    if !self.stay(&view, why) {
                        return;
                    }
                    landing = self.open_link().await;
                    continue;
                }
                Move::Send(form, button, purpose) => {
                    forms += 1;
                    (self.submission(&view, form, button, purpose), purpose, Some(form.signature()))
                }
                Move::Follow(link, purpose) => (self.step_to(&view, link), purpose, None),
            };
            let Some(going) = going else { return self.trouble("a form leads to an address that is not HTTP") };
            if forms > MOST_FORMS || self.visit.forms >= MOST_MOVES {
                return self.trouble("the page asked for more forms, one after another, than a person would fill in");
            }
            self.visit.forms += 1;
            landing = self.walker.go(going).await;
            if self.settle(&view, &landing, purpose, sent.as_deref()) {
                return;
            }
        }
    }

    async fn open_link(&mut self) -> Landing {
        self.walker.go(Going { url: self.link.clone(), post: false, body: None, from: None }).await
    }

    /// The page that was landed on; nothing where the visit is over.
    fn arrive(&mut self, landing: Landing) -> Option<Box<View>> {
        match landing {
            Landing::Page(view) => {
                self.visit.page_signature = view.signature_anywhere(self.vault);
                Some(view)
            }
            Landing::Left(host) => {
                self.trouble(&walk::not_allowed(&host));
                None
            }
            Landing::Trouble(what) => {
                self.trouble(&what);
                None
            }
        }
    }

    /// What a form sends, and that it was sent.
    fn submission(&mut self, view: &View, form: &Form, button: Option<&Button>, purpose: Purpose) -> Option<Going> {
        self.past.done.insert(form.signature());
        self.sent_step = purpose == Purpose::Onward;
        let mut url = button.and_then(|button| button.action.clone()).or_else(|| form.action.clone())?;
        let pairs = fill::fill(form, button, self.account, purpose);
        let post = button.and_then(|button| button.post).unwrap_or(form.post);
        url.set_fragment(None);
        if !post {
            url.set_query(Some(&walk::query(&pairs)));
        }
        let body = post.then(|| walk::encode(&pairs, form.multipart));
        Some(Going { url, post, body, from: Some(view.url.clone()) })
    }

    fn step_to(&mut self, view: &View, link: &Link) -> Option<Going> {
        let url = link.url.clone()?;
        self.past.done.insert(url.as_str().to_owned());
        Some(Going { url, post: false, body: None, from: Some(view.url.clone()) })
    }

    /// Draws what follows from where a form or a link led; true where the visit is over.
    fn settle(&mut self, before: &View, landing: &Landing, purpose: Purpose, sent: Option<&str>) -> bool {
        match purpose {
            Purpose::Agree | Purpose::Decline => self.settle_consent(before, landing, purpose),
            Purpose::Login | Purpose::Register => {
                if let (Landing::Page(after), Some(sent)) = (landing, sent) {
                    self.settle_credentials(after, purpose, sent);
                }
                false
            }
            Purpose::Onward => false,
        }
    }

    /// Credentials were taken where the page neither answers with an error nor asks for the same, or for more of them.
    fn settle_credentials(&mut self, after: &View, purpose: Purpose, sent: &str) {
        let to_register = purpose == Purpose::Register;
        let refused = after.status >= 400 || course::has_form(after, sent);
        if refused || course::asks_more_credentials(after, &self.past, to_register) {
            return;
        }
        self.past.let_in = true;
        self.past.to_register &= !to_register;
        self.visit.registered |= to_register;
        self.visit.logged_in |= !to_register;
    }

    /// An answer was taken where it was answered with success, or by a redirect that does not lead to the same question.
    fn settle_consent(&mut self, before: &View, landing: &Landing, purpose: Purpose) -> bool {
        let done = if purpose == Purpose::Agree { Reached::Agreed } else { Reached::Declined };
        let after = match landing {
            Landing::Page(after) => after,
            // The way back to the CRM, most of the time.
            Landing::Left(host) => {
                self.reach(done);
                self.end(&format!("the page took the answer and led on to {host}"));
                return true;
            }
            Landing::Trouble(what) => {
                self.trouble(what);
                return true;
            }
        };
        let shown = course::shows(after);
        let same = after.signature(self.vault) == before.signature(self.vault);
        // A page that offers both ways asks once more; any other form has to do with what comes after.
        let asks_more = shown == Reached::Consent && course::asks_both_ways(after);
        let asks_who = shown >= Reached::Page && !course::tells_success(after) && course::asks_password(after);
        if !(same && shown >= Reached::Page) && (asks_more || asks_who) {
            return false;
        }
        self.visit.page_signature = after.signature_anywhere(self.vault);
        if after.status >= 400 && !self.walker.redirected {
            self.end(&format!("the page answered {} when the agency answered it", after.status));
        } else if same && shown >= Reached::Page {
            self.end("the page asks the same again: it did not take the answer");
        } else {
            self.reach(done);
            self.end("the page took the answer");
        }
        true
    }

    /// Ends the visit on a page where there is nothing more to do, or tells that the link should be opened again.
    fn stay(&mut self, view: &View, why: &str) -> bool {
        let nothing_here = course::shows(view) == Reached::Nowhere && view.status < 400;
        let inside = self.past.let_in || self.had_session;
        let connected = nothing_here && inside && course::tells_success(view);
        if connected && self.intent == Intent::Agree {
            self.reach(Reached::Agreed);
            self.end("no page asked to agree: the page says that the agency is connected");
        } else if connected {
            self.end("no page asked to agree, and still the page says that the agency is connected");
        } else if nothing_here && self.sent_step && self.intent == Intent::Agree && !course::tells_failure(view) {
            self.reach(Reached::Agreed);
            self.end("the last form that the page asked for was taken as the agreement");
        } else if nothing_here && self.past.let_in && !self.came_back {
            // Some pages forget, while one logs in, what one came for.
            self.came_back = true;
            return true;
        } else {
            self.end(why);
        }
        false
    }

    fn reach(&mut self, reached: Reached) {
        self.visit.reached = self.visit.reached.max(reached);
    }

    fn end(&mut self, note: &str) {
        note.clone_into(&mut self.visit.note);
    }

    fn trouble(&mut self, what: &str) {
        let what = self.vault.mask(what);
        self.visit.note.clone_from(&what);
        self.visit.trouble = Some(what);
    }
}
