use std::{path::Path, sync::Arc, time::Duration};

use super::{Aim, Options, RunError, session::Session};
use crate::{
    agency::{Accounts, Agency, CommandSettings, FormSettings, Nobody, Person},
    clock::{Clock, Period},
    dialect::Dialect,
    evidence::Recorder,
    judge::{Templates, Terms},
    mailbox::{self, Mailbox},
    profile::{self, Credentials, DialectSource, Driver, Listing, MailDriver, Route, Success, Target},
    secret::Vault,
    step::{Client, ClockControl, ListingApi, ListingRequest, Shared, Taken},
    syntax::{Source, render_all},
    wire::{Partner, Settings, Tokens, Wire, guide},
};

/// What a target's profile pins, in the terms of checks.
#[must_use]
pub fn terms_of(target: &Target, strict: bool) -> Terms {
    let ms = |period: Option<Period>| period.map(Period::ms);
    Terms {
        name: target.name.clone(),
        base_url: target.base_url.as_str().to_owned(),
        loopback: target.is_loopback(),
        listing_url: target.listing.as_ref().map(|listing| listing_api(target, listing).create.url).unwrap_or_default(),
        listing_read: target.listing.as_ref().is_some_and(|listing| listing.read.is_some()),
        listing_update: target.listing.as_ref().is_some_and(|listing| listing.update.is_some()),
        deliver_within_ms: ms(target.deliver_within),
        gaps_ms: target.retry.schedule().map(|gaps| gaps.into_iter().map(Period::ms).collect()),
        attempt_timeout_ms: ms(target.retry.attempt_timeout),
        resend_within_ms: ms(target.retry.resend_within),
        lawful_attempts: (target.retry.max_retries.least()..=target.retry.max_retries.most())
            .map(|retries| retries as u64 + 1)
            .collect(),
        any_2xx_is_success: target.retry.success == Success::Any2xx,
        keys_per_agency: target.keys_per_agency.map_or(1, |count| u64::from(count.get())),
        keys_pinned: target.keys_per_agency.is_some(),
        notice_after: target.notice_after.map_or(1, |count| u64::from(count.get())),
        notice_pinned: target.notice_after.is_some(),
        probe_limit: u64::from(target.rate.probe_limit()),
        limit: target.rate.limit.map(|limit| u64::from(limit.get())),
        limit_window_ms: ms(target.rate.window),
        strict,
    }
}

