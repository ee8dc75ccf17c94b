//! The simulator as a target: what a run without a profile is pointed at, and what a selftest tries its checks on. Load is
//! sent to one in a process of its own.
//!
//! Beside the command line this is the only place that knows both sides. What it hands on is a profile's target, made
//! from a profile's text: nothing that an endpoint of somebody else's would not have.

mod apart;

use std::{fmt::Write as _, io, net::SocketAddr, path::PathBuf};

pub use apart::{Apart, Process, start_apart};

use crate::{
    clock::Period,
    evidence::Recorder,
    mailbox::{self, Mailbox},
    profile::{Profile, Resolved, Target},
    secret::{Secret, Vault, hex},
    simulator::{Behaviour, Config, Partner, Simulator, StartError},
    syntax::{Source, render_all},
};

/// The name of the embedded target.
pub const NAME: &str = "embedded";
/// The client id of the partner as whom it is met.
const FIRST: &str = "embedded-first";
/// The client id of the other partner, where it has one.
const SECOND: &str = "embedded-second";

/// The address to which the embedded target writes of failed deliveries.
pub const DEVELOPER: &str = "dev@partner.example";

/// Where a simulator listens.
struct Place {
    base_url: String,
    control_url: String,
    /// Where it sends its mail, if anywhere.
    smtp: Option<SocketAddr>,
}

/// A running simulator, and the profile under which it is met.
pub struct Embedded {
    /// Runs until it is dropped.
    pub simulator: Simulator,
    /// The target.
    pub target: Target,
    /// Its credentials.
    pub credentials: Resolved,
}

/// What the profile of an embedded target pins.
#[derive(Clone, Debug)]
pub struct Pins {
    /// The behaviour from which schedule, time-out and Listing API are pinned: the one that the target promises.
    pub promised: Behaviour,
    /// The number of retries that is pinned: `auto`, `2` or `3`.
    pub max_retries: &'static str,
    /// Whether deadlines, schedule and time-out are pinned at all.
    pub deadlines: bool,
    /// How many keys an agency has; nothing: not pinned.
    pub keys_per_agency: Option<u32>,
    /// What of the Listing API the profile gives.
    pub listing: Listings,
    /// Whether listings can be removed again.
    pub removes: bool,
    /// Whether the clock can be moved.
    pub clock: bool,
    /// The accounts with which agencies log in; nothing: each registers one of its own.
    pub accounts: Option<Logins>,
}

/// What of a Listing API a profile gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Listings {
    /// Nothing: there is none.
    Absent,
    /// Listings are taken, and cannot be read back.
    Written,
    /// Listings are taken and can be read back.
    ReadBack,
}

/// Accounts that exist at the target before a run.
#[derive(Clone, Debug)]
pub struct Logins {
    /// The CSV file that names them to the harness.
    pub file: PathBuf,
    /// E-mail addresses and passwords.
    pub all: Vec<(String, Secret)>,
}

impl Default for Pins {
    fn default() -> Self {
        Self {
            promised: Behaviour::brisk(),
            max_retries: "3",
            deadlines: true,
            keys_per_agency: None,
            listing: Listings::ReadBack,
            removes: true,
            clock: true,
            accounts: None,
        }
    }
}

/// The embedded target could not be had.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The simulator did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No process for it could be had.
    #[error("the simulator's own process could not be started: {0}")]
    Spawn(#[source] io::Error),
    /// Its process ended, or did not say where it listens.
    #[error("the simulator did not start in its own process: {0}")]
    Apart(String),
    /// The profile that was written for it is not in order: a fault of ours.
    #[error("the embedded target's profile is not in order: {0}")]
    Profile(String),
}

/// Starts a simulator that delivers to `webhook_url`, and sends its mail by SMTP to `smtp`, where there is such.
///
/// # Errors
///
/// It cannot listen on this machine.
pub fn start(
    webhook_url: &str,
    smtp: Option<SocketAddr>,
    behaviour: Behaviour,
    seed: u64,
    pins: &Pins,
) -> Result<Embedded, EmbeddedError> {
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let partners: Vec<Partner> = [FIRST, SECOND]
        .map(|name| Partner {
            client_id: name.to_owned(),
            client_secret: Secret::new(random_secret()),
            webhook_url: webhook_url.to_owned(),
            developer_email: DEVELOPER.to_owned(),
        })
        .into();
    let config = Config {
        listen: local,
        control: local,
        partners: partners.clone(),
        accounts: pins.accounts.as_ref().map(|logins| logins.all.clone()).unwrap_or_default(),
        behaviour,
        seed,
        smtp: smtp.map(|address| address.to_string()),
        state: None,
    };
    let simulator = Simulator::start(config)?;
    let (base_url, control_url) = (simulator.base_url().to_owned(), simulator.control_url().to_owned());
    let place = Place { base_url, control_url, smtp };
    let (target, credentials) = profile(&place, webhook_url, &partners, pins).map_err(EmbeddedError::Profile)?;
    Ok(Embedded { simulator, target, credentials })
}

/// A mailbox on a port of its own for the mail of an embedded target.
///
/// # Errors
///
/// It cannot listen on this machine.
pub async fn mailbox(recorder: &Recorder, vault: &Vault) -> Result<Mailbox, mailbox::StartError> {
    let settings = mailbox::Settings { address: DEVELOPER.into(), recorder: recorder.clone(), vault: vault.clone() };
    Mailbox::smtp(SocketAddr::from(([127, 0, 0, 1], 0)), settings).await
}

