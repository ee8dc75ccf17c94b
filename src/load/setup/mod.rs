//! What a group's setup does, once and before the load: one file each, and one row in [`SETUPS`].

mod connect;
mod keys;
mod kind;
mod listings;

pub use kind::Row;
pub(super) use kind::{Prepare, Ready};

use kind::row;

/// Every kind of step of a setup, by name.
pub const SETUPS: &[&Row] = &[&row::<connect::Connect>(), &row::<keys::Keys>(), &row::<listings::Listings>()];

/// Those that give keys.
pub(super) const GIVE_KEYS: &[&str] = &["connect", "keys"];

/// What to do where there is none.
pub(super) const KEYS_CURE: &str =
    "add `connect: { agencies: 50 }`, or `keys: { from: { env: NAME } }`, to the group's `setup`";

/// The kind with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    SETUPS.iter().copied().find(|row| row.name == name)
}
