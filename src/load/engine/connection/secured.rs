//! TLS, and what is spoken over it.

use std::sync::Mutex;

use hyper::{Response, body::Incoming as Body, server::conn, service::service_fn};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::trust;

/// A target over TLS, which tells by what each request came, and by which connection.
struct House {
    address: SocketAddr,
    authority: CertificateDer<'static>,
    seen: Arc<Mutex<Vec<(usize, String)>>>,
}

impl House {
    /// `offered` is what it speaks, by the names of RFC 7301.
    async fn new(offered: &[&str]) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let named = CertificateParams::new(["target.test".to_owned()]).unwrap();
        let certificate = named.signed_by(&key, &authority).unwrap().der().clone();
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let house =
            Self { address: listener.local_addr().unwrap(), authority: authority.der().clone(), seen: Arc::default() };
        let (acceptor, seen) = (TlsAcceptor::from(Arc::new(config)), Arc::clone(&house.seen));
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that does not trust the certificate ends the handshake.
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                tokio::spawn(serve(stream, number, Arc::clone(&seen)));
            }
        });
        house
    }

    fn destination(&self, trusted: &[&CertificateDer<'static>]) -> Arc<Destination> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(trusted.iter().map(|root| (*root).clone()));
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let tls = Some(("target.test".try_into().unwrap(), Arc::new(config)));
        Arc::new(Destination { addresses: vec![self.address], tls, connect_within: Duration::from_secs(20) })
    }
}

async fn serve(
    stream: tokio_rustls::server::TlsStream<TcpStream>,
    number: usize,
    seen: Arc<Mutex<Vec<(usize, String)>>>,
) {
    let is_two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request: Request<Body>| {
        let seen = Arc::clone(&seen);
        async move {
            let version = request.version();
            let text = request.into_body().collect().await?.to_bytes();
            seen.lock().unwrap().push((number, format!("{version:?} {}", String::from_utf8_lossy(&text))));
            Ok::<_, hyper::Error>(Response::new(Full::new(text)))
        }
    });
    let stream = TokioIo::new(stream);
    let _ = if is_two {
        conn::http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await
    } else {
        conn::http1::Builder::new().serve_connection(stream, service).await
    };
}

fn post(text: &'static str) -> Call {
    Request::post("/a").header("host", "target.test").body(Full::from(text)).unwrap()
}

/// What each request came by that was sent in turn over the same connections.
async fn spoken(offered: &[&str]) -> Vec<(usize, String)> {
    let house = House::new(offered).await;
    let (destination, mut connections) = (house.destination(&[&house.authority]), Connections::default());
    for text in ["one", "two"] {
        let mut call = Some(post(text));
        let sending = connections.send(&destination, &mut call, Keep::Answer);
        let answer = tokio::time::timeout(Duration::from_secs(20), sending).await.expect("an end").unwrap();
        assert_eq!((answer.status, answer.body.as_ref()), (StatusCode::OK, text.as_bytes()));
    }
    let seen = house.seen.lock().unwrap();
    seen.clone()
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered_and_otherwise_http1_each_on_one_connection() {
    let seen = |version: &str| [(0, format!("{version} one")), (0, format!("{version} two"))];
    assert_eq!(spoken(&["h2", "http/1.1"]).await, seen("HTTP/2.0"));
    assert_eq!(spoken(&["http/1.1"]).await, seen("HTTP/1.1"));
    assert_eq!(spoken(&[]).await, seen("HTTP/1.1"));
}

#[tokio::test]
async fn a_target_that_nobody_vouches_for_is_no_connection() {
    let (house, other) = (House::new(&["h2"]).await, House::new(&["h2"]).await);
    let mut connections = Connections::default();
    let opening = connections.open(&house.destination(&[&other.authority])).await;
    assert_eq!(opening, Err(Trouble::Connect));
    assert!(house.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_out_of_reach_tells_why() {
    let house = House::new(&["h2"]).await;
    let error = house.destination(&[]).reach().await.unwrap_err();
    assert!(trust::with_cure(error.to_string(), &error).contains("`ca`"), "{error}");
    assert!(house.destination(&[&house.authority]).reach().await.is_ok());
    // Who holds a port and does not listen refuses, and nobody else can take it meanwhile.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody =
        Destination { addresses: vec![held.local_addr().unwrap()], tls: None, connect_within: Duration::from_secs(20) };
    assert_eq!(nobody.reach().await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}
