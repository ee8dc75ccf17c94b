//! `matchproof load`: what was typed and written is checked whole; only then is a folder made and anything sent.

mod calibrate;
mod execute;
mod preview;
mod ready;
mod safety;

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};

use super::{Failure, Output, run::conclude};
use crate::verdict::Outcome;

/// Where goose serves its dashboard unless told otherwise.
const DASHBOARD: &str = "127.0.0.1:5117";

/// Press a platform and judge its thresholds: a target of the profile, or else a simulator in a process of its own.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Arguments {
    /// Load scenarios: shipped ones by path or glob, such as `load/property-*`, or files of yours. Default: all shipped but
    /// the soak and the search for the breakpoint. They run one after another.
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,

    /// The target in the profile. Default: a simulator in a process of its own.
    #[arg(short, long, value_name = "NAME")]
    target: Option<String>,

    /// The profile.
    #[arg(long, value_name = "FILE", requires = "target", default_value = "matchproof.toml")]
    profile: PathBuf,

    /// Set a parameter of scenarios.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,

    /// A new or empty folder for all that was measured. Default: a new one under `.matchproof`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// What listings, choices and Poisson arrivals are drawn from. Default: another each time.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Show what would be sent, and how fast. Nothing is sent, no folder is made.
    #[arg(long)]
    plan: bool,

    /// Find out what this machine can send, in ten seconds and against a server of its own, and do nothing else.
    #[arg(long, exclusive = true)]
    calibrate: bool,

    /// The most requests in all.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    max_requests: Option<u64>,

    /// The most requests a second. The profile's `load.max_rate` holds beside it.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_rate: Option<u32>,

    /// Serve goose's live dashboard, at 127.0.0.1:5117 or `--dashboard=ADDRESS`.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = DASHBOARD)]
    dashboard: Option<SocketAddr>,

    /// Serve the figures as Prometheus text while it runs.
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,

    /// Repeat a scenario at most so often while its run is invalid, that is, distorted by this machine.
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10))]
    retry_invalid: u32,

    /// Let a broken `should` fail the run, and not only warn.
    #[arg(long)]
    strict: bool,

    /// Do not tell on stderr how far the run is.
    #[arg(long)]
    no_progress: bool,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<Outcome, Failure> {
    if arguments.calibrate {
        return calibrate::calibrate(output);
    }
    let ready = ready::ready(arguments)?;
    if arguments.plan {
        output.say(&preview::preview(&ready));
        return Ok(Outcome::Conforms);
    }
    port_is_free("--dashboard", arguments.dashboard)?;
    port_is_free("--metrics-listen", arguments.metrics_listen)?;
    let made = execute::execute(ready, arguments, output)?;
    conclude(&made.report, &made.folder, output);
    Ok(made.report.outcome)
}

/// Whoever serves there begins when the load does, which is too late to be told that it cannot.
fn port_is_free(flag: &str, address: Option<SocketAddr>) -> Result<(), Failure> {
    let Some(address) = address else { return Ok(()) };
    TcpListener::bind(address).map(drop).map_err(|error| {
        Failure::environment(format!("`{flag}` cannot listen on {address}: {error}; choose another address or port"))
    })
}
