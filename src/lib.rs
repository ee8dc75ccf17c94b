//! Conformance and load testing for the Matchouse CRM partnership API.
//!
//! ```text
//! scenario text ─► Scenario ─► Plan ─► run ─► Evidence ─► Judgements ─► Report ─► bytes
//!  (scenario)                  (plan)  (run)  (evidence)   (judge)      (report)
//! ```

pub mod clock;
pub mod dialect;
pub mod evidence;
pub mod judge;
pub mod profile;
pub mod report;
pub mod requirement;
pub mod scenario;
pub mod secret;
pub mod syntax;
pub mod receiver;
pub mod journal;
pub mod verdict;
pub mod wire;