/// A long secret with letters of both cases, so that every way of getting a secret wrong can be tried.
fn random_secret() -> String {
    format!("Emb-{}-Xy9", hex(&rand::random::<[u8; 16]>()))
}

/// The profile under which a simulator is met that has these partners: one, or two.
fn profile(place: &Place, webhook_url: &str, partners: &[Partner], pins: &Pins) -> Result<(Target, Resolved), String> {
    let text = profile_text(place, webhook_url, partners.len() > 1, pins);
    let profile = Profile::read(&Source::new("embedded.toml", text)).map_err(|mistakes| render_all(&mistakes))?;
    let target = profile.target(NAME).ok_or("it has no target")?.clone();
    let environment = |name: &str| {
        let partner = partners.get(usize::from(name == "SECOND_SECRET"))?;
        Some(partner.client_secret.expose().to_owned())
    };
    let no_files = |_: &std::path::Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    let credentials = target.resolve(&environment, &no_files).map_err(|errors| format!("{errors:?}"))?;
    Ok((target, credentials))
}

/// The profile's text. What the target lacks is declared absent, so that what is about it is not applicable.
fn profile_text(place: &Place, webhook_url: &str, second: bool, pins: &Pins) -> String {
    let mut text = format!(
        r#"
        [target.{NAME}]
        base_url = "{base_url}"
        client_id = "{FIRST}"
        client_secret = {{ env = "FIRST_SECRET" }}
        webhook = {{ listen = "{listen}", public_url = "{webhook_url}" }}
        rate = {{ probe_limit = 100{window} }}
        "#,
        base_url = place.base_url,
        listen = webhook_url.split('/').nth(2).unwrap_or_default(),
        window = window(pins),
    );
    let mut absent = Vec::new();
    text += &mailbox_text(place, pins, &mut absent);
    if second {
        let login = format!("{{ client_id = \"{SECOND}\", client_secret = {{ env = \"SECOND_SECRET\" }} }}");
        let _ = writeln!(text, "second = {login}");
    } else {
        absent.push(("second", "it has one partner"));
    }
    if pins.deadlines {
        text += &deadlines(pins);
    }
    text += &pins.keys_per_agency.map_or_else(String::new, |keys| format!("keys_per_agency = {keys}\n"));
    if let Some(logins) = &pins.accounts {
        let _ = writeln!(text, "agency = {{ form = {{ accounts = {:?} }} }}", logins.file.to_string_lossy());
        absent.push(("register", WITHOUT));
    } else {
        text += "agency = { register = true }\n";
    }
    if pins.clock {
        let _ = writeln!(text, "clock = {{ advance = \"POST {}/clock\" }}", place.control_url.trim_end_matches('/'));
    } else {
        absent.push(("clock", WITHOUT));
    }
    match pins.listing {
        Listings::Absent => absent.push(("listing", WITHOUT)),
        Listings::Written => absent.extend([("listing.read", WITHOUT), ("listing.owner", WITHOUT)]),
        Listings::ReadBack => {}
    }
    if pins.listing != Listings::Absent {
        text += &listing(pins);
    }
    let _ = writeln!(text, "[target.{NAME}.absent]");
    for (name, why) in absent {
        let _ = writeln!(text, "{name:?} = {why:?}");
    }
    text
}

/// How long a limit takes to be as before it was met.
fn window(pins: &Pins) -> String {
    let quota = pins.promised.rate.quota.filter(|_| pins.deadlines);
    quota.map_or_else(String::new, |quota| format!(", window = \"{}\"", Period(quota.refill * quota.burst)))
}

fn mailbox_text(place: &Place, pins: &Pins, absent: &mut Vec<(&str, &str)>) -> String {
    let Some(smtp) = place.smtp else {
        absent.push(("mailbox", "nobody takes its mail"));
        return String::new();
    };
    let notice_after = pins.promised.notice.after_exhausted;
    format!("mailbox = {{ smtp = \"{smtp}\", address = \"{DEVELOPER}\" }}\nnotice_after = {notice_after}\n")
}

/// Why a target of the selftest lacks something.
const WITHOUT: &str = "tried without";

fn deadlines(pins: &Pins) -> String {
    let retry = &pins.promised.retry;
    let gaps: Vec<String> = retry.gaps.iter().map(|gap| format!("{:?}", Period(*gap).to_string())).collect();
    let max_retries = if pins.max_retries == "auto" { "\"auto\"" } else { pins.max_retries };
    format!(
        "deliver_within = \"2s\"\nretry = {{ max_retries = {max_retries}, attempt_timeout = \"{}\", gaps = [{}] }}\n",
        Period(retry.attempt_timeout),
        gaps.join(", "),
    )
}

fn listing(pins: &Pins) -> String {
    let (path, method) = (pins.promised.listing.surface.path, pins.promised.listing.surface.method);
    let read = if pins.listing == Listings::ReadBack {
        format!("read = \"GET {path}\"\nowner = \"GET /account\"")
    } else {
        String::new()
    };
    let delete = if pins.removes { format!("delete = \"DELETE {path}/{{reference}}\"") } else { String::new() };
    format!(
        r#"
        [target.{NAME}.listing]
        path = "{path}"
        method = "{method}"
        update = "PUT {path}/{{reference}}"
        {delete}
        {read}
        "#
    )
}

/// A path and query for the receiver that nobody can guess: with no signature in the protocol, that alone keeps strangers
/// from planting keys.
#[must_use]
pub fn webhook_target() -> String {
    format!("/hook/{:032x}?via=matchproof", rand::random::<u128>())
}
