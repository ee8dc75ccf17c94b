//! The kinds of steps: one file each, and one row in [`KINDS`].
//!
//! A kind says what arguments it takes, what it binds, what it needs of the target, and how it runs. Everything else about
//! it, the schema, the help, the linting of templates, follows from its `StepKind`.

mod agency;
mod compile;
mod context;
mod cost;
mod counterfeit;
mod facts;
mod kind;
mod listing;
mod need;
mod setup;
mod whom;

mod authenticate;
mod clock;
mod connect;
mod deliveries;
mod disturb;
mod forge;
mod integrate;
mod mails;
mod parallel;
mod push_listing;
mod read_listings;
mod read_owner;
mod receiver;
mod repeat;
mod request;
mod restore;
mod second_client;
mod tamper;
mod update_listing;
mod visit;
mod wait;

pub use compile::{Compiled, Compiler, Steps};
pub use context::{Client, Context, Shared, Stop};
pub use cost::Cost;
pub use kind::{Row, Run};
pub use listing::{ListingApi, Request as ListingRequest, Taken};
pub use need::Need;
pub use setup::{AgencyState, ClockControl};

pub(crate) use clock::advance;
pub(crate) use connect::connect;
pub(crate) use integrate::{link_at, standard_body};
pub(crate) use listing::{TakenListing, has_next_page, id_in, path_segment};
pub(crate) use read_owner::names;
pub(crate) use visit::visit_link;

use kind::row;

/// Every kind of step, by name.
pub const KINDS: &[&Row] = &[
    &row::<visit::Abandon>(),
    &row::<visit::Agree>(),
    &row::<authenticate::Authenticate>(),
    &row::<clock::Clock>(),
    &row::<connect::Connect>(),
    &row::<visit::Decline>(),
    &row::<deliveries::Deliveries>(),
    &row::<disturb::Disturb>(),
    &row::<forge::Forge>(),
    &row::<integrate::Integrate>(),
    &row::<mails::Mails>(),
    &row::<visit::OpenLink>(),
    &parallel::ROW,
    &row::<push_listing::PushListing>(),
    &row::<read_listings::ReadListings>(),
    &row::<read_owner::ReadOwner>(),
    &row::<receiver::Receiver>(),
    &repeat::ROW,
    &row::<request::Request>(),
    &row::<restore::Restore>(),
    &second_client::ROW,
    &row::<tamper::Tamper>(),
    &row::<update_listing::UpdateListing>(),
    &row::<wait::Wait>(),
];

/// The kind with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    KINDS.iter().copied().find(|row| row.name == name)
}
