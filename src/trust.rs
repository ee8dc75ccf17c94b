//! Whom TLS trusts: the system's authorities and some besides.

use std::{
    error, io,
    sync::{Arc, OnceLock},
};

use rustls::{
    CertificateError as CertificateFault, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use thiserror::Error;

/// A file of certificates cannot be used.
#[derive(Debug, Error)]
#[error(
    "file {number} of the extra certificates holds no certificate, or one that cannot be read; export it as PEM (BEGIN \
     CERTIFICATE)"
)]
pub struct CertificateError {
    /// Which file, from 1.
    pub number: usize,
}

/// How TLS is spoken, with HTTP/2 where it is offered: the system's authorities are trusted, and read when it is first spoken.
pub(crate) fn system() -> ClientConfig {
    Trust::new(Vec::new()).config()
}

/// The same with more authorities, each a PEM file's content. Where TLS is spoken for `sure`, the system's are read at once: they
/// would else count for the first answer's time.
///
/// # Errors
///
/// A file holds no certificate, or one that cannot be read.
pub(crate) fn with(extra_ca: &[Vec<u8>], sure: bool) -> Result<ClientConfig, CertificateError> {
    let mut extra = Vec::new();
    let mut store = RootCertStore::empty();
    for (number, pem) in (1..).zip(extra_ca) {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let usable = |found: &Vec<CertificateDer<'_>>| {
            !found.is_empty() && found.iter().all(|one| store.add(one.clone()).is_ok())
        };
        extra.extend(found.ok().filter(usable).ok_or(CertificateError { number })?);
    }
    let trust = Trust::new(extra);
    if sure {
        // What is wrong with them is told by whoever speaks it.
        let _ = trust.verifier();
    }
    Ok(trust.config())
}

/// What TLS found wrong, where an error comes from that. `io::Error` hides the error that it wraps from `source`.
pub(crate) fn found_wrong<'e>(error: &'e (dyn error::Error + 'static)) -> Option<&'e Error> {
    let mut next = Some(error);
    while let Some(cause) = next {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = cause.downcast_ref().or_else(|| found_wrong(wrapped?)) {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

/// What was told of an error, and behind it what to do about a certificate that is not trusted, where that is known.
pub(crate) fn with_cure(told: String, error: &(dyn error::Error + 'static)) -> String {
    match found_wrong(error).and_then(cure) {
        Some(cure) => format!("{told}: {cure}"),
        None => told,
    }
}

fn cure(wrong: &Error) -> Option<&'static str> {
    match wrong {
        // The signature is what is bad where one that is named has the name of who signed, and another key.
        Error::InvalidCertificate(CertificateFault::UnknownIssuer | CertificateFault::BadSignature) => {
            Some("name the authority that signed it under `ca` in the profile, if it is one of your own")
        }
        // rustls has no name of its own for it, and shows what it was told.
        Error::InvalidCertificate(CertificateFault::Other(other))
            if format!("{other:?}").contains("CaUsedAsEndEntity") =>
        {
            Some(
                "the server shows the certificate of an authority as its own; give it one with \
                 `basicConstraints=CA:FALSE`, and name whoever signed that under `ca` in the profile",
            )
        }
        _ => None,
    }
}

/// Whom to trust. The system's authorities are some hundred files on many machines, and a bare machine has none: they are read
/// when TLS is first spoken.
#[derive(Debug)]
struct Trust {
    extra: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    verifier: OnceLock<Result<Verifier, Error>>,
}

impl Trust {
    fn new(extra: Vec<CertificateDer<'static>>) -> Self {
        Self { extra, provider: Arc::clone(ClientConfig::builder().crypto_provider()), verifier: OnceLock::new() }
    }

    fn config(self) -> ClientConfig {
        let builder = ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(self));
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config
    }

    fn verifier(&self) -> Result<&Verifier, Error> {
        let read = || Verifier::new_with_extra_roots(self.extra.iter().cloned(), Arc::clone(&self.provider));
        self.verifier.get_or_init(read).as_ref().map_err(Error::clone)
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verifier()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

    use super::*;

    /// A certificate for `target.test` that nobody but itself vouches for.
    fn signed_by_itself(is_ca: IsCa) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(["target.test".to_owned()]).unwrap();
        params.is_ca = is_ca;
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    fn shown(certificate: &CertificateDer<'static>, extra: &[&CertificateDer<'static>]) -> Result<(), Error> {
        let trust = Trust::new(extra.iter().map(|one| (*one).clone()).collect());
        let name = "target.test".try_into().unwrap();
        trust.verify_server_cert(certificate, &[], &name, &[], UnixTime::now()).map(drop)
    }

    #[test]
    fn a_certificate_that_is_not_trusted_comes_with_a_cure_that_helps() {
        let authority = signed_by_itself(IsCa::Ca(BasicConstraints::Unconstrained));
        let cure_of = |shown: Result<(), Error>| cure(&shown.unwrap_err()).unwrap();
        assert!(cure_of(shown(&authority, &[&authority])).contains("`basicConstraints=CA:FALSE`"));
        let followed = signed_by_itself(IsCa::ExplicitNoCa);
        assert!(cure_of(shown(&followed, &[])).contains("under `ca` in the profile"));
        assert!(shown(&followed, &[&followed]).is_ok());
    }
}
