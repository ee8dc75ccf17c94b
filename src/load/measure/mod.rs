//! What is made of a load's figures: sums, thresholds, a log of every second, and in the end a result.

mod account;
mod book;
mod log;
mod outline;
mod read;
mod search;
mod sums;
#[cfg(test)]
mod tests;
mod track;
mod vitals;

pub(crate) use account::Account;
pub(crate) use read::killed;
#[cfg(test)]
pub(crate) use read::read;
pub(crate) use search::Judge;
