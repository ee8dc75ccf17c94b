//! The program as a person meets it: what it is told, what it prints, what it leaves, and its exit code.
//!
//! Everything runs offline, on ports that the system chooses, and waits for events, never for time.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by its panic, in what helps it too")]

mod architecture;
mod bad_input;
mod catalogue;
mod cli;
mod discover;
mod environment;
#[cfg(target_os = "linux")]
mod hostile;
mod house;
#[cfg(unix)]
mod interrupt;
mod lawful;
mod load;
#[cfg(unix)]
mod load_run;
mod run;
mod schedules;
mod selftest;
mod server;
mod stages;
mod support;
mod target;
