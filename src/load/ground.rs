//! What the steps of all groups of a run work on: the target's addresses, the shared token, the agencies.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::HeaderValue;
use rustls::pki_types::ServerName;
use url::Url;

use super::{
    engine::{Answer, Destination, Pass},
    route::{Route, value},
};
use crate::{
    markup::Document,
    receiver::{Armed, Script},
    step::Shared,
    trust,
    wire::{Call, Origin, Raw},
};

/// So many agencies of passes are known to the receiver at once. Beyond, the oldest is forgotten: memory does not grow with
/// the load.
const MOST_ARMED: usize = 4096;

/// The key of an agency.
#[derive(Clone)]
pub(super) struct Key {
    /// As the header takes it.
    pub(super) header: HeaderValue,
}

/// What of the target's profile the engine's own connections need.
pub(super) struct Reach {
    /// How long a connection may take.
    pub(super) connect_within: Duration,
    /// Hosts beside the target's own to which an agency's pages may lead.
    pub(super) pages: Vec<String>,
}

/// What the steps of all groups of a run work on.
pub(super) struct Ground {
    /// What a run has prepared.
    pub(super) shared: Arc<Shared>,
    reach: Reach,
    destinations: Mutex<HashMap<String, Arc<Destination>>>,
    bearer: Mutex<Option<HeaderValue>>,
    /// What sets the agencies and listings of this run apart from all others.
    run: String,
    agencies: AtomicU64,
    armed: Mutex<VecDeque<String>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ground {
    /// The ground of a run, with the addresses of the target found.
    ///
    /// # Errors
    ///
    /// A name that is nobody's, or a target that is out of reach.
    pub(super) async fn new(shared: Arc<Shared>, reach: Reach) -> Result<Arc<Self>, String> {
        let run = format!("{:08x}", rand::random::<u32>());
        // Passes are without number, and what is kept of each would be without end.
        shared.receiver.leave_unrecorded(format!("load-{run}"));
        let ground = Self {
            reach,
            destinations: Mutex::default(),
            bearer: Mutex::default(),
            run,
            agencies: AtomicU64::new(0),
            armed: Mutex::default(),
            shared,
        };
        let base = ground.shared.wire.base_url();
        let destination = ground.destination(base).await?;
        let reached = destination.reach().await;
        reached.map_err(|error| format!("{base} is out of reach: {}", trust::with_cure(error.to_string(), &error)))?;
        let listing = ground.shared.listing.as_ref().and_then(|api| Url::parse(&api.create.url).ok());
        if let Some(url) = listing {
            ground.destination(&url).await?;
        }
        Ok(Arc::new(ground))
    }

    /// What sets this run apart.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// Where connections to a URL lead; its addresses are found once.
    ///
    /// # Errors
    ///
    /// It has no address, or its host is no name for a certificate.
    pub(super) async fn destination(&self, url: &Url) -> Result<Arc<Destination>, String> {
        let (name, host, port) = authority(url)?;
        if let Some(known) = held(&self.destinations).get(&name) {
            return Ok(Arc::clone(known));
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let found = tokio::net::lookup_host((bare.as_str(), port)).await;
        let addresses: Vec<SocketAddr> = found.map_err(|error| format!("{host} has no address: {error}"))?.collect();
        let tls = if url.scheme() == "https" {
            let server = ServerName::try_from(bare).map_err(|_| format!("{host} is no name that TLS knows"))?;
            Some((server, self.shared.wire.tls()))
        } else {
            None
        };
        let connect_within = self.reach.connect_within;
        let destination = Arc::new(Destination { addresses, tls, connect_within });
        Ok(Arc::clone(held(&self.destinations).entry(name).or_insert(destination)))
    }

    /// The same for a page that an agency is led to.
    ///
    /// # Errors
    ///
    /// It lies on a host that the profile does not name.
    pub(super) async fn page(&self, url: &Url) -> Result<Arc<Destination>, String> {
        let (name, host, _) = authority(url)?;
        let known = held(&self.destinations).contains_key(&name);
        let base = self.shared.wire.base_url();
        let named = base.host_str() == Some(host.as_str())
            || self.reach.pages.iter().any(|page| page.eq_ignore_ascii_case(&host) || page.eq_ignore_ascii_case(&name));
        if !known && !named {
            return Err(format!("{host} is not the target's: name it in the profile's `agency.allowed_hosts`"));
        }
        self.destination(url).await
    }

    /// A route for one of the wire's requests, to a host whose addresses are known.
    ///
    /// # Errors
    ///
    /// It goes to another host than the target's.
    pub(super) fn route(&self, call: &Call) -> Result<Route, String> {
        let url = Url::parse(&call.url).map_err(|error| format!("a URL cannot be used: {error}"))?;
        let (name, host, _) = authority(&url)?;
        let destination = held(&self.destinations).get(&name).cloned();
        let destination = destination.ok_or_else(|| {
            format!("load goes to the target's own host alone, not to {host}: take a URL below the base URL")
        })?;
        let vault = self.shared.wire.vault();
        let headers: Vec<(String, String)> =
            call.headers.iter().map(|(name, value)| (name.clone(), vault.reveal(value).expose().to_owned())).collect();
        Route::new(destination, &call.method, &call.url, &headers)
    }

    /// Who sends, as records of the run name it.
    pub(super) fn origin() -> Origin {
        Origin { scenario: String::new(), step: "load".into() }
    }

    /// Gets the shared token ready, or a new one where its life is over.
    ///
    /// # Errors
    ///
    /// The target gives none.
    pub(super) async fn refresh(&self) -> Result<(), String> {
        let token = self.shared.client.tokens.shared(Self::origin()).await.map_err(|error| error.to_string())?;
        let token = self.shared.wire.vault().secret(&token.fingerprint).ok_or("the token was lost")?;
        *held(&self.bearer) = Some(value(&format!("Bearer {}", token.expose()))?);
        Ok(())
    }

    /// The Authorization header with the shared token.
    pub(super) fn bearer(&self) -> Option<HeaderValue> {
        held(&self.bearer).clone()
    }

    /// The agencyId of a pass: a fresh one, where it has none.
    pub(super) fn agency_of<'p>(&self, pass: &'p mut Pass) -> &'p str {
        pass.agency_id.get_or_insert_with(|| {
            let number = self.agencies.fetch_add(1, Ordering::Relaxed);
            format!("load-{}{number:09}", self.run)
        })
    }

