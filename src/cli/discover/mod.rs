//! `matchproof discover`: finds out how a target answers where the guide leaves the form open, and pins it.

mod pin;
mod show;

use std::path::PathBuf;

use super::{
    Failure, Output,
    aim::Aim,
    run::{Ready, execute, preview},
    staged::Made,
};
use crate::{
    clock::Period,
    judge::Terms,
    plan::{Settings, plan},
    report::Report,
    requirement::Side,
    run::Options,
    scenario::shipped_for_discovery,
    syntax::render_all,
    verdict::Outcome,
};
use pin::{Pin, Pinned};

/// Find out how a platform answers where the guide leaves the form open, and pin it: a later run fails on drift from it.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The target in the profile. Default: the simulator inside this program.
    #[arg(short, long, value_name = "NAME")]
    target: Option<String>,

    /// The profile.
    #[arg(long, value_name = "FILE", requires = "target", default_value = "matchproof.toml")]
    profile: PathBuf,

    /// The file to write. Default: the one that the target's `dialect` names in the profile; without that, none.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Write the file although there is one that says otherwise.
    #[arg(long)]
    force: bool,

    /// A new or empty folder for all that is seen. Default: a new one under `.matchproof`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// How long it may take. Default: 5m.
    #[arg(long, value_name = "PERIOD")]
    max_time: Option<Period>,

    /// Show what would be done and what it would cost the target. Nothing is sent, nothing is written.
    #[arg(long)]
    plan: bool,

    /// Do not tell on stderr how far it is.
    #[arg(long)]
    no_progress: bool,
}

/// How long discovering takes at most unless said otherwise: it waits for one delivery alone.
const LONGEST: Period = Period(std::time::Duration::from_mins(5));

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<Outcome, Failure> {
    let mut named = None;
    // What is pinned must not tell where to look: it is what is looked for.
    let aim = Aim::choose_but(arguments.target.as_deref(), &arguments.profile, |mut target| {
        named = target.dialect.take();
        target
    });
    let aim = aim.map_err(Failure::all)?;
    let pin = Pin::choose(arguments.file.as_deref(), named.as_ref(), aim.target(), arguments.force)?;
    let listing = aim.target().and_then(|target| target.listing.clone());
    let ready = ready(aim, arguments)?;
    if arguments.plan {
        output.say(&preview(&ready));
        return Ok(Outcome::Conforms);
    }
    let Made { report, folder } = execute(ready, arguments.out.as_deref(), arguments.no_progress, output)?;
    if let Some(outcome) = nothing_to_pin(&report, output) {
        return Ok(outcome);
    }
    output.say(&show::table(&report, listing.as_ref()));
    output.say(&format!("all of it in {}", folder.display()));
    let pinned = pin.write(&report)?;
    output.say(&show::answer(&report, &pinned));
    output.flush();
    Ok(match pinned {
        Pinned::Differs { .. } => Outcome::Drifted,
        _ => Outcome::Conforms,
    })
}

/// The scenarios that look, ready to be run.
fn ready(aim: Aim, arguments: &Arguments) -> Result<Ready, Failure> {
    let terms = if aim.target().is_some() { aim.terms(false) } else { Terms::bare() };
    let plan = plan(&shipped_for_discovery(), Side::Platform, &Settings::default(), &terms, &|_| true)
        .map_err(|mistakes| Failure::new(Outcome::Harness, render_all(&mistakes)))?;
    let run_budget = arguments.max_time.unwrap_or(LONGEST).0;
    Ok(Ready { aim, plan, options: Options { run_budget, ..Options::default() } })
}

/// What it came to where there is nothing that could be pinned, once that was told.
fn nothing_to_pin(report: &Report, output: &mut Output<'_>) -> Option<Outcome> {
    let target = &report.run.target;
    let (outcome, why) = match (&report.environment, report.outcome) {
        (Some(reason), _) => (Outcome::Environment, reason.clone()),
        (None, Outcome::Interrupted) => (Outcome::Interrupted, format!("discovering `{target}` was interrupted")),
        (None, Outcome::Harness) => (Outcome::Harness, report.notes.join("; ")),
        (None, _) if report.seen_dialect.token.is_none() => {
            let why = format!("`{target}` gave no token; `matchproof run --only AUTH-1` shows what it answers");
            (Outcome::Incomplete, why)
        }
        (None, _) if report.seen_dialect.link.is_none() => {
            let why = format!("`{target}` gave no link; `matchproof run --only LINK-1` shows what it answers");
            (Outcome::Incomplete, why)
        }
        (None, _) if !report.incomplete.is_empty() => (Outcome::Incomplete, report.incomplete.join("; ")),
        _ => return None,
    };
    output.tell(&Failure::new(outcome, format!("{why}; nothing is pinned")).to_string());
    Some(outcome)
}
