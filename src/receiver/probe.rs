use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{Receiver, request::Head};
use crate::{
    evidence::{Probe, Record},
    trust,
};

/// Marks a request of our own, and its answer.
const HEADER: &str = "x-matchproof-probe";
/// How long a probe may take, through whatever stands before the receiver.
const WITHIN: Duration = Duration::from_secs(15);

/// The nonces of the probes that are on their way.
#[derive(Default)]
pub(super) struct Probes(Mutex<HashSet<String>>);

impl Probes {
    /// The answer to a request, if it is a probe of ours.
    pub(super) fn answer(&self, head: &Head) -> Option<Vec<u8>> {
        let nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let nonce = head.values(HEADER).find(|value| nonces.contains(*value))?;
        Some(format!("HTTP/1.1 204 No Content\r\n{HEADER}: {nonce}\r\n\r\n").into_bytes())
    }

    fn add(&self, nonce: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(nonce.to_owned());
    }

    fn remove(&self, nonce: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(nonce);
    }
}

impl Receiver {
    /// Sends a request of its own to `url`, the public URL, and tells whether it came back to this receiver.
    ///
    /// The probe is recorded, with what came instead where it did not; it is no delivery.
    pub async fn probe(&self, url: &str) -> bool {
        let recorder = &self.shared.recorder;
        let at_ms = recorder.now_ms();
        let nonce = format!("{:032x}", rand::random::<u128>());
        self.shared.probes.add(&nonce);
        let trouble = ask(url, &nonce).await.err();
        self.shared.probes.remove(&nonce);
        let answered = trouble.is_none();
        let mask = |text: &str| self.shared.vault.mask(text);
        let trouble = trouble.map(|trouble| mask(&trouble));
        recorder.record(Record::Probe(Probe { at_ms, answered, url: mask(url), trouble }));
        answered
    }
}

async fn ask(url: &str, nonce: &str) -> Result<(), String> {
    let told = |error: reqwest::Error| chain(&error.without_url());
    let client = reqwest::Client::builder().tls_backend_preconfigured(trust::system());
    let mut client = client.timeout(WITHIN).redirect(reqwest::redirect::Policy::none());
    if url::Url::parse(url).is_ok_and(|url| is_loopback(&url)) {
        client = client.no_proxy();
    }
    let answer = client.build().map_err(told)?.post(url).header(HEADER, nonce).send().await.map_err(told)?;
    let echoed = answer.headers().get(HEADER).is_some_and(|value| value.as_bytes() == nonce.as_bytes());
    match (answer.status().as_u16(), echoed) {
        (204, true) => Ok(()),
        (status, true) => {
            Err(format!("answered {status} in place of 204: something stands between and changes answers"))
        }
        (status, false) => Err(format!("answered {status} by something else than this receiver")),
    }
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// An error with its causes: the outermost alone says `error sending request`.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
