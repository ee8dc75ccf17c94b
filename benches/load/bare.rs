//! A bare loop: one task and one connection for each user, nothing measured.

use std::{
    error::Error,
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Fault = Box<dyn Error + Send + Sync>;

/// Sends as fast as it is answered.
pub(crate) async fn run(address: SocketAddr, users: usize, lasts: Duration) -> Result<(), Box<dyn Error>> {
    let until = Instant::now() + lasts;
    let users: Vec<_> = (0..users).map(|_| tokio::spawn(user(address, until))).collect();
    for user in users {
        user.await?.map_err(|fault| fault.to_string())?;
    }
    Ok(())
}

async fn user(address: SocketAddr, until: Instant) -> Result<(), Fault> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let pump = tokio::spawn(connection);
    let body = Bytes::from(vec![b'x'; 1500]);
    while Instant::now() < until {
        let request = Request::post("/listings")
            .header("host", "127.0.0.1")
            .header("content-type", "application/json")
            .header("authorization", "Bearer abc")
            .body(Full::new(body.clone()))?;
        sender.ready().await?;
        let mut answer = sender.send_request(request).await?.into_body();
        while let Some(frame) = answer.frame().await {
            frame?;
        }
    }
    pump.abort();
    Ok(())
}
