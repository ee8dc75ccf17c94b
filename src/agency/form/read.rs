//! Reading HTML into a [`View`]: in one pass, bounded, with every mistake forgiven that browsers forgive.

use std::collections::HashMap;

use ego_tree::iter::Edge;
use scraper::{Html, Node, node::Element};
use url::Url;

use super::page::{Button, Field, FieldKind, Form, Link, View};
use super::words::{says, words};
use crate::secret::Secret;

/// What is read of a page at most; more is not meant for a person.
const MOST_FORMS: usize = 50;
const MOST_CONTROLS: usize = 1000;
const MOST_LINKS: usize = 300;
const MOST_TEXT: usize = 16 << 10;
const MOST_LABEL: usize = 300;
/// How many elements may at once want the text that is being read.
const MOST_LISTENERS: usize = 8;

/// Reads the page at `url`.
pub(super) fn read(url: &Url, status: u16, html: &Html) -> View {
    let mut reader = Reader::new(url, status);
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(element) => reader.open(element),
                Node::Text(text) => reader.text(text),
                _ => {}
            },
            Edge::Close(node) if node.value().is_element() => reader.close(),
            Edge::Close(_) => {}
        }
    }
    reader.finish()
}

/// What an open element adds to all that stands in it.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is undone on its own when the element closes")]
struct Frame {
    form: bool,
    aside: bool,
    notice: bool,
    unseen: bool,
    silent: bool,
    listens: bool,
}

/// Who gets the text that is being read.
#[derive(Clone, Copy)]
enum Listener {
    Button(usize, usize),
    Link(usize),
    Label(usize),
    Option(usize, usize),
    Area(usize, usize),
}

/// How often each property of a [`Frame`] is open.
#[derive(Default)]
struct Depth {
    aside: usize,
    notice: usize,
    unseen: usize,
    silent: usize,
}

struct Reader {
    view: View,
    base: Url,
    frames: Vec<Frame>,
    depth: Depth,
    open_forms: Vec<usize>,
    listeners: Vec<Listener>,
    controls: usize,
    form_ids: HashMap<String, usize>,
    /// The texts of labels, with the control that each is for by id.
    labels: Vec<(String, Option<String>)>,
    /// Which label each field stands in, and its id.
    labelled: Vec<(usize, usize, Option<usize>, String)>,
}

impl Reader {
    fn new(url: &Url, status: u16) -> Self {
        let view = View {
            url: url.clone(),
            status,
            text: String::new(),
            forms: Vec::new(),
            links: Vec::new(),
            refresh: None,
            sends_itself: false,
        };
        Self {
            view,
            base: url.clone(),
            frames: Vec::new(),
            depth: Depth::default(),
            open_forms: Vec::new(),
            listeners: Vec::new(),
            controls: 0,
            form_ids: HashMap::new(),
            labels: Vec::new(),
            labelled: Vec::new(),
        }
    }

