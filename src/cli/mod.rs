//! The command line: arguments, wiring and printing. One file per command.
//!
//! To add a command, write its file, with its `Arguments` and a `run`, and add it to `Command` and to `dispatch`.

mod aim;
mod catalogue;
mod compare;
mod completions;
mod discover;
mod explain;
mod failure;
mod files;
mod init;
mod judge;
mod list;
mod load;
mod output;
mod person;
mod progress;
mod receive;
mod run;
mod schema;
mod selftest;
mod signals;
mod simulate;
mod staged;
mod streams;
#[cfg(test)]
mod testing;

use std::process::ExitCode;

use clap::{ColorChoice, Parser, Subcommand};

use crate::verdict::Outcome;
use failure::Failure;
use output::Output;
use streams::Streams;

/// Proves a platform against the Matchouse CRM integration guide, requirement by requirement.
#[derive(Parser)]
#[command(name = "matchproof", version, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Arguments),
    Discover(discover::Arguments),
    Run(run::Arguments),
    Load(load::Arguments),
    Judge(judge::Arguments),
    Compare(compare::Arguments),
    Simulate(simulate::Arguments),
    Receive(receive::Arguments),
    Selftest(selftest::Arguments),
    List(list::Arguments),
    Explain(explain::Arguments),
    Schema(schema::Arguments),
    Completions(completions::Arguments),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let code = match Arguments::try_parse() {
        Ok(arguments) => {
            let mut streams = Streams::new(arguments.color);
            files::open_as_many_as_allowed();
            run_command(&arguments.command, &mut streams.output())
        }
        Err(error) => told(&error, &mut Streams::new(ColorChoice::Auto).output()),
    };
    ExitCode::from(code)
}

/// Runs one command, and gives the exit code.
fn run_command(command: &Command, output: &mut Output<'_>) -> u8 {
    match dispatch(command, output) {
        Ok(outcome) => outcome.code(),
        Err(failure) => {
            output.tell(&failure.to_string());
            failure.outcome.code()
        }
    }
}

fn dispatch(command: &Command, output: &mut Output<'_>) -> Result<Outcome, Failure> {
    match command {
        Command::Discover(arguments) => return discover::run(arguments, output),
        Command::Run(arguments) => return run::run(arguments, output),
        Command::Load(arguments) => return load::run(arguments, output),
        Command::Judge(arguments) => return judge::run(arguments, output),
        Command::Compare(arguments) => return compare::run(arguments, output),
        Command::Selftest(arguments) => return selftest::run(arguments, output),
        Command::Init(arguments) => init::run(arguments, output)?,
        Command::Simulate(arguments) => simulate::run(arguments, output)?,
        Command::Receive(arguments) => receive::run(arguments, output)?,
        Command::Explain(arguments) => explain::run(arguments, output)?,
        Command::List(arguments) => list::run(arguments, output),
        Command::Schema(arguments) => schema::run(arguments, output),
        Command::Completions(arguments) => completions::run(arguments, output),
    }
    Ok(Outcome::Conforms)
}

/// Prints what clap has to say: help and version on stdout, a mistake on stderr.
fn told(error: &clap::Error, output: &mut Output<'_>) -> u8 {
    let text = error.render().ansi().to_string();
    let text = text.trim_end();
    if error.use_stderr() {
        output.tell(text);
        Outcome::Usage.code()
    } else {
        output.say(text);
        0
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{testing::captured, *};

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_goes_to_stdout_and_a_mistake_to_stderr() {
        let parse = |line: &[&str]| Arguments::try_parse_from(line).map(|_| ()).unwrap_err();
        let (code, out, err) = captured(|output| told(&parse(&["matchproof", "--help"]), output));
        assert!(code == 0 && out.contains("simulate") && err.is_empty(), "{out}");
        let (code, out, err) = captured(|output| told(&parse(&["matchproof", "rnu"]), output));
        assert!(code == 2 && out.is_empty() && err.contains("rnu"), "{err}");
    }
}
