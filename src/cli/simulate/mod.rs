//! `matchproof simulate`: a Matchouse to build against.

mod announce;
mod config;

use std::{io, net::SocketAddr, path::PathBuf};

use super::{Failure, Output, failure::whole, signals};
use crate::simulator::{Simulator, StartError};

/// Run a Matchouse to build against, until Ctrl-C.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where it listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7400")]
    listen: SocketAddr,

    /// Where its clock can be moved; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7401")]
    control: SocketAddr,

    /// Your webhook: where it delivers the agencies' keys.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,

    /// Your `x-crm-client-id`.
    #[arg(long, value_name = "ID", default_value = "local-crm")]
    client_id: String,

    /// The environment variable that holds your `x-crm-client-secret`. Default: one is made up and shown.
    #[arg(long, value_name = "VARIABLE")]
    client_secret_env: Option<String>,

    /// An agency that has an account already, with the environment variable that holds its password.
    #[arg(long, value_name = "EMAIL:VARIABLE")]
    account: Vec<String>,

    /// The mail server for notices of failed deliveries. Default: no mail is sent.
    #[arg(long, value_name = "HOST:PORT")]
    smtp: Option<String>,

    /// The developer's address, to which notices are sent.
    #[arg(long, value_name = "ADDRESS", default_value = "developer@crm.example")]
    email: String,

    /// A folder in which accounts, tokens, keys and listings survive a restart.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,

    /// Break the guide in this way; `matchproof list defects` names them. May be repeated.
    #[arg(long, value_name = "NAME")]
    defect: Vec<String>,

    /// Answer in this lawful other way; `matchproof list dialects` names them. May be repeated.
    #[arg(long, value_name = "NAME")]
    dialect: Vec<String>,

    /// What jitter is drawn from.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// Retry within milliseconds instead of seconds, and limit less.
    #[arg(long)]
    brisk: bool,

    /// End when standard input is closed too: as it is with the program that started this one, however that ends.
    #[arg(long)]
    until_stdin_closes: bool,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<(), Failure> {
    let (config, secret) = config::config(arguments, &|name| std::env::var(name).ok()).map_err(Failure::all)?;
    // What is typed describes one partner, so there is always one.
    let partner = config.partners[0].clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment(format!("no event loop: {error}")))?;
    runtime.block_on(async {
        let unheard = |error| Failure::environment(format!("Ctrl-C cannot be listened for: {error}"));
        let mut interrupted = signals::interrupted().map_err(unheard)?;
        let simulator = Simulator::start(config).map_err(|error| not_started(&error))?;
        output.say(&announce::announcement(arguments, &simulator, &partner, &secret));
        output.flush();
        tokio::select! {
            _ = interrupted.wait_for(|interrupted| *interrupted) => {}
            () = stdin_closed(), if arguments.until_stdin_closes => {}
        }
        Ok(())
    })
}

/// Waits until whoever feeds standard input is gone.
async fn stdin_closed() {
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    // Reading blocks, and cannot be given up: the thread ends with the process.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        drop(tell);
    });
    let _ = told.await;
}

fn not_started(error: &StartError) -> Failure {
    match error {
        StartError::Listen { .. } | StartError::Setup(_) => Failure::environment(whole(error)),
        StartError::Webhook { .. } | StartError::Smtp { .. } | StartError::State { .. } => Failure::usage(whole(error)),
    }
}
