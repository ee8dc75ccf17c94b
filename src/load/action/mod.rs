//! What a step of a flow does: one file each, and one row in [`ACTIONS`].

mod agree;
mod authenticate;
mod change_listing;
mod delivered;
mod integrate;
mod kind;
mod push_listing;
mod read_listings;
mod receiver;
mod request;
mod size;
mod update_listing;

pub use kind::Row;
pub(super) use kind::{Made, Site, Stock, Wants};
pub(super) use size::Amount;

use kind::row;

/// Every kind of step of a flow, by name.
pub const ACTIONS: &[&Row] = &[
    &row::<agree::Agree>(),
    &row::<authenticate::Authenticate>(),
    &row::<change_listing::ChangeListing>(),
    &row::<delivered::Delivered>(),
    &row::<integrate::Integrate>(),
    &row::<push_listing::PushListing>(),
    &row::<read_listings::ReadListings>(),
    &row::<receiver::Receiver>(),
    &row::<request::Request>(),
    &row::<update_listing::UpdateListing>(),
];

/// The kind with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    ACTIONS.iter().copied().find(|row| row.name == name)
}

/// Whether steps of this kind are measured.
pub(super) fn is_timed(name: &str) -> bool {
    find(name).is_none_or(|row| row.is_timed)
}
