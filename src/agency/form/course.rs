//! What an agency does next on a page: a decision from what the page shows and what was done before.

use std::collections::HashSet;

use super::{
    fill,
    page::{Button, FieldKind, Form, Link, View},
    role::{Purpose, Role, button_leaning, field_leaning, is_link_for, press, role},
    words::{ASIDE, FAILURE, Leaning, REGISTER, SUCCESS, leaning_of, says, words},
};
use crate::agency::{Intent, Reached};

/// What was done so far on a visit.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The signatures of forms that were sent, and the addresses of links that were followed.
    pub(super) done: HashSet<String>,
    /// Whether credentials were sent, and the page did not ask for the same again.
    pub(super) let_in: bool,
    /// Whether the agency is to register and has not yet.
    pub(super) to_register: bool,
}

/// What to do next.
pub(super) enum Move<'v> {
    /// Send a form for a purpose, with a button where it has one.
    Send(&'v Form, Option<&'v Button>, Purpose),
    /// Follow a link for a purpose.
    Follow(&'v Link, Purpose),
    /// Stay, for this reason.
    Stay(&'static str),
}

/// What a page shows, whatever is to be done with it.
pub(super) fn shows(view: &View) -> Reached {
    let credentials = view.forms.iter().any(|form| matches!(role(view, form), Role::Credentials { .. }));
    if view.status >= 400 {
        Reached::Nowhere
    } else if !credentials && asks_consent(view) || view.forms.iter().any(|form| asks_at_once(view, form)) {
        Reached::Consent
    } else if view.forms.iter().any(|form| role(view, form) != Role::Aside) || entrance(view).is_some() {
        Reached::Page
    } else {
        Reached::Nowhere
    }
}

/// Whether a form for credentials asks to agree as well: a button of it says so, and none only lets in.
fn asks_at_once(view: &View, form: &Form) -> bool {
    let credentials = matches!(role(view, form), Role::Credentials { .. }) && !form.aside;
    let seen = |button: &Button| leaning_of([button.label.as_str(), &button.value].into_iter());
    let leanings: Vec<_> = form.buttons.iter().map(seen).collect();
    let answers = leanings.iter().all(|leaning| matches!(leaning, Leaning::Agree | Leaning::Decline));
    credentials && answers && leanings.contains(&Leaning::Agree)
}

/// Whether a page asks to agree, and offers to decline beside it.
pub(super) fn asks_both_ways(view: &View) -> bool {
    find_consent(view, Purpose::Agree).is_some() && find_consent(view, Purpose::Decline).is_some()
}

/// Whether a page says that an agency is now connected.
pub(super) fn tells_success(view: &View) -> bool {
    !tells_failure(view) && says(&words(&view.text), SUCCESS)
}

/// Whether a page says that something went wrong.
pub(super) fn tells_failure(view: &View) -> bool {
    view.status >= 400 || says(&words(&view.text), FAILURE)
}

/// Whether a form with this signature stands on a page.
pub(super) fn has_form(view: &View, signature: &str) -> bool {
    view.forms.iter().any(|form| form.signature() == signature)
}

/// Whether a page asks for a password.
pub(super) fn asks_password(view: &View) -> bool {
    view.forms.iter().any(|form| form.seen().any(|field| field.kind == FieldKind::Password))
}

/// Whether a page asks for credentials, or for more of them, that were not sent yet.
pub(super) fn asks_more_credentials(view: &View, past: &Past, to_register: bool) -> bool {
    credentials(view, past).is_some_and(|(form, registers)| registers == to_register && !form.aside)
}

/// Decides what to do on a page.
pub(super) fn next<'v>(view: &'v View, past: &Past, intent: Intent) -> Move<'v> {
    if view.status >= 400 {
        return Move::Stay("the page answered with an error");
    }
    if past.to_register
        && let Some(step) = register(view, past)
    {
        let at_once = matches!(&step, Move::Send(form, ..) if asks_at_once(view, form));
        let agrees = matches!(intent, Intent::Open | Intent::Agree);
        return if at_once && !agrees {
            Move::Stay("registering and agreeing are one form on this page")
        } else {
            step
        };
    }
    let login = credentials(view, past).filter(|_| !past.let_in || !asks_consent(view));
    if let Some((form, registers)) = login {
        let links = || view.links.iter().filter(|link| is_link_for(link, Purpose::Login) && !followed(link, past));
        return match links().next().filter(|_| registers && !past.to_register) {
            Some(link) => Move::Follow(link, Purpose::Login),
            None => enter(form, registers, past, intent),
        };
    }
    if has_credentials(view) && !asks_consent(view) {
        return Move::Stay("the page asks for the same credentials again: it did not take them");
    }
    if asks_consent(view) {
        return decide(view, intent);
    }
    let steps =
        view.forms.iter().filter(|form| role(view, form) == Role::Step && !past.done.contains(&form.signature()));
    for form in steps {
        if let Ok(button) = press(form, Purpose::Onward) {
            return Move::Send(form, button, Purpose::Onward);
        }
    }
    match entrance(view).filter(|link| !past.let_in && !followed(link, past)) {
        Some(link) => Move::Follow(link, Purpose::Login),
        None => Move::Stay("the page has no form with which to go on; one that a script builds needs another driver"),
    }
}

