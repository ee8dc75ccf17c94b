use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `agency`: who opens a link and agrees in the agency's place. One driver of the four, and the hosts that it may visit.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table with one of `form`, `register`, `manual` and `command`")]
pub struct Agency {
    /// Fills in the forms of the agency's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// Short for `form = { register = true }`: every agency registers anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub register: bool,
    /// A person opens each link and agrees.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub manual: bool,
    /// A program and its arguments, called for each link.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Hosts other than the base URL's and the link's own to which pages may lead, such as a login of its own.
    /// Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_hosts: Vec<String>,
}

/// `agency.form`: with what the forms are filled in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table with `accounts`, `register` or both")]
pub struct Form {
    /// A CSV file of accounts at Matchouse, relative to the profile's folder. Without it agencies only register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<PathBuf>,
    /// Whether new accounts may be registered. Default: no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub register: bool,
}

/// How an agency is made to agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Driver<'a> {
    /// Forms are filled in.
    Form {
        /// The CSV file of accounts to log in with.
        accounts: Option<&'a Path>,
        /// Whether new accounts may be registered.
        register: bool,
    },
    /// A person does it.
    Manual,
    /// A program does it: its name and its arguments.
    Command(&'a [String]),
}

impl Agency {
    /// The driver that is given; one, once the profile was checked.
    #[must_use]
    pub fn driver(&self) -> Option<Driver<'_>> {
        self.drivers().next()
    }

    /// Every driver that is given.
    pub(super) fn drivers(&self) -> impl Iterator<Item = Driver<'_>> {
        let form =
            self.form.as_ref().map(|form| Driver::Form { accounts: form.accounts.as_deref(), register: form.register });
        let register = self.register.then_some(Driver::Form { accounts: None, register: true });
        let manual = self.manual.then_some(Driver::Manual);
        let command = (!self.command.is_empty()).then_some(Driver::Command(&self.command));
        [form, register, manual, command].into_iter().flatten()
    }

    /// Whether agencies can register.
    #[must_use]
    pub fn registers(&self) -> bool {
        self.drivers().any(|driver| matches!(driver, Driver::Form { register: true, .. }))
    }

    /// The file of accounts, where there is one.
    #[must_use]
    pub fn accounts(&self) -> Option<&Path> {
        self.form.as_ref()?.accounts.as_deref()
    }
}
