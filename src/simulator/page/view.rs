use std::sync::LazyLock;

use minijinja::Environment;
use serde::Serialize;

/// The page's one template. Its name makes everything that is filled in HTML-escaped.
const NAME: &str = "page.html";

/// What the page shows.
#[derive(Default, Serialize)]
pub(super) struct Screen<'a> {
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) error: &'a str,
    /// Where the form is posted to; empty: there is no form.
    pub(super) action: &'a str,
    pub(super) fields: &'a [Field<'a>],
    pub(super) button: &'a str,
    /// Whether the form has the two buttons of the consent.
    pub(super) consent: bool,
    /// A link to another form: its target and its text.
    pub(super) other: Option<(&'a str, &'a str)>,
}

/// A field of a form.
#[derive(Serialize)]
pub(super) struct Field<'a> {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    value: &'a str,
}

impl<'a> Field<'a> {
    pub(super) fn new(name: &'static str, label: &'static str, kind: &'static str, autocomplete: &'static str) -> Self {
        Self { name, label, kind, autocomplete, value: "" }
    }

    /// The field with something in it already.
    pub(super) fn holding(self, value: &'a str) -> Self {
        Self { value, ..self }
    }
}

/// The template, read once: a run shows the page a thousand times.
static PAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut page = Environment::new();
    let read = page.add_template(NAME, include_str!("page.html"));
    debug_assert!(read.is_ok(), "{read:?}");
    page
});

/// Renders the page.
pub(super) fn render(screen: &Screen, query: &str, csrf: &str) -> Result<String, minijinja::Error> {
    let context = minijinja::context! { query, csrf, ..minijinja::Value::from(minijinja::value::Serde(screen)) };
    PAGE.get_template(NAME)?.render(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let hostile = "\"><script>alert('x')</script>";
        let fields = [Field::new("email", "E-mail", "email", "username").holding(hostile)];
        let screen = Screen {
            title: "Title",
            text: hostile,
            error: hostile,
            action: "/connect/email",
            fields: &fields,
            button: "Continue",
            consent: false,
            other: Some((hostile, "Other")),
        };
        let html = render(&screen, hostile, hostile).unwrap();
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;").count(), 6, "{html}");
        assert!(html.contains("<label for=\"email\">E-mail</label>"));
    }

    #[test]
    fn the_consent_is_one_form_with_two_buttons() {
        let screen = Screen { title: "?", action: "/connect/decide", consent: true, ..Screen::default() };
        let html = render(&screen, "a=b&c=d", "x").unwrap();
        assert_eq!((html.matches("<form").count(), html.matches("<button").count()), (1, 2));
        assert!(html.contains("action=\"&#x2f;connect&#x2f;decide?a=b&amp;c=d\""), "{html}");
        let message = render(&Screen { title: "Connected", ..Screen::default() }, "", "").unwrap();
        assert!(!message.contains("<form"));
    }
}
