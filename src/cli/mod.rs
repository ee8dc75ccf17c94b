//! The command line: arguments, wiring and printing. One file per command.

mod run;
mod selftest;

use std::{ffi::OsString, io::Write, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::verdict::Outcome;

#[derive(Parser)]
#[command(name = "matchproof", version, about, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Arguments),
    Selftest(selftest::Arguments),
}

/// What a command prints to, so that nothing below prints.
pub(crate) struct Output<'a> {
    pub(crate) out: &'a mut dyn Write,
    pub(crate) err: &'a mut dyn Write,
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let mut out = anstream::stdout();
    let mut err = anstream::stderr();
    ExitCode::from(run_with(std::env::args_os(), &mut Output { out: &mut out, err: &mut err }))
}

fn run_with(arguments: impl IntoIterator<Item = OsString>, output: &mut Output<'_>) -> u8 {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => dispatch(arguments.command, output),
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { Outcome::Usage.code() } else { 0 }
        }
    }
}

fn dispatch(command: Command, output: &mut Output<'_>) -> u8 {
    match command {
        Command::Run(arguments) => run::run(arguments, output),
        Command::Selftest(arguments) => selftest::run(arguments, output),
    }
}