    fn open(&mut self, element: &Element) {
        let mut frame = surroundings(element);
        self.depth.aside += usize::from(frame.aside);
        self.depth.notice += usize::from(frame.notice);
        self.depth.unseen += usize::from(frame.unseen);
        self.depth.silent += usize::from(frame.silent);
        let listeners = self.listeners.len();
        match element.name() {
            "base" => self.base = self.resolve(element.attr("href")).unwrap_or_else(|| self.base.clone()),
            "meta" => self.meta(element),
            "body" => {
                let script = element.attr("onload").unwrap_or_default();
                self.view.sends_itself = script.contains("submit");
            }
            "form" => frame.form = self.form(element),
            "a" => self.link(element),
            "label" if self.labels.len() < MOST_CONTROLS => {
                self.labels.push((String::new(), element.attr("for").map(str::to_owned)));
                self.listen(Listener::Label(self.labels.len() - 1));
            }
            "input" | "button" | "select" | "textarea" => self.control(element),
            "option" => self.option(element),
            _ => {}
        }
        frame.listens = self.listeners.len() > listeners;
        self.frames.push(frame);
    }

    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.depth.aside -= usize::from(frame.aside);
        self.depth.notice -= usize::from(frame.notice);
        self.depth.unseen -= usize::from(frame.unseen);
        self.depth.silent -= usize::from(frame.silent);
        if frame.form {
            self.open_forms.pop();
        }
        if frame.listens {
            self.listeners.pop();
        }
    }

    fn text(&mut self, text: &str) {
        if self.depth.silent > 0 {
            return;
        }
        if self.depth.unseen == 0 {
            add(&mut self.view.text, text, MOST_TEXT);
        }
        // A listener is made for what was pushed just before, and nothing is taken away again: its places hold.
        for listener in &self.listeners {
            let forms = &mut self.view.forms;
            match *listener {
                Listener::Button(form, button) => add(&mut forms[form].buttons[button].label, text, MOST_LABEL),
                Listener::Link(link) => add(&mut self.view.links[link].text, text, MOST_LABEL),
                Listener::Label(label) => add(&mut self.labels[label].0, text, MOST_LABEL),
                Listener::Option(form, field) => {
                    if let Some(option) = forms[form].fields[field].options.last_mut() {
                        add(&mut option.1, text, MOST_LABEL);
                    }
                }
                Listener::Area(form, field) => {
                    let field = &mut forms[form].fields[field];
                    field.value = Secret::new(format!("{}{text}", field.value.expose()));
                }
            }
        }
    }

    fn listen(&mut self, listener: Listener) {
        if self.listeners.len() < MOST_LISTENERS {
            self.listeners.push(listener);
        }
    }

    /// An address on this page, where it is one of HTTP.
    fn resolve(&self, address: Option<&str>) -> Option<Url> {
        let url = self.base.join(address?.trim()).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    fn meta(&mut self, element: &Element) {
        let refreshes = element.attr("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh"));
        let content = element.attr("content").filter(|_| refreshes).unwrap_or_default();
        let Some((_, target)) = content.split_once([';', ',']) else { return };
        let address = target.trim().split_once('=').map_or(target, |(_, address)| address);
        self.view.refresh = self.resolve(Some(address.trim().trim_matches(['"', '\''])));
    }

    fn form(&mut self, element: &Element) -> bool {
        if self.view.forms.len() >= MOST_FORMS {
            return false;
        }
        // An empty action is the page itself, whatever the base is.
        let action = match element.attr("action").map(str::trim) {
            None | Some("") => Some(self.view.url.clone()),
            action => self.resolve(action),
        };
        let own = action.as_ref().is_none_or(|action| action.path() == self.view.url.path());
        let end = action.as_ref().filter(|_| !own).and_then(|action| action.path_segments()?.next_back());
        let end = end.unwrap_or_default().to_owned();
        let index = self.view.forms.len();
        self.form_ids.extend(element.attr("id").map(|id| (id.to_owned(), index)));
        self.view.forms.push(Form {
            action,
            end,
            post: element.attr("method").is_some_and(|method| method.trim().eq_ignore_ascii_case("post")),
            multipart: element
                .attr("enctype")
                .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("multipart/form-data")),
            hints: attributes(element, &["id", "class", "name", "role", "aria-label"]),
            aside: self.depth.aside > 0,
            notice: self.depth.notice > 0,
            ..Form::default()
        });
        self.open_forms.push(index);
        true
    }

    fn link(&mut self, element: &Element) {
        if self.view.links.len() < MOST_LINKS && element.attr("href").is_some() && self.depth.silent == 0 {
            let url = self.resolve(element.attr("href")).filter(|url| !is_same_page(url, &self.view.url));
            let text = attributes(element, &["aria-label", "title"]);
            self.view.links.push(Link { url, text, aside: self.depth.aside + self.depth.notice > 0 });
            self.listen(Listener::Link(self.view.links.len() - 1));
        }
    }

    /// The form that a control belongs to: the one that it names, or that it stands in, or else the last one that a table
    /// closed too early.
    fn owner(&self, element: &Element) -> Option<usize> {
        if let Some(id) = element.attr("form") {
            return self.form_ids.get(id).copied();
        }
        let last = self.view.forms.len().checked_sub(1);
        self.open_forms.last().copied().or(last.filter(|_| self.depth.silent == 0))
    }

    fn control(&mut self, element: &Element) {
        let Some(form) = self.owner(element) else { return };
        if self.controls >= MOST_CONTROLS || element.attr("disabled").is_some() {
            return;
        }
        self.controls += 1;
        let input = element.attr("type").unwrap_or_default().trim().to_ascii_lowercase();
        let sends = match element.name() {
            "button" => !matches!(input.as_str(), "button" | "reset"),
            "input" => matches!(input.as_str(), "submit" | "image"),
            _ => false,
        };
        if sends {
            self.button(element, form);
        } else if element.name() != "button" && !matches!(input.as_str(), "button" | "reset" | "file") {
            self.field(element, form, input);
        }
    }

    fn button(&mut self, element: &Element, form: usize) {
        let text = |name| element.attr(name).unwrap_or_default().to_owned();
        let action = self.resolve(element.attr("formaction"));
        let own_path = action.iter().map(|url| url.path().rsplit('/').next().unwrap_or_default().to_owned());
        let hints = ["aria-label", "title", "alt", "id"].map(text).into_iter().chain(own_path).collect();
        let post = element.attr("formmethod").map(|method| method.trim().eq_ignore_ascii_case("post"));
        let buttons = &mut self.view.forms[form].buttons;
        buttons.push(Button { name: text("name"), value: text("value"), label: String::new(), hints, action, post });
        let index = buttons.len() - 1;
        if element.name() == "button" {
            self.listen(Listener::Button(form, index));
        }
    }

    fn field(&mut self, element: &Element, form: usize, input: String) {
        let kind = match (element.name(), input.as_str()) {
            ("select", _) => FieldKind::Select,
            ("textarea", _) => FieldKind::Text,
            (_, "hidden") => FieldKind::Hidden,
            (_, "password") => FieldKind::Password,
            (_, "checkbox") => FieldKind::Checkbox,
            (_, "radio") => FieldKind::Radio,
            _ => FieldKind::Text,
        };
        let ticked = matches!(kind, FieldKind::Checkbox | FieldKind::Radio);
        let value = element.attr("value").unwrap_or(if ticked { "on" } else { "" });
        let hints = ["name", "id", "autocomplete", "aria-label", "title", "data-testid"];
        let fields = &mut self.view.forms[form].fields;
        fields.push(Field {
            name: element.attr("name").unwrap_or_default().to_owned(),
            kind,
            input,
            value: Secret::new(value),
            hints: attributes(element, &hints),
            placeholder: element.attr("placeholder").unwrap_or_default().to_owned(),
            required: element.attr("required").is_some() || element.attr("aria-required") == Some("true"),
            checked: element.attr("checked").is_some(),
            read_only: element.attr("readonly").is_some(),
            unseen: self.depth.unseen > 0 || element.attr("tabindex") == Some("-1"),
            longest: element.attr("maxlength").and_then(|length| length.trim().parse().ok()),
            options: Vec::new(),
        });
        let index = fields.len() - 1;
        let label = self.listeners.iter().rev().find_map(|listener| match listener {
            Listener::Label(label) => Some(*label),
            _ => None,
        });
        self.labelled.push((form, index, label, element.attr("id").unwrap_or_default().to_owned()));
        if element.name() == "textarea" {
            self.listen(Listener::Area(form, index));
        }
    }

    fn option(&mut self, element: &Element) {
        let Some(&(form, field, ..)) = self.labelled.last() else { return };
        // As for `finish`.
        let select = &mut self.view.forms[form].fields[field];
        if select.kind == FieldKind::Select && self.controls < MOST_CONTROLS && element.attr("disabled").is_none() {
            self.controls += 1;
            // Without a value an option's text is its value: told apart when the text is known.
            let value = element.attr("value").map_or_else(|| NO_VALUE.to_owned(), str::to_owned);
            select.options.push((value, String::new(), element.attr("selected").is_some()));
            self.listen(Listener::Option(form, field));
        }
    }

    fn finish(mut self) -> View {
        for (form, field, label, id) in &self.labelled {
            // The places of a field that was pushed; forms and fields are only ever added.
            let field = &mut self.view.forms[*form].fields[*field];
            for (index, (text, target)) in self.labels.iter().enumerate() {
                if Some(index) == *label || !id.is_empty() && target.as_deref() == Some(id) {
                    add(&mut field.hints, text, MOST_LABEL);
                }
            }
            for (value, text, _) in &mut field.options {
                if value == NO_VALUE {
                    text.trim().clone_into(value);
                }
            }
        }
        self.view
    }
}

