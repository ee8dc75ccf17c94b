//! Fast server: ls PORT [stall_ms every_ms] [delay_ms]
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let a: Vec<u64> = std::env::args().skip(1).map(|x| x.parse().unwrap()).collect();
    let l = TcpListener::bind(("127.0.0.1", a[0] as u16)).await.unwrap();
    let (stall, every, delay) =
        (a.get(1).copied().unwrap_or(0), a.get(2).copied().unwrap_or(0), a.get(3).copied().unwrap_or(0));
    let t0 = Instant::now();
    loop {
        let (mut s, _) = l.accept().await.unwrap();
        s.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            let mut buf = vec![0u8; 65536];
            let mut have = 0;
            loop {
                let n = match s.read(&mut buf[have..]).await {
                    Ok(0) | Err(_) => return,
                    Ok(n) => n,
                };
                have += n;
                while let Some(h) = find(&buf[..have]) {
                    let head = &buf[..h];
                    let len = cl(head);
                    if have < h + 4 + len {
                        break;
                    }
                    buf.copy_within(h + 4 + len..have, 0);
                    have -= h + 4 + len;
                    if delay > 0 {
                        tokio::time::sleep(Duration::from_millis(delay)).await;
                    }
                    if every > 0 {
                        let now = t0.elapsed().as_millis() as u64 % every;
                        if now >= every - stall {
                            tokio::time::sleep(Duration::from_millis(every - now)).await;
                        }
                    }
                    if s.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 11\r\ncontent-type: application/json\r\n\r\n{\"id\":\"12\"}").await.is_err() { return; }
                }
            }
        });
    }
}
fn find(b: &[u8]) -> Option<usize> {
    b.windows(4).position(|w| w == b"\r\n\r\n")
}
fn cl(h: &[u8]) -> usize {
    let s = unsafe_free(h);
    for line in s.split("\r\n") {
        if let Some((k, v)) = line.split_once(':') {
            if k.eq_ignore_ascii_case("content-length") {
                return v.trim().parse().unwrap_or(0);
            }
        }
    }
    0
}
fn unsafe_free(h: &[u8]) -> &str {
    std::str::from_utf8(h).unwrap_or("")
}
