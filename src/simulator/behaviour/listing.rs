use std::time::Duration;

use super::{Change, Reaction};

/// The Listing API.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Where it is and how its answers are wrapped.
    pub surface: Surface,
    /// Whose key opens it.
    pub key: KeyCheck,
    /// How long after its agreement a key begins to work, on the virtual clock.
    pub key_opens_after: Duration,
    /// Every how many calls a good key is refused; nothing: none.
    pub refuses_one_in: Option<u64>,
    /// What an update does.
    pub updates: Updates,
    /// Whether a reference that another agency uses means that agency's listing.
    pub shared_references: bool,
    /// A body that is not JSON.
    pub broken_json: Reaction,
    /// A field of a wrong type.
    pub wrong_types: Reaction,
    /// An empty body or an object without anything.
    pub empty: Reaction,
    /// A body over 1 MiB.
    pub oversized: Reaction,
    /// Every how many accepted listings one is not stored; nothing: none.
    pub loses_one_in: Option<u64>,
    /// What becomes of text on its way in.
    pub text: Change,
}

impl Default for Listing {
    fn default() -> Self {
        Self {
            surface: Surface::default(),
            key: KeyCheck::Full,
            key_opens_after: Duration::ZERO,
            refuses_one_in: None,
            updates: Updates::Replace,
            shared_references: false,
            broken_json: Reaction::Refuse,
            wrong_types: Reaction::Refuse,
            empty: Reaction::Refuse,
            oversized: Reaction::Refuse,
            loses_one_in: None,
            text: Change::None,
        }
    }
}

/// Where the Listing API is and how its answers are wrapped.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// The path of all listings; one listing's path is its reference below it.
    pub path: &'static str,
    /// The method that creates or updates at that path.
    pub method: &'static str,
    /// The name under which answers stand; nothing: they stand alone.
    pub envelope: Option<&'static str>,
}

impl Default for Surface {
    fn default() -> Self {
        Self { path: "/listings", method: "POST", envelope: None }
    }
}

/// Whose key opens the Listing API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyCheck {
    /// That of an agency that agreed.
    Full,
    /// None is needed; a wrong one is refused.
    Optional,
    /// Anything that is not empty.
    Anything,
    /// A live token does as well.
    OrToken,
}

/// What an update of a listing does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Updates {
    /// It takes the old one's place.
    Replace,
    /// It stands beside the old one.
    Add,
    /// It is answered well and changes nothing.
    Ignore,
}
