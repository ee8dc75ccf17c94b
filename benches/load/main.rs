//! What a load generator is measured with and against: a server, and generators to compare with.
//!
//! `benches/load.py` drives it; `benches/README.md` says how. Called by itself it does nothing, as `cargo test` wants it.
//!
//! | call | does |
//! |---|---|
//! | `server PORT [DELAY STALL EVERY]` | answers each request after `DELAY` ms, and none in the last `STALL` of each `EVERY` ms |
//! | `hyper ADDRESS USERS SECONDS` | a bare loop over hyper: what any generator that stands on hyper can reach at most |
//! | `goose ADDRESS USERS SECONDS [RATE [MITIGATION]]` | goose as it comes; prints its percentiles in milliseconds |
//! | `goose-one-thread` with the same | goose on the runtime that all others here have, and that costs it less |

#![expect(clippy::print_stdout, reason = "it is a program of its own")]

mod bare;
mod goose_as_it_comes;
mod server;

use std::{env, error::Error, net::SocketAddr, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match words.as_slice() {
        ["server", port, rest @ ..] => {
            let mut milliseconds = [0; 3];
            for (to, word) in milliseconds.iter_mut().zip(rest) {
                *to = word.parse()?;
            }
            let [delay, stall, every] = milliseconds.map(Duration::from_millis);
            runtime.block_on(server::serve(port.parse()?, server::Manner { delay, stall, every }))
        }
        ["hyper", address, users, seconds] => {
            let (address, users): (SocketAddr, usize) = (address.parse()?, users.parse()?);
            runtime.block_on(bare::run(address, users, Duration::from_secs(seconds.parse()?)))
        }
        ["goose", address, users, seconds, rest @ ..] => {
            // That of `#[tokio::main]`, on which all its examples run.
            let runtime = tokio::runtime::Runtime::new()?;
            runtime.block_on(goose_as_it_comes::run(address, users, seconds, rest))
        }
        ["goose-one-thread", address, users, seconds, rest @ ..] => {
            runtime.block_on(goose_as_it_comes::run(address, users, seconds, rest))
        }
        // `cargo bench` and `cargo test` pass words of their own.
        _ => {
            println!("see benches/README.md");
            Ok(())
        }
    }
}
