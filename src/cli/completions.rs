use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Output;

/// Print what a shell needs to complete command lines of matchproof.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "matchproof", &mut script);
    output.bytes(&script);
}
