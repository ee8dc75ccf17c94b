use super::{Rate, Target};
use crate::syntax::{Entry, Kind, Node};

/// Something that a target may have or lack, and that scenarios may need.
#[derive(Clone, Copy, Debug)]
pub struct Capability {
    /// Its name, as `absent` takes it.
    pub name: &'static str,
    /// The capability of which it is a part: a target without that one lacks this one too.
    pub within: Option<&'static str>,
    /// What makes it usable, for a person who is told that it is missing.
    pub takes: &'static str,
    given: fn(&Target) -> bool,
}

const fn whole(name: &'static str, takes: &'static str, given: fn(&Target) -> bool) -> Capability {
    Capability { name, within: None, takes, given }
}

const fn part(within: &'static str, name: &'static str, takes: &'static str, given: fn(&Target) -> bool) -> Capability {
    Capability { name, within: Some(within), takes, given }
}

/// Everything that `absent` may name.
pub const CAPABILITIES: &[Capability] = &[
    whole("webhook", "`webhook = { listen = …, public_url = … }`", |target| target.webhook.is_some()),
    whole("mailbox", "`mailbox = { smtp = …, address = … }`", |target| target.mailbox.is_some()),
    part("mailbox", "notice_after", "`notice_after`, of 2 or more", |target| {
        target.notice_after.is_some_and(|count| count.get() > 1)
    }),
    whole("agency", "`agency` with `form`, `register`, `manual` or `command`", |target| target.agency.is_some()),
    part("agency", "accounts", "`agency.form.accounts`, a CSV file", |target| {
        target.agency.as_ref().is_some_and(|agency| agency.accounts().is_some())
    }),
    part("agency", "register", "`agency.form.register = true`", |target| {
        target.agency.as_ref().is_some_and(super::Agency::registers)
    }),
    whole("second", "`second = { client_id = …, client_secret = … }`", |target| target.second.is_some()),
    whole("rate", "`rate`, where the limit is known", |target| target.rate != Rate::default()),
    whole("clock", "`clock = { advance = \"POST …\" }`", |target| target.clock.is_some()),
    whole("listing", "`listing = { path = … }`", |target| target.listing.is_some()),
    part("listing", "listing.read", "`listing.read`, such as \"GET /listings\"", |target| {
        target.listing.as_ref().is_some_and(|listing| listing.read.is_some())
    }),
    part("listing", "listing.update", "`listing.update`, such as \"PUT /listings/{id}\"", |target| {
        target.listing.as_ref().is_some_and(|listing| listing.update.is_some())
    }),
    part("listing", "listing.delete", "`listing.delete`, such as \"DELETE /listings/{id}\"", |target| {
        target.listing.as_ref().is_some_and(|listing| listing.delete.is_some())
    }),
    part("listing", "listing.owner", "`listing.owner`, such as \"GET /account\"", |target| {
        target.listing.as_ref().is_some_and(|listing| listing.owner.is_some())
    }),
];

/// Whether a target has a capability.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Have<'a> {
    /// The profile gives what it takes.
    Given,
    /// The profile declares that the target lacks it, and why: what is about it is not applicable.
    Absent(&'a str),
    /// The profile says nothing: what needs it could not run.
    Unsaid,
}

impl Capability {
    /// The capability of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Capability> {
        CAPABILITIES.iter().find(|capability| capability.name == name)
    }

    /// Whether the profile gives what it takes.
    #[must_use]
    pub fn is_given(&self, target: &Target) -> bool {
        (self.given)(target)
    }
}

impl Target {
    /// Whether the target has the capability of this name; unsaid for a name that is none.
    #[must_use]
    pub fn have(&self, name: &str) -> Have<'_> {
        let capability = Capability::find(name);
        let within = capability.and_then(|capability| capability.within);
        if let Some(reason) = [Some(name), within].into_iter().flatten().find_map(|name| self.absent.get(name)) {
            return Have::Absent(reason);
        }
        match capability {
            Some(capability) if capability.is_given(self) => Have::Given,
            _ => Have::Unsaid,
        }
    }
}

/// TOML reads `listing.read = "…"` as a table within a table; in `absent` it means one name.
pub(super) fn flatten_absent(target: &mut Node) {
    let Kind::Map(entries) = &mut target.kind else { return };
    let Some(Entry { value: Node { kind: Kind::Map(absent), .. }, .. }) =
        entries.iter_mut().find(|entry| entry.key == "absent")
    else {
        return;
    };
    *absent = std::mem::take(absent)
        .into_iter()
        .flat_map(|entry| match entry.value.kind {
            Kind::Map(parts) => {
                parts.into_iter().map(|part| Entry { key: format!("{}.{}", entry.key, part.key), ..part }).collect()
            }
            _ => vec![entry],
        })
        .collect();
}
