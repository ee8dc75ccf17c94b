use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// What an agency has in mind when it goes to a link.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Looks at the page and does nothing.
    Open,
    /// Logs in or registers, and agrees.
    #[default]
    Agree,
    /// Logs in or registers, and declines. Where the page has no way to decline, it leaves.
    Decline,
    /// Logs in or registers, and leaves at the page that asks to agree.
    Abandon,
}

/// How an agency is to come in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Entrance {
    /// By logging in.
    Login,
    /// By registering.
    Register,
}

/// How far a visit got; later is further.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// No answer, a status of 400 and above, or a page on which an agency can do nothing.
    #[default]
    Nowhere,
    /// A page to log in, to register, or to fill in something else.
    Page,
    /// The page that asks the agency to agree.
    Consent,
    /// The agency declined, and the page took it.
    Declined,
    /// The agency agreed, and the page took it: it answered with success, or led on to something that does not ask again.
    Agreed,
}

impl Reached {
    /// The word that a report shows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Reached::Nowhere => "nowhere",
            Reached::Page => "page",
            Reached::Consent => "consent",
            Reached::Declined => "declined",
            Reached::Agreed => "agreed",
        }
    }

    /// How far that is, as a number: 0 is nowhere, 1 the page, 2 the consent, 3 an answer.
    #[must_use]
    pub fn depth(self) -> u8 {
        match self {
            Reached::Nowhere => 0,
            Reached::Page => 1,
            Reached::Consent => 2,
            Reached::Declined | Reached::Agreed => 3,
        }
    }
}

/// A visit to be made.
#[derive(Clone, Copy, Debug)]
pub struct Errand<'a> {
    /// The signed link.
    pub link: &'a Secret,
    /// The number of the account, from 0.
    pub account: usize,
    /// What for.
    pub intent: Intent,
    /// How to come in, where it matters.
    pub entrance: Option<Entrance>,
}

/// What came of a visit. Nothing in it is a secret.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Visit {
    /// How far it got.
    pub reached: Reached,
    /// The number of the account with which it was made.
    pub account: usize,
    /// The numbers of its exchanges.
    pub exchanges: Vec<u64>,
    /// How many forms were sent, and links followed, redirects aside.
    pub forms: u32,
    /// Whether the agency logged in during it, and was let in.
    pub logged_in: bool,
    /// Whether the agency registered during it, and was let in.
    pub registered: bool,
    /// The status of the last answer; 0 where none came.
    pub status: u16,
    /// A digest of the last page's forms' targets and fields, and of its path unless it asks to agree: two addresses with equal ones
    /// show the same page. Empty where there was no page.
    pub page_signature: String,
    /// What happened, in plain words for the report.
    pub note: String,
    /// What kept the visit from going on, where that was neither its intent nor the page's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}
