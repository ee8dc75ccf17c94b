use std::time::Duration;

use reqwest::{Client, Proxy, redirect, retry};
use rustls::ClientConfig;
use thiserror::Error;
use url::Url;

use crate::trust::CertificateError;

/// So many connections may rest.
const MOST_IDLE: usize = 16;

/// How the target is reached, and how long it may take.
#[derive(Clone)]
pub struct Settings {
    /// The base URL, with or without a path and with or without a slash at its end.
    pub base_url: Url,
    /// The proxy for everything; the environment's are never used.
    pub proxy: Option<Url>,
    /// Certificates to trust besides the system's, each a PEM file's content.
    pub extra_ca: Vec<Vec<u8>>,
    /// The longest that a connection may take to be made.
    pub connect_timeout: Duration,
    /// The longest from the begin of sending until the end of the answer's headers.
    pub headers_timeout: Duration,
    /// The longest from the begin of sending until the end of the answer.
    pub total_timeout: Duration,
}

impl Settings {
    /// Settings with 10 s to connect, 30 s for headers and 60 s in all.
    #[must_use]
    pub fn new(base_url: Url) -> Self {
        Self {
            base_url,
            proxy: None,
            extra_ca: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            headers_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_mins(1),
        }
    }

    /// A client that does what it is told and nothing of itself.
    pub(super) fn client(&self, tls: ClientConfig) -> Result<Client, SettingsError> {
        if !matches!(self.base_url.scheme(), "http" | "https") || self.base_url.host().is_none() {
            return Err(SettingsError::Base(self.base_url.scheme().to_owned()));
        }
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            // Bodies are decoded here, so that both their lengths are bounded and their headers are recorded.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .connect_timeout(self.connect_timeout)
            // Less than the 5 s after which common servers close idle connections: else they close while we send.
            .pool_idle_timeout(Duration::from_secs(4))
            // Some hundred agencies that connect at once need as many connections, and nobody does afterwards.
            .pool_max_idle_per_host(MOST_IDLE)
            .user_agent(concat!("matchproof/", env!("CARGO_PKG_VERSION")));
        if let Some(proxy) = &self.proxy {
            client = client.proxy(Proxy::all(proxy.clone()).map_err(SettingsError::Proxy)?);
        }
        client.build().map_err(SettingsError::Client)
    }
}

/// Why no request can be sent with some settings.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The base URL is not one of HTTP.
    #[error("the base URL begins with `{0}:`; give one that begins with `https://` or `http://` and names a host")]
    Base(String),
    /// The proxy cannot be used.
    #[error("the proxy cannot be used; give a URL such as `http://proxy.example:3128`")]
    Proxy(#[source] reqwest::Error),
    /// A file of certificates cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The client cannot be built.
    #[error("no HTTP client can be built from these settings")]
    Client(#[source] reqwest::Error),
}
