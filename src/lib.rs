//! Conformance testing for the Matchouse CRM partnership API: does a platform keep the guide, requirement by requirement?
//!
//! # One way through the house
//!
//! ```text
//! scenario text ─► Scenario ─► Plan ─► run ─► Evidence ─► Judgements ─► Report ─► bytes
//!  (scenario)      (syntax)   (plan)  (step)  (evidence)   (judge)     (report)
//!
//! floor 4  cli                                    composition; alone knows everybody; alone prints
//! floor 3  plan, step, run, load, receive, embedded, selftest    engines: async, alone move time forward
//! floor 2  wire, receiver, mailbox, agency, journal, simulator    adapters to the world; never know each other
//! floor 1  scenario, judge, report, compare       pure: text in, values out; no sockets, no async
//! floor 0  requirement, profile, dialect, evidence, verdict, secret, clock, syntax, markup, schedule, timer, trust, listing
//! ```
//!
//! Imports point down only; a test reads the sources and fails on any other edge. On one floor, `judge` knows `scenario`,
//! and of the engines `selftest` knows `run`, `run` knows `plan`, and `plan` knows `step`.
//!
//! # What is deliberately absent
//!
//! 1. [`judge`] never sees a socket. It judges recorded [`evidence`], so a saved run can be judged again; the report of a
//!    run is made from its folder in the very same way. Steps bind raw facts: policy attempts, gaps and windows are
//!    computed in `judge`.
//! 2. The harness only ever has a base URL. [`simulator`] imports nothing of ours but [`secret`], [`clock`] and [`trust`], and shares
//!    no deciding code with `judge`: one bug must not blind both. [`embedded`] alone introduces them, by a profile's text.
//! 3. A failed check is a verdict, never an `Err`. An `Err` means that we could not judge.
//! 4. `clap` stands in [`cli`] alone, and nothing below it prints or ends the process.
//! 5. Evidence is on disk as it happens. A killed run keeps all it saw, and is reported as incomplete.
//! 6. A secret enters as [`secret::Secret`]; outside the wire it is its fingerprint, in templates too.
//!
//! # Where do I add …
//!
//! | a … | is |
//! |---|---|
//! | requirement | one row in `requirement/platform.rs` or `requirement/partner.rs` |
//! | scenario | one YAML file under `scenarios/`: it is embedded by being there |
//! | step kind | one file in `step/`, which implements `StepKind`, and one row in [`step::KINDS`] |
//! | function for checks | one file in `judge/function/`, and one row in its `FUNCTIONS` |
//! | receiver fault | one file in `receiver/fault/`, and one row in [`receiver::FAULTS`] |
//! | defect, dialect of the simulator | one row in `simulator/defect/`, `simulator/dialect.rs`; it alters a `Behaviour` |
//! | shape of a load's stage | one file in `scenario/load/shape/`, and one row in [`scenario::load::SHAPES`] |
//! | mailbox, or a driver for the agency | one file in `mailbox/` or `agency/`, and one arm in `run/prepare.rs` |
//! | report format | one file in `report/`, and one row in [`report::FORMATS`] |
//! | flavour of listings | one file and one JSON Schema in `listing/`, and one row in [`listing::FLAVOURS`] |
//! | capability of a target | one row in [`profile::CAPABILITIES`] |

pub mod agency;
pub mod cli;
pub mod clock;
pub mod compare;
pub mod dialect;
pub mod embedded;
pub mod evidence;
pub mod journal;
pub mod judge;
pub mod listing;
pub mod load;
pub mod mailbox;
pub mod markup;
pub mod plan;
pub mod profile;
pub mod receive;
pub mod receiver;
pub mod report;
pub mod requirement;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod secret;
pub mod selftest;
pub mod simulator;
pub mod step;
pub mod syntax;
mod timer;
pub mod trust;
pub mod verdict;
pub mod wire;