/// The way to register: a form that does, or a link or a button that leads to one.
fn register<'v>(view: &'v View, past: &Past) -> Option<Move<'v>> {
    let fresh = |form: &&Form| !past.done.contains(&form.signature());
    let registering = |form: &&Form| role(view, form) == Role::Credentials { registers: true };
    if let Some(form) = view.forms.iter().filter(fresh).find(registering)
        && let Ok(button) = press(form, Purpose::Register)
    {
        return Some(Move::Send(form, button, Purpose::Register));
    }
    // In the matter of the page rather than in its navigation, where both stand.
    let links = || view.links.iter().filter(|link| is_link_for(link, Purpose::Register) && !followed(link, past));
    if let Some(link) = links().find(|link| !link.aside).or_else(|| links().next()) {
        return Some(Move::Follow(link, Purpose::Register));
    }
    if view.forms.iter().any(|form| registering(&form)) {
        return Some(Move::Stay("the page asks to register again: it did not take what was filled in"));
    }
    let leads = |form: &'v Form| {
        let button = form.buttons.iter().find(|button| says(&button.words(), REGISTER))?;
        Some(Move::Send(form, Some(button), Purpose::Register))
    };
    view.forms.iter().filter(fresh).find_map(leads)
}

fn followed(link: &Link, past: &Past) -> bool {
    link.url.as_ref().is_none_or(|url| past.done.contains(url.as_str()))
}

/// The first form for credentials that was not sent yet; one that logs in before one that registers.
fn credentials<'v>(view: &'v View, past: &Past) -> Option<(&'v Form, bool)> {
    let forms = view.forms.iter().filter_map(|form| match role(view, form) {
        Role::Credentials { registers } if !past.done.contains(&form.signature()) => Some((form, registers)),
        _ => None,
    });
    // A login box in a page's header is for those who came without a link.
    forms.min_by_key(|(form, registers)| (form.aside, *registers))
}

fn has_credentials(view: &View) -> bool {
    view.forms.iter().any(|form| matches!(role(view, form), Role::Credentials { .. }) && !form.aside)
}

fn enter<'v>(form: &'v Form, registers: bool, past: &Past, intent: Intent) -> Move<'v> {
    if past.to_register {
        return Move::Stay("no way to register was found on the page");
    }
    if registers && !past.let_in {
        return Move::Stay("the page offers to register only, and this account is to log in");
    }
    if fill::wants_code(form) {
        return Move::Stay("the page asks for a code that was sent elsewhere");
    }
    let Ok(button) = press(form, Purpose::Login) else {
        return Move::Stay("the form has no button with which to log in");
    };
    let agrees = button.is_some_and(|button| button_leaning(form, button) == Leaning::Agree);
    match intent {
        Intent::Agree if agrees => Move::Send(form, button, Purpose::Agree),
        Intent::Decline | Intent::Abandon if agrees => Move::Stay("logging in and agreeing are one form on this page"),
        _ => Move::Send(form, button, Purpose::Login),
    }
}

fn decide(view: &View, intent: Intent) -> Move<'_> {
    let purpose = match intent {
        Intent::Agree => Purpose::Agree,
        Intent::Decline => Purpose::Decline,
        Intent::Abandon | Intent::Open => return Move::Stay("the agency left at the page that asks it to agree"),
    };
    let none = "the page that asks to agree has no way to decline: the agency left";
    find_consent(view, purpose).unwrap_or(Move::Stay(none))
}

fn asks_consent(view: &View) -> bool {
    find_consent(view, Purpose::Agree).is_some()
}

/// The form to send, or the link to follow, to agree or to decline.
fn find_consent(view: &View, purpose: Purpose) -> Option<Move<'_>> {
    let forms = || view.forms.iter().filter(|form| role(view, form) == Role::Consent);
    let wanted = if purpose == Purpose::Agree { Leaning::Agree } else { Leaning::Decline };
    // A form whose button says it comes before one that would do: with a form for each button, both are there.
    let saying = |form: &&Form| form.buttons.iter().any(|button| button_leaning(form, button) == wanted);
    let chosen = forms().filter(saying).chain(forms()).find_map(|form| Some((form, press(form, purpose).ok()?)));
    if let Some((form, button)) = chosen {
        return Some(Move::Send(form, button, purpose));
    }
    let by_choice = forms().find(|form| {
        form.seen().any(|field| field_leaning(field) == Leaning::Decline && field.kind == FieldKind::Radio)
    });
    if let Some(form) = by_choice.filter(|_| purpose == Purpose::Decline) {
        return press(form, Purpose::Onward).ok().map(|button| Move::Send(form, button, purpose));
    }
    let link = view.links.iter().find(|link| is_link_for(link, purpose))?;
    Some(Move::Follow(link, purpose))
}

/// A link to the page where one logs in, in the matter of the page: one in its navigation stands on error pages too.
fn entrance(view: &View) -> Option<&Link> {
    let mut links = view.links.iter().filter(|link| !link.aside && !says(&words(&link.text), ASIDE));
    links.find(|link| is_link_for(link, Purpose::Login))
}