/// Tries everything that a target's profile names outside of itself, credentials aside: certificates, dialect, accounts.
///
/// # Errors
///
/// All that cannot be used.
pub fn check(target: &Target) -> Result<(), Vec<RunError>> {
    let tried = [
        wire(target, Recorder::new(Clock::new(), drop), Vault::new()).err(),
        dialect(target).err(),
        agency(target, Vault::new(), Arc::new(Nobody), Duration::ZERO).err(),
    ];
    let errors: Vec<RunError> = tried.into_iter().flatten().collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The mailbox that a target's profile names, watched from now on.
///
/// # Errors
///
/// Its port cannot be listened on, or what should be a Mailpit does not answer as one.
pub async fn mailbox(target: &Target, session: &Session) -> Result<Option<Mailbox>, mailbox::StartError> {
    let Some(given) = &target.mailbox else { return Ok(None) };
    let settings = mailbox::Settings {
        address: given.address.clone(),
        recorder: session.recorder().clone(),
        vault: session.vault().clone(),
    };
    match given.driver() {
        Some(MailDriver::Smtp(listen)) => Mailbox::smtp(listen.0, settings).await.map(Some),
        Some(MailDriver::Mailpit(url)) => Mailbox::mailpit(url.url(), settings).await.map(Some),
        None => Ok(None),
    }
}

/// What all scenarios of a run share, before the preflight has found the target's dialect.
pub(super) fn prepare(
    session: &Session,
    Aim { target, credentials, receiver, mailbox, person }: Aim<'_>,
    options: Options,
) -> Result<Shared, RunError> {
    let wire = wire(target, session.recorder().clone(), session.vault().clone())?;
    let dialect = dialect(target)?;
    let terms = terms_of(target, options.strict);
    receiver.tell_keys_apart(usize::try_from(terms.keys_per_agency).unwrap_or(usize::MAX));
    let wait_at_most = Duration::from_secs(30);
    // A limit is waited out for its whole window, and a little more.
    let patience = target.rate.window.map_or(Duration::from_secs(90), |window| window.0 + Duration::from_secs(5));
    let client = |credentials: Credentials| client(&wire, credentials, &dialect, patience);
    Ok(Shared {
        client: client(credentials.credentials),
        second: credentials.second.map(client),
        webhook_url: match &target.webhook {
            Some(webhook) => webhook.public_url.as_str().to_owned(),
            None => receiver.url(),
        },
        settle: if target.is_loopback() { Duration::from_millis(200) } else { Duration::from_secs(5) },
        receiver,
        mailbox,
        agency: agency(target, session.vault().clone(), person, options.step_budget)?,
        templates: Templates::new(&terms),
        terms,
        recorder: session.recorder().clone(),
        evidence: session.evidence().clone(),
        listing: target.listing.as_ref().map(|listing| listing_api(target, listing)),
        taken: Taken::default(),
        clock: target.clock.as_ref().map(|clock| ClockControl {
            method: clock.advance.method.clone(),
            url: clock.advance.url.as_str().to_owned(),
        }),
        may_probe_secrets: target.may_probe_secrets(),
        patience,
        step_budget: options.step_budget,
        wait_at_most,
        dialect,
        wire,
    })
}

fn client(wire: &Wire, credentials: Credentials, dialect: &Dialect, patience: Duration) -> Client {
    let partner = Partner { client_id: credentials.client_id.clone(), secret: credentials.client_secret.clone() };
    Client {
        tokens: Tokens::new(wire.clone(), partner, dialect.token.clone()).with_patience(patience),
        client_id: credentials.client_id,
        client_secret: credentials.client_secret,
    }
}

fn wire(target: &Target, recorder: Recorder, vault: Vault) -> Result<Wire, RunError> {
    let settings = Settings {
        base_url: target.base_url.url().clone(),
        proxy: target.proxy.as_ref().map(|proxy| proxy.url().clone()),
        extra_ca: target.ca.iter().map(|file| read(target, file)).collect::<Result<_, _>>()?,
        connect_timeout: target.timeouts.connect(),
        headers_timeout: target.timeouts.headers(),
        total_timeout: target.timeouts.total(),
    };
    Wire::new(settings, recorder, vault).map_err(|error| RunError::Profile(error.to_string()))
}

/// A file that the profile names.
fn read(target: &Target, named: &Path) -> Result<Vec<u8>, RunError> {
    let path = target.path(named);
    std::fs::read(&path).map_err(|error| {
        let cure = "create it, or name another file in the profile; the name is relative to the profile's folder";
        RunError::Profile(format!("{} cannot be read: {error}; {cure}", path.display()))
    })
}

fn dialect(target: &Target) -> Result<Dialect, RunError> {
    match &target.dialect {
        None => Ok(Dialect::default()),
        Some(DialectSource::Inline(dialect)) => Ok(dialect.as_ref().clone()),
        Some(DialectSource::File(file)) => {
            let text = read(target, file).map_err(|error| {
                RunError::Profile(format!("{error}; `matchproof discover` writes a pinned dialect"))
            })?;
            let source = Source::new(target.path(file).display().to_string(), String::from_utf8_lossy(&text));
            Dialect::read(&source).map_err(|mistakes| {
                RunError::Profile(format!("the pinned dialect cannot be used:\n{}", render_all(&mistakes)))
            })
        }
    }
}

/// Who plays the agencies, as the profile says.
fn agency(target: &Target, vault: Vault, person: Arc<dyn Person>, budget: Duration) -> Result<Agency, RunError> {
    let settings = target.agency.as_ref();
    match settings.and_then(crate::profile::Agency::driver) {
        None | Some(Driver::Form { .. }) => form(target, settings, vault),
        Some(Driver::Manual) => Ok(Agency::manual(person)),
        Some(Driver::Command(line)) => command(target, line, budget),
    }
}

fn form(target: &Target, settings: Option<&profile::Agency>, vault: Vault) -> Result<Agency, RunError> {
    let accounts = match settings.and_then(|agency| agency.accounts()) {
        Some(file) => {
            let text = String::from_utf8_lossy(&read(target, file)?).into_owned();
            Accounts::from_csv(&text).map_err(|error| RunError::Profile(format!("{}: {error}", file.display())))?
        }
        None => Accounts::Registering { domain: "agency.example".into() },
    };
    Ok(Agency::new(FormSettings {
        allowed_hosts: settings.map(|agency| agency.allowed_hosts.clone()).unwrap_or_default(),
        accounts,
        vault,
    }))
}

fn command(target: &Target, line: &[String], budget: Duration) -> Result<Agency, RunError> {
    let (program, arguments) = line
        .split_first()
        .map_or((String::new(), Vec::new()), |(program, arguments)| (program.clone(), arguments.to_vec()));
    let settings = CommandSettings { program, arguments, folder: target.folder.clone(), budget };
    if let Some(file) = settings.file().filter(|file| !file.is_file()) {
        let cure = "write the program, or name another in `agency.command`; a name with a slash is relative to the \
                    profile's folder";
        return Err(RunError::Profile(format!("{} is no file; {cure}", file.display())));
    }
    Ok(Agency::command(settings))
}

fn listing_api(target: &Target, listing: &Listing) -> ListingApi {
    let base = listing.base_url.as_ref().unwrap_or(&target.base_url).url();
    let at = |path: &str| guide::join(base, path).replace("%7B", "{").replace("%7D", "}");
    let request = |route: &Route| ListingRequest { method: route.method.clone(), url: at(&route.path) };
    let create = ListingRequest { method: listing.method.name().to_owned(), url: at(&listing.path) };
    ListingApi {
        update: listing.update.as_ref().map_or_else(|| create.clone(), request),
        create,
        read: listing.read.as_ref().map(request),
        delete: listing.delete.as_ref().map(request),
        owner: listing.owner.as_ref().map(request),
        envelope: listing.envelope.clone(),
        flavour: listing.flavour,
    }
}
