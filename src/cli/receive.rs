use std::{net::SocketAddr, path::PathBuf};

use jiff::Timestamp;

use super::{
    Failure, Output,
    failure::{Problems, whole},
    signals,
};
use crate::{
    journal::{Folder, search},
    receive::{Receive, ReceiveError, Settings},
    receiver::{Script, StartError},
    secret::{Secret, hex},
    syntax::{Mistake, Source, decode, parse_yaml},
    verdict::Outcome,
};

/// Where folders go that nobody named.
const PARENT: &str = ".matchproof";

/// Run the controllable receiver alone, until Ctrl-C: a webhook that fails as it is told.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where it listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7500")]
    listen: SocketAddr,

    /// The path, and the query if there is one, at which deliveries are expected.
    #[arg(long, value_name = "PATH", default_value = "/webhook")]
    path: String,

    /// What an attempt gets: a status such as `503`, or `{ fault: reset }`. Repeated, the first answers an agency's first
    /// attempt and so on; the last one goes on. Default: 200.
    #[arg(long, value_name = "ANSWER")]
    answer: Vec<String>,

    /// A file with a script in YAML or JSON, as under `answers` of a step `receiver`.
    #[arg(long, value_name = "FILE", conflicts_with = "answer")]
    script: Option<PathBuf>,

    /// Where it takes orders, of this machine alone; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7501")]
    control: SocketAddr,

    /// The environment variable that holds the token for orders. Default: one is made up and shown.
    #[arg(long, value_name = "VARIABLE")]
    token_env: Option<String>,

    /// A new or empty folder for all that it saw. Default: a new one under `.matchproof`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<(), Failure> {
    let script = script(arguments)?;
    let target = target(&arguments.path)?;
    let (token, shown) = token(arguments)?;
    let folder = match &arguments.out {
        Some(path) => Folder::create(path),
        None => Folder::fresh_under(PARENT.as_ref(), Timestamp::now()),
    };
    let folder = folder.map_err(Failure::usage)?;
    let (listen, control) = (arguments.listen, arguments.control);
    let settings = Settings { listen, target, script, control, token, folder: folder.clone() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment(format!("no event loop: {error}")))?;
    let receive = runtime.block_on(async {
        let unheard = |error| Failure::environment(format!("Ctrl-C cannot be listened for: {error}"));
        let mut interrupted = signals::interrupted().map_err(unheard)?;
        let mut receive = Receive::start(settings).map_err(|error| not_started(&error))?;
        output.say(&announcement(&receive, &folder, &shown));
        output.flush();
        loop {
            tokio::select! {
                _ = interrupted.wait_for(|interrupted| *interrupted) => return Ok(receive),
                Some(line) = receive.line() => {
                    output.say(&line);
                    output.flush();
                }
            }
        }
    })?;
    // The control port ends with the runtime, and so nobody else has the receiver, which ends before its evidence does.
    drop(runtime);
    ended(receive, output)
}

fn ended(receive: Receive, output: &mut Output<'_>) -> Result<(), Failure> {
    let (closed, folder, vault) = receive.end().map_err(|error| Failure::environment(whole(&error)))?;
    let found = search(folder.path(), &vault).map_err(|error| Failure::environment(whole(&error)))?;
    if let Some(leak) = found.leaks.first() {
        let what =
            format!("a secret stands in {}, at byte {}; do not pass the folder on", leak.file.display(), leak.offset);
        return Err(Failure::new(Outcome::Harness, what));
    }
    if closed.lost > 0 {
        output.tell(&format!("{} records came faster than the disk takes them, and are lost", closed.lost));
    }
    output.say(&format!("{} records in {}", closed.records, folder.path().display()));
    Ok(())
}

fn announcement(receive: &Receive, folder: &Folder, token: &str) -> String {
    let control = receive.control_url();
    let header = "-H \"Authorization: Bearer $RECEIVE_TOKEN\"";
    format!(
        "# Deliveries are taken at {url}; Ctrl-C ends it.\n\
         # Evidence goes to {folder}.\n\
         export RECEIVE_TOKEN={token}\n\
         # What comes, as it comes:\n\
         curl -N {header} '{control}/deliveries?follow=true'\n\
         # Another script for all agencies, or for one:\n\
         curl {header} -X PUT -d '[503, 200]' '{control}/script'\n\
         curl {header} -X PUT -d '[{{ fault: reset }}, 200]' '{control}/scripts/AGENCY'\n",
        url = receive.url(),
        folder = folder.path().display(),
    )
}

fn script(arguments: &Arguments) -> Result<Script, Failure> {
    let source = match &arguments.script {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("the script {} cannot be read: {error}", path.display())))?;
            Source::new(path.display().to_string(), text)
        }
        None => Source::new("--answer", format!("[{}]", arguments.answer.join(", "))),
    };
    let told = |mistakes: Vec<Mistake>| {
        let mut problems = Problems::default();
        problems.mistakes(&mistakes);
        Failure::all(problems)
    };
    let node = parse_yaml(&source).map_err(|mistake| told(vec![mistake]))?;
    decode(&source, &node).map_err(told)
}

fn target(path: &str) -> Result<String, Failure> {
    if path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Ok(path.to_owned());
    }
    Err(Failure::usage(format!("`--path {path}` is no path; write one such as `/webhook?tenant=1`, percent-encoded")))
}

/// The token, and what a shell makes of it: the value itself is shown only where nobody else knows it.
fn token(arguments: &Arguments) -> Result<(Secret, String), Failure> {
    let Some(name) = &arguments.token_env else {
        let made_up = hex(&rand::random::<[u8; 16]>());
        return Ok((Secret::new(made_up.clone()), made_up));
    };
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok((Secret::new(value), format!("\"${name}\""))),
        _ => Err(Failure::usage(format!("the environment variable {name} is not set; set it, or name another"))),
    }
}

fn not_started(error: &ReceiveError) -> Failure {
    match error {
        ReceiveError::Exposed { .. } | ReceiveError::Receiver(StartError::NotHere { .. }) => {
            Failure::usage(whole(error))
        }
        ReceiveError::Receiver(_) | ReceiveError::Journal(_) | ReceiveError::Control { .. } => {
            Failure::environment(whole(error))
        }
    }
}
