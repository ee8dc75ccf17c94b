//! Conformance and load testing for the Matchouse CRM partnership API.
//!
//! ```text
//! scenario text ─► Scenario ─► Plan ─► run ─► Evidence ─► Judgements ─► Report ─► bytes
//!  (scenario)                  (plan)  (run)  (evidence)   (judge)      (report)
//! ```

pub mod agency;
pub mod cli;
pub mod clock;
pub mod dialect;
pub mod embedded;
pub mod evidence;
pub mod journal;
pub mod judge;
pub mod markup;
pub mod plan;
pub mod profile;
pub mod receiver;
pub mod report;
pub mod requirement;
pub mod run;
pub mod scenario;
pub mod secret;
pub mod simulator;
pub mod step;
pub mod syntax;
pub mod verdict;
pub mod wire;
