//! A sender to whom the first line of an answer is all of it, as to some HTTP libraries.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use url::Position;

use super::attempt::{Outcome, Sending};
use crate::simulator::behaviour::Loss;

/// Sends it over plain HTTP and reads the first line of what comes back.
pub(super) async fn send(sending: &Sending, within: Duration) -> Outcome {
    match tokio::time::timeout(within, status(sending)).await {
        Ok(Ok(status)) => Outcome::Answered { status, retry_after: None },
        Ok(Err(error)) => Outcome::Lost(match error.kind() {
            io::ErrorKind::ConnectionRefused => Loss::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Loss::Reset,
            io::ErrorKind::InvalidData => Loss::Malformed,
            _ => Loss::Closed,
        }),
        Err(_) => Outcome::Lost(Loss::TimedOut),
    }
}

async fn status(sending: &Sending) -> io::Result<u16> {
    let url = &sending.url;
    let place = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    let mut stream = TcpStream::connect(place).await?;
    stream.write_all(request(sending).as_bytes()).await?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.trim().parse().ok());
    status.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn request(sending: &Sending) -> String {
    let Sending { method, url, content_type, body } = sending;
    let (target, host) =
        (&url[Position::BeforePath..Position::AfterQuery], &url[Position::BeforeHost..Position::AfterPort]);
    let content_type = content_type.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{content_type}Content-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::{secret::Secret, simulator::behaviour::Behaviour};

    /// What is made of an answer, and what was sent.
    async fn made_of(answer: &'static str) -> (Outcome, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook = format!("http://{}/hook?tenant=1", listener.local_addr().unwrap()).parse().unwrap();
        let sending = Sending::new(&Behaviour::brisk(), &webhook, &Secret::new("key"), "flat");
        let whole = request(&sending);
        let length = whole.len();
        let receiver = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut sent = vec![0; length];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut sent).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(sent).unwrap()
        });
        (send(&sending, Duration::from_secs(20)).await, receiver.await.unwrap())
    }

    #[tokio::test]
    async fn the_first_line_is_all() {
        let answered = |status| Outcome::Answered { status, retry_after: None };
        assert_eq!(made_of("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").await.0, answered(103));
        let (cut, sent) = made_of("HTTP/1.1 200 OK\r\nContent-Len").await;
        assert_eq!(cut, answered(200));
        assert!(sent.starts_with("POST /hook?tenant=1 HTTP/1.1\r\nHost: 127.0.0.1:"), "{sent}");
        assert!(sent.ends_with("\r\n\r\n{\"agencyId\":\"flat\",\"x-api-key\":\"key\"}"), "{sent}");
        assert_eq!(made_of("200 OK\r\n").await.0, Outcome::Lost(Loss::Malformed));
        assert_eq!(made_of("").await.0, Outcome::Lost(Loss::Closed));
    }
}
