use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use super::{Failure, Output};
use crate::{
    load,
    report::{self, FORMATS, Report, Style},
    run::conclude,
    verdict::Outcome,
};

/// The name of the form that is for people.
const TEXT: &str = "text";

/// Judge a saved run again, also one that was killed. Nothing is sent.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The run's folder, such as `.matchproof/2026-11-23T18-36-07Z`.
    folder: PathBuf,

    /// The form of the answer on stdout.
    #[arg(long, value_name = "FORMAT", value_parser = formats(), default_value = TEXT)]
    format: String,
}

fn formats() -> PossibleValuesParser {
    [TEXT].into_iter().chain(FORMATS.iter().map(|format| format.name)).into()
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<Outcome, Failure> {
    let killed = load::killed(&arguments.folder).map_err(Failure::usage)?;
    let report = conclude(&arguments.folder).map_err(Failure::usage)?.with_loads(killed);
    match FORMATS.iter().find(|format| format.name == arguments.format) {
        Some(format) => {
            let bytes = (format.render)(&report).map_err(|error| Failure::new(Outcome::Harness, error))?;
            output.bytes(&bytes);
        }
        None => output.say(text(&report, output).trim_end()),
    }
    Ok(report.outcome)
}

/// A report as this output shows it.
pub(super) fn text(report: &Report, output: &Output<'_>) -> String {
    report::terminal(report, Style { color: output.color, width: output.width })
}
