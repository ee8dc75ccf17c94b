//! Load: true latency at a rate that is kept, thresholds that judge it, and what of the guide holds under it.
//!
//! ```text
//! file ─► plan (every step compiled) ─► setup ─► engine (tickets, users) ─► measure (figures, thresholds) ─► report
//!                                        └─ ground: addresses, token, agencies ─┘    └─ facts ─► judgements ─┘
//! ```
//!
//! A step of a flow is one file in `action/` and one row in [`ACTIONS`], a step of a setup one file in `setup/` and one row in
//! [`SETUPS`].

mod action;
mod breakpoint;
mod calibrate;
mod engine;
mod facts;
mod ground;
mod listings;
mod live;
mod lost;
mod measure;
mod owners;
mod plan;
mod route;
mod run;
mod setup;

pub use action::{ACTIONS, Row as ActionRow, find as find_action};
pub(crate) use calibrate::calibrate;
pub(crate) use measure::killed;
pub use plan::{LoadPlan, PlannedLoad, plan};
pub use run::{Options, run};
pub use setup::{Row as SetupRow, SETUPS, find as find_setup};
