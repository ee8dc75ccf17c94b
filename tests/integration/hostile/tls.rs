//! Ways in which TLS fails.

use std::{
    io,
    sync::{Arc, LazyLock},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};

use super::{
    kit::Row,
    stage::{At, Stream, answer, behind_tls, say},
};

/// Who a server says it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Identity {
    /// What it should be.
    Right,
    /// A certificate whose time is over.
    Expired,
    /// A certificate whose time has not come.
    Early,
    /// Another host's certificate.
    Another,
    /// A certificate that nobody signed but itself.
    Itself,
    /// A certificate of an authority that the profile does not name.
    Stranger,
}

/// The authority that the profiles of these tests trust, and a certificate for each identity.
struct Authority {
    pem: String,
    configs: Vec<Arc<ServerConfig>>,
}

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let (trusted, stranger) = (issuer(), issuer());
    let all =
        [Identity::Right, Identity::Expired, Identity::Early, Identity::Another, Identity::Itself, Identity::Stranger];
    let configs = all.into_iter().map(|identity| Arc::new(config(identity, &trusted, &stranger))).collect();
    Authority { pem: trusted.pem(), configs }
});

fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn config(
    identity: Identity,
    trusted: &CertifiedIssuer<'static, KeyPair>,
    stranger: &CertifiedIssuer<'static, KeyPair>,
) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let name = if matches!(identity, Identity::Another) { "elsewhere.example" } else { "127.0.0.1" };
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    match identity {
        Identity::Expired => params.not_after = date_time_ymd(2001, 1, 1),
        Identity::Early => params.not_before = date_time_ymd(2999, 1, 1),
        _ => {}
    }
    let certificate = match identity {
        Identity::Itself => params.self_signed(&key),
        Identity::Stranger => params.signed_by(&key, stranger),
        _ => params.signed_by(&key, trusted),
    };
    let certificate: CertificateDer<'_> = certificate.unwrap().der().clone();
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap()
}

/// The certificate of the authority that the profiles of these tests trust, in PEM.
pub(super) fn authority() -> &'static str {
    &AUTHORITY.pem
}

/// Takes a handshake. One that the other side ends is told when the first byte is read.
pub(super) fn accept(
    stream: &mut dyn Stream,
    identity: Identity,
) -> io::Result<StreamOwned<ServerConnection, &mut dyn Stream>> {
    let config = Arc::clone(&AUTHORITY.configs[identity as usize]);
    Ok(StreamOwned::new(ServerConnection::new(config).map_err(io::Error::other)?, stream))
}

const fn row(name: &'static str, play: super::stage::Play) -> Row {
    Row { name, at: At::Handshake, play, code: 4 }
}

/// An alert of TLS that ends a handshake: fatal, `protocol_version` (RFC 8446, section 6).
const OLD_VERSION: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";
/// The head of a TLS record that announces more than a record may hold.
const HUGE_RECORD: &[u8] = b"\x16\x03\x03\xff\xff";

pub(super) const ROWS: &[Row] = &[
    Row { code: 0, ..row("TLS as it should be", |stream, scene| behind_tls(stream, scene, Identity::Right)) },
    row("an expired certificate", |stream, scene| behind_tls(stream, scene, Identity::Expired)),
    row("a certificate of the future", |stream, scene| behind_tls(stream, scene, Identity::Early)),
    row("another host's certificate", |stream, scene| behind_tls(stream, scene, Identity::Another)),
    row("a self-signed certificate", |stream, scene| behind_tls(stream, scene, Identity::Itself)),
    row("a certificate of an unknown authority", |stream, scene| behind_tls(stream, scene, Identity::Stranger)),
    row("plain HTTP on a port for TLS", |stream, _| say(stream, &answer("400 Bad Request", "", b"TLS, please"))),
    row("a handshake that is closed at once", |_, _| Ok(())),
    row("a handshake that is cut in its middle", |stream, _| {
        stream.read_exact(&mut [0; 5])?;
        say(stream, b"\x16\x03\x03\x00\x7a\x02\x00")
    }),
    row("a handshake that is never answered", |stream, _| io::copy(stream, &mut io::sink()).map(|_| ())),
    row("a peer that speaks old TLS alone", |stream, _| say(stream, OLD_VERSION)),
    row("a record beyond all measure", |stream, _| {
        say(stream, HUGE_RECORD)?;
        say(stream, &vec![0x16; 1 << 17])
    }),
];
