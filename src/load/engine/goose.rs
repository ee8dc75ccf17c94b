//! goose's only room: it starts and stops the virtual users, holds the killswitch, and serves its live dashboard.
//!
//! Requests do not go through goose: each user keeps its own connection in its session data and does its own timing, so
//! that what goose adds to a request is nothing (measured, see the README).

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use goose::{
    GooseAttack,
    client::GooseClientBuilder,
    config::GooseConfiguration,
    goose::{GooseUser, Scenario, Transaction, TransactionFunction},
};

use super::user::{Sample, User};

/// Makes the users, one after another, as goose starts them.
pub(crate) type Users = Arc<dyn Fn() -> User + Send + Sync>;

/// Where goose serves its dashboard, and that it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dashboard(pub(crate) SocketAddr);

/// goose did not take what we told it: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("goose: {0}")]
pub(crate) struct GooseFault(String);

/// What a user keeps while goose has it. goose wants session data that can be cloned, for users that it copies before they
/// start: a copy is empty.
#[derive(Default)]
struct Seat(Mutex<Option<User>>);

impl Clone for Seat {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Runs users until [`stop`].
///
/// # Errors
///
/// goose refused its configuration.
pub(crate) async fn run(
    base_url: &str,
    count: usize,
    users: Users,
    dashboard: Option<Dashboard>,
) -> Result<(), GooseFault> {
    let fault = |error: &dyn fmt::Display| GooseFault(error.to_string());
    let configuration = configuration(base_url, count, dashboard).map_err(|error| fault(&error))?;
    let attack = GooseAttack::initialize_with_config(configuration).map_err(|error| fault(&error))?;
    let scenario = Scenario::new("load")
        .register_transaction(Transaction::new(arriving(users)).set_on_start())
        .register_transaction(Transaction::new(working()))
        .register_transaction(Transaction::new(leaving()).set_on_stop());
    // One client for all, which nobody uses. By itself goose makes one for each user, and each of them reads all of the system's
    // certificates: some milliseconds of a core for every user. It is to check none, for then it reads none, and a machine that
    // has none can send as well.
    let client = GooseClientBuilder::new().without_cookies().accept_invalid_certs(true);
    let attack = attack.set_client_builder_without_cookies(client).map_err(|error| fault(&error))?;
    Box::pin(attack.register_scenario(scenario).execute()).await.map(drop).map_err(|error| fault(&error))
}

/// Ends the run that is under way: goose looks twice a second whether it is to. It has to be told until it has ended, for
/// one that is only just starting forgets what it was told before.
pub(crate) fn stop() {
    goose::trigger_killswitch("the load run is over");
}

fn configuration(
    base_url: &str,
    count: usize,
    dashboard: Option<Dashboard>,
) -> Result<GooseConfiguration, impl fmt::Display> {
    let count = count.to_string();
    // All users at once: the clock of the run starts when all of them have connected.
    let mut arguments = vec!["--host", base_url, "--users", &count, "--increase-rate", "100000", "-qq"];
    arguments.extend(["--no-telnet", "--no-print-metrics", "--no-error-summary"]);
    let (host, port);
    match dashboard {
        // Without its metrics goose does nothing at all for a request.
        None => arguments.push("--no-metrics"),
        Some(Dashboard(address)) => {
            (host, port) = (address.ip().to_string(), address.port().to_string());
            arguments.extend(["--dashboard", "--dashboard-host", &host, "--dashboard-port", &port]);
        }
    }
    GooseConfiguration::parse_args_default(&arguments)
}

fn arriving(users: Users) -> TransactionFunction {
    Arc::new(move |goose| {
        let mut user = users();
        Box::pin(async move {
            user.arrive().await;
            goose.set_session_data(Seat(Mutex::new(Some(user))));
            Ok(())
        })
    })
}

fn working() -> TransactionFunction {
    Arc::new(|goose| {
        Box::pin(async move {
            if let Some(user) = seated(goose) {
                user.turn().await;
                if let Some(sample) = user.sample() {
                    let name = user.group().to_owned();
                    // A dashboard that misses a second is no reason to end the run.
                    let Sample { took, as_expected } = sample;
                    let _ = goose.record_custom_request_duration("load", &name, took, as_expected, None, None).await;
                }
            }
            Ok(())
        })
    })
}

fn leaving() -> TransactionFunction {
    Arc::new(|goose| {
        Box::pin(async move {
            if let Some(user) = seated(goose) {
                user.leave();
            }
            Ok(())
        })
    })
}

fn seated(goose: &mut GooseUser) -> Option<&mut User> {
    let Seat(seat) = goose.get_session_data_mut::<Seat>()?;
    seat.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut()
}
