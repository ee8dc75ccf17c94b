//! What listings are made of: places and words. All of it is our own.

mod towns;
mod words;

pub(super) use towns::{TOWNS, Town};
pub(super) use words::{Bank, PHRASES, adjectives, features, house_names, streets};
