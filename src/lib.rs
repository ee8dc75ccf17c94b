//! Conformance and load testing for the Matchouse CRM partnership API.
//!
//! ```text
//! scenario text ─► Scenario ─► Plan ─► run ─► Evidence ─► Judgements ─► Report ─► bytes
//!  (scenario)                  (plan)  (run)  (evidence)   (judge)      (report)
//! ```

pub mod agency;
pub mod clock;
pub mod dialect;
pub mod evidence;
pub mod journal;
pub mod judge;
pub mod profile;
pub mod receiver;
pub mod report;
pub mod requirement;
pub mod scenario;
pub mod secret;
pub mod simulator;
pub mod syntax;
pub mod markup;
pub mod verdict;
pub mod wire;