/// No attribute can hold it: the parser replaces it.
const NO_VALUE: &str = "\0";

/// What an element adds to all that stands in it.
fn surroundings(element: &Element) -> Frame {
    let role = element.attr("role").unwrap_or_default();
    let style: String = element.attr("style").unwrap_or_default().split_whitespace().collect();
    let classes = words(&attributes(element, &["id", "class"]));
    let whole_page = matches!(element.name(), "html" | "body" | "main");
    Frame {
        aside: matches!(element.name(), "nav" | "header" | "footer" | "aside")
            || matches!(role, "navigation" | "banner" | "contentinfo" | "complementary"),
        notice: !whole_page && says(&classes, &["cookie", "cookies", "gdpr", "ccpa"]),
        unseen: style.contains("display:none")
            || style.contains("visibility:hidden")
            || element.attr("hidden").is_some()
            || element.attr("aria-hidden") == Some("true")
            || says(&classes, &["honeypot", "honey"]),
        silent: matches!(element.name(), "script" | "style" | "noscript" | "template" | "head"),
        ..Frame::default()
    }
}

fn attributes(element: &Element, names: &[&str]) -> String {
    names.iter().filter_map(|name| element.attr(name)).collect::<Vec<_>>().join(" ")
}

/// Adds a text with a space before it, up to a length.
fn add(to: &mut String, text: &str, longest: usize) {
    let text = text.trim();
    if !text.is_empty() && to.len() < longest {
        to.push(' ');
        to.push_str(&text[..text.floor_char_boundary(longest - to.len().min(longest))]);
    }
}

/// Whether an address is this very page, or a place on it.
fn is_same_page(url: &Url, page: &Url) -> bool {
    url[..url::Position::AfterQuery] == page[..url::Position::AfterQuery]
}
