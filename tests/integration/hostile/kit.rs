//! One run against each row, and what must hold of it whatever the row does.

use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    stage::{At, CLIENT, DEVELOPER, HOOK, KEY, Play, Stage, TOKEN},
    tls,
};
use crate::{
    server::free_port,
    support::{Place, Ran, SECRET, SECRET_VARIABLE, files, json},
};

/// A way to be hostile.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) at: At,
    pub(super) play: Play,
    /// The exit code with which the run ends.
    pub(super) code: i32,
}

/// So many runs of one table are under way at once: most of their time they wait.
const SIDE_BY_SIDE: usize = 3;

/// The run's own budget, and the longest that its process may take: as much again for a machine that does much else.
const BUDGET: Duration = Duration::from_secs(20);
const LONGEST: Duration = Duration::from_mins(1);

/// The most memory that a run may ever hold, in KiB: 150 MiB.
const MOST_MEMORY: u64 = 150 << 10;

/// Runs against each row, and fails with all that went wrong.
pub(super) fn assert_withstood(rows: &[Row]) {
    let next = AtomicUsize::new(0);
    let work = || -> Vec<String> {
        let mine = std::iter::from_fn(|| rows.get(next.fetch_add(1, Ordering::Relaxed)));
        mine.filter_map(|row| faults(row).err().map(|why| format!("## {}\n{why}", row.name))).collect()
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// What a run against a row leaves to be blamed for.
fn faults(row: &Row) -> Result<(), String> {
    for _ in 0..5 {
        let place = Place::new();
        let [hook, smtp] = [0; 2].map(|_| SocketAddr::from(([127, 0, 0, 1], free_port())));
        let stage = Stage::open(row.at, row.play, hook, smtp);
        place.write("ca.pem", tls::authority());
        place.write("matchproof.toml", &profile(row.at, &stage, hook, smtp));
        let arguments = ["run", scenario(row.at), "--target", "local", "--out", "out", "--max-time"];
        let began = Instant::now();
        let process = place.start([&arguments[..], &[&format!("{}s", BUDGET.as_secs())]].concat());
        let (ran, memory) = watched(process);
        let took = began.elapsed();
        // A port that was free just now, and is no more.
        if ran.code == Some(4) && ran.err.contains("taken") {
            continue;
        }
        let mut wrong = of_process(row, &ran, took, memory);
        wrong.extend(of_folder(&place, &ran));
        if stage.strangers() > 0 {
            wrong.push("somebody came where nobody may come".to_owned());
        }
        let mut told = wrong.join("\n");
        let _ = write!(told, "\nstdout:\n{}\nstderr:\n{}", ran.out, ran.err);
        return if wrong.is_empty() { Ok(()) } else { Err(told) };
    }
    Err("no port stayed free".to_owned())
}

/// The scenario that meets whoever plays there.
fn scenario(at: At) -> &'static str {
    match at {
        At::Handshake | At::Connection | At::Everyone | At::Oauth => "platform/auth-credentials",
        At::Nowhere | At::Integrate => "platform/link-one",
        At::Page | At::Agreement => "platform/conn-agreement",
        At::Hook => "platform/hook-delivery",
        At::Listing => "platform/push-listing",
        At::Mail => "platform/notice-success",
    }
}

fn profile(at: At, stage: &Stage, hook: SocketAddr, smtp: SocketAddr) -> String {
    let scheme = if at == At::Handshake { "https" } else { "http" };
    format!(
        "[target.local]\nbase_url = \"{scheme}://{}\"\nclient_id = \"{CLIENT}\"\n\
         client_secret = {{ env = \"{SECRET_VARIABLE}\" }}\nca = [\"ca.pem\"]\n\
         webhook = {{ listen = \"{hook}\", public_url = \"http://{hook}{HOOK}\" }}\n\
         mailbox = {{ smtp = \"{smtp}\", address = \"{DEVELOPER}\" }}\n\
         agency = {{ register = true }}\ndeliver_within = \"{}\"\n\
         retry = {{ gaps = [\"50ms\", \"50ms\", \"50ms\"], attempt_timeout = \"500ms\" }}\n\
         timeouts = {{ connect = \"1s\", headers = \"1s\", total = \"2s\" }}\nlisting = {{ path = \"/listings\" }}\n",
        stage.address,
        // What is not to come before the agreement is waited for as long; and whoever floods takes his time.
        if at == At::Page { "1s" } else { "15s" },
    )
}

/// Waits for the end of a process, and watches the most memory that it ever held, in KiB; 0 where nothing tells.
fn watched(process: crate::support::Process) -> (Ran, u64) {
    let status = format!("/proc/{}/status", process.id());
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0;
            while !ended.load(Ordering::Relaxed) {
                most = most.max(high_water_mark(&status).unwrap_or(0));
                thread::sleep(Duration::from_millis(5));
            }
            most
        });
        let ran = process.end();
        ended.store(true, Ordering::Relaxed);
        (ran, watch.join().unwrap())
    })
}

fn high_water_mark(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    // Until it bears the program's name, the memory is still that of the process which started it.
    let text = text.strip_prefix("Name:\tmatchproof\n")?;
    text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

/// What is wrong with how the process went.
fn of_process(row: &Row, ran: &Ran, took: Duration, memory: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    if ran.code != Some(row.code) {
        wrong.push(format!("it ended with {:?} in place of {}", ran.code, row.code));
    }
    if took > LONGEST {
        wrong.push(format!("it took {} s", took.as_secs()));
    }
    if memory == 0 || memory > MOST_MEMORY {
        wrong.push(format!("it held {memory} KiB, as far as was seen"));
    }
    if ran.err.contains("panicked") {
        wrong.push("it panicked".to_owned());
    }
    for (stream, text) in [("stdout", &ran.out), ("stderr", &ran.err)] {
        wrong.extend(acting(text).map(|letter| format!("{letter:?} stands on {stream}")));
    }
    wrong
}

/// The first letter of a text that could act on a terminal.
fn acting(text: &str) -> Option<char> {
    let reorders =
        |letter| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().find(|letter| letter.is_control() && *letter != '\n' || reorders(*letter))
}

/// What is wrong with what the run left.
fn of_folder(place: &Place, ran: &Ran) -> Vec<String> {
    let out = place.path().join("out");
    if !out.join("report.json").exists() {
        return vec!["there is no report".to_owned()];
    }
    let mut wrong = Vec::new();
    let report = json(&out, "report.json");
    if report["summary"].as_str() != Some(ran.last_line()) {
        wrong.push(format!("the last line is not the summary: {}", report["summary"]));
    }
    let junit = fs::read_to_string(out.join("junit.xml")).unwrap();
    if let Err(error) = quick_junit::Report::deserialize_from_str(&junit) {
        wrong.push(format!("junit.xml does not read back: {error}"));
    }
    wrong.extend(acting(&junit).map(|letter| format!("{letter:?} stands in junit.xml")));
    if junit.contains("<script") {
        wrong.push("markup stands in junit.xml".to_owned());
    }
    let again = place.run(["judge", "out", "--format", "json"]);
    if again.code != ran.code || serde_json::from_str(&again.out).ok().as_ref() != Some(&report) {
        wrong.push(format!("it is judged again to {:?}\n{}{}", again.code, again.out, again.err));
    }
    wrong.extend(leaks(&out));
    wrong
}

/// The files of a run in which a secret stands.
fn leaks(out: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files(out) {
        let bytes = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let leaked = [SECRET, TOKEN, KEY].into_iter().filter(|secret| text.contains(secret));
        wrong.extend(leaked.map(|secret| format!("{secret} stands in {}", file.display())));
    }
    wrong
}
