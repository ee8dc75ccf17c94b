//! What a form or a link is for.

use super::{
    fill::{self, Asked},
    page::{Button, FieldKind, Form, Link, View},
    words::{ASIDE, ELSEWHERE, LOGIN, LOGOUT, Leaning, REGISTER, TO_READ, leaning, leaning_of, says, words},
};

/// What a form is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// Nothing that a connection needs: search, newsletter, language, cookies, logging out.
    Aside,
    /// Logging in or registering.
    Credentials {
        /// Whether it registers.
        registers: bool,
    },
    /// Agreeing or declining.
    Consent,
    /// Anything that has to be filled in or sent to go on.
    Step,
}

/// What a control is chosen for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    Login,
    Register,
    Agree,
    Decline,
    Onward,
}

/// What `form` of this page is for.
pub(super) fn role(view: &View, form: &Form) -> Role {
    *form.role.get_or_init(|| role_of(view, form))
}

fn role_of(view: &View, form: &Form) -> Role {
    let password = form.seen().any(|field| field.kind == FieldKind::Password);
    if !password && is_aside(form) {
        return Role::Aside;
    }
    let identity = form.seen().any(|field| fill::asked(field) == Some(Asked::Email));
    if password || identity {
        return Role::Credentials { registers: registers(form) };
    }
    if asks(form) || is_bare_question(view, form) { Role::Consent } else { Role::Step }
}

fn is_aside(form: &Form) -> bool {
    let words = form.words();
    let search = form.seen().any(|field| {
        field.input == "search" || matches!(field.name.as_str(), "q" | "query" | "s" | "search" | "keyword" | "term")
    });
    let labels: Vec<_> = form.buttons.iter().flat_map(Button::words).collect();
    let nothing_seen = form.seen().next().is_none();
    let other_way = nothing_seen && !form.buttons.is_empty() && says(&labels, ELSEWHERE);
    let empty = nothing_seen && form.buttons.is_empty() && form.fields.is_empty();
    let aside = form.aside && nothing_seen;
    search
        || form.notice
        || other_way
        || empty
        || aside
        || form.action.is_none() && form.buttons.iter().all(|button| button.action.is_none())
        || says(&words, ASIDE)
        || says(&labels, ASIDE)
        || says(&words, LOGOUT)
        || says(&labels, LOGOUT)
}

/// Whether a form with credentials registers; its buttons tell before its fields do.
fn registers(form: &Form) -> bool {
    let labels: Vec<_> = form.buttons.iter().flat_map(Button::words).collect();
    match (says(&labels, LOGIN), says(&labels, REGISTER)) {
        (true, _) => return false,
        (false, true) => return true,
        (false, false) => {}
    }
    let words = form.words();
    let passwords = form.seen().filter(|field| field.kind == FieldKind::Password).count();
    let personal =
        form.seen().any(|field| matches!(fill::asked(field), Some(Asked::Company | Asked::FirstName | Asked::Name)));
    says(&words, REGISTER) || !says(&words, LOGIN) && (passwords > 1 || personal)
}

/// Whether a form asks to agree: by its buttons, its boxes or its choices.
fn asks(form: &Form) -> bool {
    let decisive = |leaning| matches!(leaning, Leaning::Agree | Leaning::Decline);
    let buttons = form.buttons.iter().any(|button| decisive(button_leaning(form, button)));
    let choices = form.seen().filter(|field| matches!(field.kind, FieldKind::Checkbox | FieldKind::Radio));
    let options = |field: &&super::page::Field| {
        field.options.iter().any(|(value, text, _)| decisive(leaning_of([value.as_str(), text].into_iter())))
    };
    buttons
        || choices.into_iter().any(|field| decisive(field_leaning(field)))
        || form.seen().any(|field| options(&field))
}

/// Whether a form is a single button with nothing to fill in, and no script sends it of itself.
fn is_bare_question(view: &View, form: &Form) -> bool {
    form.seen().next().is_none() && form.buttons.len() == 1 && !view.sends_itself
}

/// What a box or a choice says: its own value first, then its label.
pub(super) fn field_leaning(field: &super::page::Field) -> Leaning {
    leaning_of([field.value.expose(), field.hints.as_str()].into_iter())
}

/// What a button says; where it is its form's only one, the form's address speaks too.
pub(super) fn button_leaning(form: &Form, button: &Button) -> Leaning {
    let own = leaning_of(button.texts());
    match (own, leaning(&form.end)) {
        (Leaning::Neither, of_address) if form.buttons.len() == 1 => of_address,
        (Leaning::Onward, Leaning::Decline) if form.buttons.len() == 1 => Leaning::Decline,
        _ => own,
    }
}

/// How a form is sent.
pub(super) type Press<'f> = Result<Option<&'f Button>, NoButton>;

/// None of a form's buttons is for the purpose.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoButton;

/// The button to press for a purpose; a form without any is sent all the same, but not to decline.
pub(super) fn press(form: &Form, purpose: Purpose) -> Press<'_> {
    let of = |wanted: Leaning| form.buttons.iter().find(move |button| button_leaning(form, button) == wanted);
    let saying =
        |wanted: &'static [&'static str]| form.buttons.iter().find(move |button| says(&button.words(), wanted));
    let chosen = match purpose {
        Purpose::Login => saying(LOGIN)
            .or_else(|| of(Leaning::Onward))
            .or_else(|| plain(form).find(|button| !says(&button.words(), REGISTER)).or_else(|| plain(form).next())),
        Purpose::Register => saying(REGISTER).or_else(|| of(Leaning::Onward)).or_else(|| plain(form).next()),
        Purpose::Agree => of(Leaning::Agree).or_else(|| of(Leaning::Onward)).or_else(|| plain(form).next()),
        Purpose::Decline => of(Leaning::Decline),
        Purpose::Onward => of(Leaning::Onward).or_else(|| of(Leaning::Agree)).or_else(|| plain(form).next()),
    };
    match chosen {
        None if !form.buttons.is_empty() || purpose == Purpose::Decline => Err(NoButton),
        chosen => Ok(chosen),
    }
}

/// The buttons that neither decline nor do something else than to send the form.
fn plain(form: &Form) -> impl Iterator<Item = &Button> {
    form.buttons.iter().filter(|button| {
        let words = button.words();
        let other = [ASIDE, ELSEWHERE, LOGOUT, &["show", "hide", "code"]].iter().any(|list| says(&words, list));
        !other && button_leaning(form, button) != Leaning::Decline
    })
}

/// Whether a link in the page's matter is for a purpose.
pub(super) fn is_link_for(link: &Link, purpose: Purpose) -> bool {
    let text = words(&link.text);
    let last =
        link.url.as_ref().and_then(|url| url.path_segments()?.next_back().map(str::to_owned)).unwrap_or_default();
    if link.url.is_none() || [TO_READ, ELSEWHERE, ASIDE, LOGOUT].iter().any(|list| says(&text, list)) {
        return false;
    }
    let leans = leaning_of([link.text.as_str(), &last].into_iter());
    match purpose {
        Purpose::Register => says(&text, REGISTER) || text.is_empty() && says(&words(&last), REGISTER),
        Purpose::Login => {
            (says(&text, LOGIN) || text.is_empty() && says(&words(&last), LOGIN)) && !says(&text, REGISTER)
        }
        Purpose::Agree => !link.aside && leans == Leaning::Agree,
        Purpose::Decline => !link.aside && leans == Leaning::Decline,
        Purpose::Onward => !link.aside && leans == Leaning::Onward,
    }
}
