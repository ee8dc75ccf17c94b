//! What the receiver takes: deliveries a second on one core, memory for many agencies, and how well it keeps a delay.
//!
//! `benches/receiver.sh` drives it; `benches/README.md` says how. Called by itself it does nothing, as `cargo test` wants it.
//!
//! | call | does |
//! |---|---|
//! | `serve FOLDER AGENCIES` | a receiver with so many armed agencies, its evidence in a folder; ends with its standard input |
//! | `send ADDRESS CONNECTIONS SECONDS` | deliveries as fast as they are answered |
//! | `delay ADDRESS SECONDS` | 1,000 deliveries/s beside 50/s that are answered after 200 ms |

#![expect(clippy::print_stdout, reason = "it is a program of its own")]

mod send;

use std::{env, error::Error, fs, io, path::Path, time::Duration};

use matchproof::{
    clock::Clock,
    evidence::Recorder,
    journal::{Folder, Journal},
    receiver::{Armed, Receiver, Script, Settings},
    secret::Vault,
};

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The path of the webhook.
const TARGET: &str = "/hook/0a1b2c3d4e5f";

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match words.as_slice() {
        ["serve", folder, agencies] => runtime.block_on(serve(folder.as_ref(), agencies.parse()?)),
        ["send", address, connections, seconds] => {
            let within = Duration::from_secs(seconds.parse()?);
            runtime.block_on(send::flood(address.parse()?, connections.parse()?, within))
        }
        ["delay", address, seconds] => {
            runtime.block_on(send::keep_delay(address.parse()?, Duration::from_secs(seconds.parse()?)))
        }
        // `cargo bench` and `cargo test` pass words of their own.
        _ => {
            println!("see benches/README.md");
            Ok(())
        }
    }
}

async fn serve(folder: &Path, agencies: usize) -> Result<(), Box<dyn Error>> {
    let journal = Journal::open(&Folder::create(folder)?)?;
    let recorder = Recorder::new(Clock::new(), journal.sink());
    let settings = Settings { listen: "127.0.0.1:0".parse()?, target: TARGET.into(), recorder, vault: Vault::new() };
    let receiver = Receiver::start(settings)?;
    let before = resident_kib();
    for number in 0..agencies {
        let agency_id = send::agency(number);
        receiver.arm(Armed { core: agency_id.clone(), agency_id, script: Script::success() });
    }
    println!("{} agencies cost {} KiB", agencies, resident_kib().saturating_sub(before));
    let slow: Script = serde_json::from_str(r#"[{ "delay": "200ms" }]"#)?;
    receiver.arm(Armed { agency_id: send::SLOW.into(), core: send::SLOW.into(), script: slow });
    println!("{}", receiver.address());
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        drop(tell);
    });
    let _ = told.await;
    drop(receiver);
    let resident = resident_kib();
    let closed = journal.close()?;
    println!("{} records written, {} lost, {resident} KiB resident", closed.records, closed.lost);
    Ok(())
}

/// The memory of this process in KiB, as Linux counts it; 0 elsewhere.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
