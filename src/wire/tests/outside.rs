//! Targets that are reached through a proxy, that a certificate of their own house vouches for, or that read no more than a head.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::*;

/// An HTTPS server on loopback, and the certificate of the authority that signed its own.
struct House {
    port: u16,
    authority: String,
}

impl House {
    async fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let named = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate: CertificateDer<'_> = named.signed_by(&key, &authority).unwrap().der().clone();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let (listener, port) = listener().await;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust the certificate ends the handshake.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                head(&mut stream).await;
                let _ = stream.write_all(&answer("200 OK", "at home").unwrap()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { port, authority: authority.pem() }
    }

    fn settings(&self) -> Settings {
        let base = format!("https://127.0.0.1:{}/", self.port).parse().unwrap();
        Settings { extra_ca: vec![self.authority.clone().into_bytes()], ..Settings::new(base) }
    }

    fn call(&self) -> Call {
        Call { method: "GET".into(), url: format!("https://127.0.0.1:{}/x", self.port), ..Call::default() }
    }
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A request's head, as far as its empty line.
async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A proxy that makes tunnels (RFC 9110 §9.3.6), and what it was asked for.
async fn tunnels() -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let (listener, port) = listener().await;
    let (tell, asked) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let head = head(&mut client).await;
                let to = head.split(' ').nth(1).unwrap_or_default().to_owned();
                tell.send(head.lines().next().unwrap_or_default().to_owned()).unwrap();
                let mut target = TcpStream::connect(&to).await.unwrap();
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut target).await;
            });
        }
    });
    (port, asked)
}

fn wire(settings: Settings) -> Wire {
    let recorder = crate::evidence::Recorder::new(crate::clock::Clock::new(), |_| {});
    Wire::new(settings, recorder, crate::secret::Vault::new()).unwrap()
}

#[tokio::test]
async fn a_certificate_of_the_targets_own_authority_is_trusted_where_the_profile_names_it() {
    let house = House::new().await;
    let trusted = within(wire(house.settings()).send(house.call())).await;
    assert_eq!((trusted.exchange.status, trusted.exchange.body.as_str()), (200, "at home"));
    let strange = within(wire(Settings { extra_ca: Vec::new(), ..house.settings() }).send(house.call())).await;
    assert_eq!(strange.exchange.trouble.map(|trouble| trouble.kind), Some(TroubleKind::Tls));
}

#[tokio::test]
async fn a_request_goes_to_the_proxy_with_its_whole_url() {
    let proxy = Bench::new(|_| answer("200 OK", "by proxy")).await;
    let base = "http://matchouse.invalid/".parse().unwrap();
    let proxied = Some(format!("http://127.0.0.1:{}", proxy.port).parse().unwrap());
    let settings = Settings { proxy: proxied, ..Settings::new(base) };
    let call = Call { method: "GET".into(), url: "http://matchouse.invalid/crm/oauth".into(), ..Call::default() };
    let reply = within(wire(settings).send(call)).await;
    assert_eq!((reply.exchange.status, reply.exchange.body.as_str()), (200, "by proxy"));
    assert!(proxy.requests()[0].starts_with("GET http://matchouse.invalid/crm/oauth HTTP/1.1\r\n"));
}

#[tokio::test]
async fn tls_goes_through_a_tunnel_of_the_proxy_and_is_spoken_with_the_target() {
    let house = House::new().await;
    let (port, mut asked) = tunnels().await;
    let proxy = Some(format!("http://127.0.0.1:{port}").parse().unwrap());
    let reply = within(wire(Settings { proxy, ..house.settings() }).send(house.call())).await;
    assert_eq!((reply.exchange.status, reply.exchange.body.as_str()), (200, "at home"));
    assert_eq!(asked.recv().await, Some(format!("CONNECT 127.0.0.1:{} HTTP/1.1", house.port)));
}

#[tokio::test]
async fn who_refuses_a_large_body_by_its_length_and_leaves_it_unread_is_heard() {
    let (listener, port) = listener().await;
    let refusing = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = head(&mut stream).await;
        assert!(head.contains("\r\ncontent-length: 66560\r\n"), "{head}");
        assert!(stream.try_read(&mut [0]).is_err(), "what would not be read is not sent");
        stream.write_all(&answer("413 Content Too Large", "").unwrap()).await.unwrap();
    };
    let wire = wire(Settings::new(format!("http://127.0.0.1:{port}/").parse().unwrap()));
    let url = format!("http://127.0.0.1:{port}/listings");
    let call = Call { method: "POST".into(), url, body: Some("x".repeat(65 << 10)), ..Call::default() };
    let (reply, ()) = within(async { tokio::join!(wire.send(call), refusing) }).await;
    assert_eq!((reply.raw.status, reply.exchange.trouble), (413, None));
}
