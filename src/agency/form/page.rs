//! What stands on a page, as plain data.

use std::{collections::BTreeSet, sync::OnceLock};

use url::Url;

use super::{
    role::{Role, role},
    words::words,
};
use crate::secret::{Secret, Vault};

/// One page as an agency sees it.
pub(super) struct View {
    pub(super) url: Url,
    pub(super) status: u16,
    /// The visible text, cut.
    pub(super) text: String,
    pub(super) forms: Vec<Form>,
    pub(super) links: Vec<Link>,
    /// Where the page goes of itself (`<meta http-equiv=refresh>`).
    pub(super) refresh: Option<Url>,
    /// Whether a script sends its first form of itself.
    pub(super) sends_itself: bool,
}

/// A form and its controls.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of the element, and they are independent")]
pub(super) struct Form {
    /// Where it is sent; nothing where that is no address of HTTP.
    pub(super) action: Option<Url>,
    /// The end of its path, where that is another than the page's own.
    pub(super) end: String,
    pub(super) post: bool,
    pub(super) multipart: bool,
    pub(super) fields: Vec<Field>,
    pub(super) buttons: Vec<Button>,
    /// Its id, class, name, role and label.
    pub(super) hints: String,
    /// Whether it stands beside the page's matter: in a banner, a navigation or a footer.
    pub(super) aside: bool,
    /// Whether it stands in a notice about cookies.
    pub(super) notice: bool,
    /// What it is for, once somebody asked.
    pub(super) role: OnceLock<Role>,
}

/// A control that carries a value.
#[expect(clippy::struct_excessive_bools, reason = "each is an attribute of the element, and they are independent")]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: FieldKind,
    /// The `type` of an input, in lower case.
    pub(super) input: String,
    pub(super) value: Secret,
    /// Its name, id, autocomplete and labels.
    pub(super) hints: String,
    /// What stands in it while it is empty: an example more often than a name.
    pub(super) placeholder: String,
    pub(super) required: bool,
    pub(super) checked: bool,
    pub(super) read_only: bool,
    /// Whether a person does not see it: a trap for machines, or what a script fills.
    pub(super) unseen: bool,
    pub(super) longest: Option<usize>,
    /// The values of a select, each with its text, and whether it is selected.
    pub(super) options: Vec<(String, String, bool)>,
}

/// What kind of control a field is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum FieldKind {
    #[default]
    Text,
    Password,
    Hidden,
    Checkbox,
    Radio,
    Select,
}

/// A control that sends its form.
#[derive(Default)]
pub(super) struct Button {
    pub(super) name: String,
    pub(super) value: String,
    /// What stands on it.
    pub(super) label: String,
    /// Its title and labels for those who do not see, its id, and the end of its own action's path.
    pub(super) hints: Vec<String>,
    pub(super) action: Option<Url>,
    pub(super) post: Option<bool>,
}

/// A link.
#[derive(Default)]
pub(super) struct Link {
    /// Where it leads; nothing where that is no address of HTTP.
    pub(super) url: Option<Url>,
    /// Its text and labels.
    pub(super) text: String,
    pub(super) aside: bool,
}

impl View {
    /// A digest of what the page is: its path, where its forms go and what their fields are called.
    ///
    /// Parts of paths that look random are left out, since a signed link may carry its signature there.
    pub(super) fn signature(&self, vault: &Vault) -> String {
        self.signature_at(&stable_path(&self.url), vault)
    }

    /// The same, but of a page that asks to agree without its path: the question may stand at the link's address, and where a login is
    /// sent to.
    pub(super) fn signature_anywhere(&self, vault: &Vault) -> String {
        let asks = self.forms.iter().any(|form| role(self, form) == Role::Consent);
        self.signature_at(&if asks { String::new() } else { stable_path(&self.url) }, vault)
    }

    fn signature_at(&self, path: &str, vault: &Vault) -> String {
        let forms: BTreeSet<String> = self.forms.iter().map(Form::signature).collect();
        let whole = format!("{path}\n{}", forms.into_iter().collect::<Vec<_>>().join("\n"));
        vault.digest(whole.as_bytes())
    }
}

impl Form {
    /// What tells the form from others, whatever values it has.
    pub(super) fn signature(&self) -> String {
        let names: BTreeSet<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        let buttons: BTreeSet<&str> = self.buttons.iter().map(|button| button.name.as_str()).collect();
        format!("{} {names:?} {buttons:?}", self.action.as_ref().map(stable_path).unwrap_or_default())
    }

    /// The words of its hints and of its address.
    pub(super) fn words(&self) -> Vec<String> {
        let mut all = words(&self.hints);
        all.extend(self.action.iter().flat_map(|action| words(action.path())));
        all
    }

    /// The fields that a person sees and fills in.
    pub(super) fn seen(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.kind != FieldKind::Hidden && !field.unseen)
    }
}

impl Button {
    /// Its texts, the most telling first.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        [self.label.as_str(), &self.value]
            .into_iter()
            .chain(self.hints.iter().map(String::as_str))
            .chain([self.name.as_str()])
    }

    /// The words that a person reads on it.
    pub(super) fn words(&self) -> Vec<String> {
        words(if self.label.is_empty() { &self.value } else { &self.label })
    }
}

/// A path in which every part that is long, or mixes letters and digits, is a star.
fn stable_path(url: &Url) -> String {
    let random = |part: &str| part.len() >= 16 || part.bytes().any(|byte| byte.is_ascii_digit()) && part.len() >= 4;
    let parts = url.path().split('/').map(|part| if random(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
