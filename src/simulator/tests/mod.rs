//! The platform, driven over HTTP like any other.

mod access;
mod catalogue;
mod clock;
mod connect;
mod delivery;
mod kit;
mod listing;
