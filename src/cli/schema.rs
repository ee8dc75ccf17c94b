use clap::ValueEnum;
use serde_json::Value;

use super::Output;
use crate::{profile, report, requirement, scenario, step};

/// Print the JSON Schema of a file that people or programs write or read.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What the schema is of.
    #[arg(value_enum, default_value_t = Of::Scenario)]
    of: Of,
}

#[derive(Clone, Copy, ValueEnum)]
enum Of {
    /// A scenario file, for editors that complete and check YAML.
    Scenario,
    /// A load scenario file, for the same.
    LoadScenario,
    /// `report.json` of a run.
    Report,
    /// `matchproof.toml`, for editors that complete and check TOML.
    Profile,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) {
    let schema = match arguments.of {
        Of::Scenario => scenario::schema(kinds(), requirement::all().map(|row| row.id)),
        Of::LoadScenario => scenario::load::schema(kinds(), of_platform()),
        Of::Report => report::schema(),
        Of::Profile => profile::schema(),
    };
    output.say(&format!("{schema:#}"));
}

fn kinds() -> impl Iterator<Item = (&'static str, &'static str, Value)> {
    step::KINDS.iter().map(|kind| (kind.name, kind.summary, (kind.schema)()))
}

fn of_platform() -> impl Iterator<Item = &'static str> {
    requirement::all().filter(|row| row.side == requirement::Side::Platform).map(|row| row.id)
}
