//! Every HTTP request that the harness sends: bounded, recorded, its secrets masked from the first line written.
//!
//! A [`Wire`] sends one [`Call`] at a time and always gives a [`Reply`]: trouble on the way is data. What the answer may
//! hold of secrets is found by endpoint before anything is recorded. No redirect is followed, nothing is sent twice of
//! itself, and the environment's proxies are not used.
//!
//! [`discover`] finds token and link wherever an answer may hold them; [`Tokens`] keeps the shared token as the guide
//! asks of every client; [`guide`] builds the guide's calls.

mod body;
mod call;
mod classify;
pub mod discover;
pub mod guide;
mod life;
mod moment;
mod patience;
mod record;
mod repeated;
mod send;
mod settings;
mod token;
mod trouble;

pub use call::{Call, Origin, Raw, Reply};
pub use life::told_life;
pub use patience::{told_wait, told_wait_in};
pub use send::Wire;
pub use settings::{Settings, SettingsError};
use token::MOST_OFFERED;
pub use token::{NoToken, Partner, Token, Tokens, WhyNoToken};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