    /// The agencyId that all passes share which do not want one of their own.
    pub(super) fn same_agency(&self) -> String {
        format!("load-{}same", self.run)
    }

    /// Makes the agency of a pass known to the receiver.
    pub(super) fn arm(&self, pass: &mut Pass, script: Script) {
        let agency_id = self.agency_of(pass).to_owned();
        let core = agency_id.trim_start_matches("load-").to_owned();
        self.shared.receiver.arm(Armed { agency_id: agency_id.clone(), core, script });
        pass.is_armed = true;
        let mut armed = held(&self.armed);
        armed.push_back(agency_id);
        if armed.len() > MOST_ARMED
            && let Some(oldest) = armed.pop_front()
        {
            self.shared.receiver.forget(&oldest);
        }
    }
}

/// Host and port, the host, and the port.
fn authority(url: &Url) -> Result<(String, String, u16), String> {
    let host = url.host_str().ok_or("a URL names no host")?.to_owned();
    let port = url.port_or_known_default().ok_or_else(|| format!("`{}` is not HTTP", url.scheme()))?;
    Ok((format!("{}://{host}:{port}", url.scheme()), host, port))
}

/// An answer in the form in which token and link are looked for.
pub(super) fn raw(answer: &Answer) -> Raw {
    Raw {
        status: answer.status.as_u16(),
        headers: answer.headers.clone(),
        body: Document::new(String::from_utf8_lossy(&answer.body)),
    }
}
