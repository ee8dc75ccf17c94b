use std::{
    collections::HashSet,
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::stream;
use http::{
    HeaderName, HeaderValue, Method,
    header::{ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH},
};
use reqwest::{Body, Client, Request};
use rustls::ClientConfig;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::{
    Call, Reply, Settings, SettingsError, body,
    classify::{Keeper, Plain},
    record::{Outcome, Pending, Revealed},
    trouble::{from_reqwest, too_slow, trouble},
};
use crate::{
    evidence::{Endpoint, Recorder, Trouble, TroubleKind},
    secret::{Secret, SecretKind, Vault},
    trust,
};

/// The way to a target. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

pub(super) struct Inner {
    client: Client,
    tls: Arc<ClientConfig>,
    pub(super) settings: Settings,
    pub(super) recorder: Recorder,
    pub(super) vault: Vault,
    pub(super) plain: Plain,
    /// The endpoints at which a limit was waited out as told, and was there still.
    in_vain: Mutex<HashSet<Endpoint>>,
}

impl Wire {
    /// A way to the target that `settings` name. Passwords in their URLs are kept in the vault.
    ///
    /// # Errors
    ///
    /// Where the settings cannot be used; the error says which and what to do.
    pub fn new(settings: Settings, recorder: Recorder, vault: Vault) -> Result<Self, SettingsError> {
        let tls = trust::with(&settings.extra_ca, settings.base_url.scheme() == "https")?;
        let client = settings.client(tls.clone())?;
        for url in [Some(&settings.base_url), settings.proxy.as_ref()].into_iter().flatten() {
            if let Some(password) = url.password().filter(|password| !password.is_empty()) {
                vault.keep(SecretKind::Password, &Secret::new(password));
            }
        }
        let (plain, in_vain) = (Plain::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { client, tls: Arc::new(tls), settings, recorder, vault, plain, in_vain })))
    }

    /// The run's secrets.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Keeps a link and its long parts as secrets, and gives its fingerprint: one that was changed was never in an answer, and a page
    /// may repeat its parts.
    #[must_use]
    pub fn keep_link(&self, link: &Secret) -> String {
        let Inner { vault, plain, settings, .. } = &*self.0;
        Keeper { vault, plain, base: &settings.base_url }.link(link.expose());
        vault.keep(SecretKind::Link, link)
    }

    /// Takes a text for one that is no secret, such as an agencyId, wherever an answer repeats it.
    pub fn in_the_clear(&self, text: &str) {
        self.0.plain.sent(text);
    }

    /// The target's base URL, as it was given.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.0.settings.base_url
    }

    /// How TLS is spoken with the target.
    pub(crate) fn tls(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0.tls)
    }

    /// Where the exchanges are recorded.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    /// Whether a limit of this endpoint was waited out in vain.
    pub(super) fn waited_in_vain(&self, endpoint: Endpoint) -> bool {
        self.0.in_vain.lock().unwrap_or_else(PoisonError::into_inner).contains(&endpoint)
    }

    /// Has no limit of this endpoint waited out any more.
    pub(super) fn wait_no_more(&self, endpoint: Endpoint) {
        self.0.in_vain.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint);
    }

    /// Sends one request, once, follows nothing, and records the exchange. Whatever happens is told by the reply.
    ///
    /// A future that is dropped before its end records the exchange all the same, with a trouble.
    pub async fn send(&self, call: Call) -> Reply {
        let vault = self.vault();
        let method = call.method.clone();
        let revealed = Revealed {
            url: vault.reveal(&call.url),
            headers: call.headers.iter().map(|(name, value)| (name.clone(), vault.reveal(value))).collect(),
            body: call.body.as_deref().map(|body| vault.reveal(body)),
        };
        let pending = Pending::begin(&self.0, call, &revealed);
        let is_large = revealed.body.as_ref().is_some_and(|body| body.len() > LARGE);
        let behind = if is_large { BEHIND } else { Duration::ZERO };
        let request = request(&method, &revealed, behind);
        drop(revealed);
        let outcome = match request {
            Ok(request) => self.0.exchange(request, behind).await,
            Err(trouble) => Outcome::none(trouble),
        };
        pending.finish(outcome)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

impl Inner {
    /// The body stays so long `behind` the head.
    async fn exchange(&self, request: Request, behind: Duration) -> Outcome {
        let began = Instant::now();
        let total = began + behind + self.settings.total_timeout;
        let first = self.settings.headers_timeout.min(self.settings.total_timeout);
        let response = match timeout_at(began + behind + first, self.client.execute(request)).await {
            Err(_) => return Outcome::none(too_slow("the answer's headers", first)),
            Ok(Err(error)) => return Outcome::none(from_reqwest(error)),
            Ok(Ok(response)) => response,
        };
        // To who answers to the head no body is sent.
        let after = began.elapsed();
        let held_back = if after < behind { Duration::ZERO } else { behind };
        let headers_after = after.saturating_sub(held_back);
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = body::read(response, total, self.settings.total_timeout).await;
        Outcome { status, headers, body: body.bytes, held_back, headers_after, trouble: body.trouble }
    }
}

/// A server may refuse a larger body unread, and close the connection behind its answer (RFC 9110, section 15.5.14): what was sent on it
/// next would be lost.
const LARGE: usize = 64 << 10;

/// How long a large body stays behind its head. Whoever refuses it by its length has answered by then: the answer would be lost
/// where the connection is closed while the body is still being written.
const BEHIND: Duration = Duration::from_secs(1);

/// The request for reqwest, its body so long `behind` its head; or what is wrong with it. No detail shows a value: it may be a secret.
fn request(method: &str, revealed: &Revealed, behind: Duration) -> Result<Request, Trouble> {
    let wrong = |what: String| trouble(TroubleKind::Request, what);
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| wrong(format!("`{method}` is no HTTP method")))?;
    let url = Url::parse(revealed.url.expose()).map_err(|error| wrong(format!("the URL cannot be used: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("the URL begins with `{}:`, which is not HTTP", url.scheme())));
    }
    let mut request = Request::new(method, url);
    request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPTED));
    for (name, value) in &revealed.headers {
        let parsed =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(format!("`{name}` is no header name")))?;
        let mut value = HeaderValue::from_bytes(value.expose().as_bytes()).map_err(|_| {
            wrong(format!("the value for the header `{name}` holds a line break or a control character"))
        })?;
        value.set_sensitive(true);
        request.headers_mut().append(parsed, value);
    }
    if let Some(body) = &revealed.body {
        let bytes = body.expose().to_owned();
        *request.body_mut() = Some(if behind > Duration::ZERO {
            request.headers_mut().append(CONNECTION, HeaderValue::from_static("close"));
            request.headers_mut().entry(CONTENT_LENGTH).or_insert(body.len().into());
            Body::wrap_stream(stream::once(async move {
                sleep(behind).await;
                Ok::<_, Infallible>(bytes)
            }))
        } else {
            bytes.into()
        });
    }
    Ok(request)
}
