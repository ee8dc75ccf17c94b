//! `matchproof run`: what was typed and written is checked whole; only then is a folder made and anything sent.

mod execute;
mod only;
mod preview;
mod ready;

use std::path::PathBuf;

pub(super) use execute::execute;
pub(super) use preview::preview;
pub(super) use ready::Ready;

use super::{Failure, Output, judge};
use crate::{
    clock::Period,
    report::{Report, Score},
    run::Options,
    verdict::Outcome,
};

/// Prove a platform against the guide: a target of the profile, or else the simulator inside this program.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Scenarios: shipped ones by path or glob, such as `platform/retry-*`, or files of yours. Default: all shipped.
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,

    /// The target in the profile. Default: the simulator inside this program.
    #[arg(short, long, value_name = "NAME")]
    target: Option<String>,

    /// The profile.
    #[arg(long, value_name = "FILE", requires = "target", default_value = "matchproof.toml")]
    profile: PathBuf,

    /// Judge these requirements alone, by id or family: `--only RETRY-6,HOOK`.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,

    /// Let a broken `should` fail the run, and not only warn.
    #[arg(long)]
    strict: bool,

    /// Set a parameter of scenarios.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,

    /// A new or empty folder for all that the run saw. Default: a new one under `.matchproof`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// How long the run may take; one cut short is incomplete. Default: 30m.
    #[arg(long, value_name = "PERIOD")]
    max_time: Option<Period>,

    /// How long to listen at the end for what is not to come. Default: 3m.
    #[arg(long, value_name = "PERIOD")]
    quiet_max: Option<Period>,

    /// What `matchproof selftest --json` of this version printed: the report carries its score.
    #[arg(long, value_name = "FILE")]
    score: Option<PathBuf>,

    /// Show what would be done and what it would cost the target. Nothing is sent, no folder is made.
    #[arg(long)]
    plan: bool,

    /// Do not tell on stderr how far the run is.
    #[arg(long)]
    no_progress: bool,
}

impl Arguments {
    fn options(&self, score: Option<Score>) -> Options {
        let default = Options::default();
        let or = |given: Option<Period>, default| given.map_or(default, |period| period.0);
        Options {
            strict: self.strict,
            run_budget: or(self.max_time, default.run_budget),
            quiet_at_most: or(self.quiet_max, default.quiet_at_most),
            score,
            ..default
        }
    }
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<Outcome, Failure> {
    let ready = ready::ready(arguments)?;
    if arguments.plan {
        output.say(&preview(&ready));
        return Ok(Outcome::Conforms);
    }
    let made = execute(ready, arguments.out.as_deref(), arguments.no_progress, output)?;
    conclude(&made.report, &made.folder, output);
    Ok(made.report.outcome)
}

/// Prints the report, with the place of the whole before its last line: that one is the answer.
pub(super) fn conclude(report: &Report, folder: &std::path::Path, output: &mut Output<'_>) {
    if let Some(reason) = &report.environment {
        output.tell(&Failure::environment(reason).to_string());
    }
    let text = judge::text(report, output);
    let text = text.trim_end();
    let (table, answer) = text.rsplit_once('\n').unwrap_or(("", text));
    output.say(table);
    output.say(&format!("all of it in {}", folder.display()));
    output.say(answer);
    output.flush();
}
