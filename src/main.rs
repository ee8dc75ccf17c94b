//! The command line of matchproof.

use std::process::ExitCode;

fn main() -> ExitCode {
    matchproof::cli::main()
}
