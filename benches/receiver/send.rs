use std::{error::Error, io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use super::TARGET;

/// The agency whose attempts are answered after 200 ms.
pub(super) const SLOW: &str = "slow-k3v9x2m8q1wz";
const DELAY: Duration = Duration::from_millis(200);
/// Deliveries go to so many agencies in turn.
const AGENCIES: usize = 64;

pub(super) fn agency(number: usize) -> String {
    format!("agency{number:014}")
}

fn delivery(agency: &str) -> Vec<u8> {
    let body = format!(r#"{{"x-api-key":"mh_live_9fQ2xT7vLpR4sW8yBzK3nD6m","agencyId":"{agency}"}}"#);
    let length = body.len();
    format!(
        "POST {TARGET} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// One delivery on a connection that lives on.
async fn deliver(stream: &mut TcpStream, request: &[u8]) -> io::Result<()> {
    stream.write_all(request).await?;
    let mut answer = Vec::with_capacity(256);
    while !answer.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    if answer.starts_with(b"HTTP/1.1 200 ") { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// Sends as fast as it is answered, and prints how fast that was.
#[expect(clippy::cast_precision_loss, reason = "a bench sends far fewer than 2^52")]
pub(super) async fn flood(address: SocketAddr, connections: usize, within: Duration) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let mut all = JoinSet::new();
    for number in 0..connections {
        all.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (request, mut count) = (delivery(&agency(number % AGENCIES)), 0_u64);
            while began.elapsed() < within {
                deliver(&mut stream, &request).await?;
                count += 1;
            }
            io::Result::Ok(count)
        });
    }
    let mut sum = 0;
    while let Some(count) = all.join_next().await {
        sum += count??;
    }
    println!("{:.0} deliveries/s over {connections} connections", sum as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

/// Sends 1,000/s, and prints by how much deliveries beside them miss their delay.
pub(super) async fn keep_delay(address: SocketAddr, within: Duration) -> Result<(), Box<dyn Error>> {
    let mut all = JoinSet::new();
    let began = Instant::now();
    for number in 0..10 {
        all.spawn(paced(address, agency(number), Duration::from_millis(10), began + within));
    }
    let mut slow = JoinSet::new();
    for _ in 0..10 {
        slow.spawn(paced(address, SLOW.into(), DELAY, began + within));
    }
    while let Some(done) = all.join_next().await {
        done??;
    }
    let mut late: Vec<Duration> = Vec::new();
    while let Some(took) = slow.join_next().await {
        late.extend(took??.into_iter().map(|took| took.abs_diff(DELAY)));
    }
    late.sort();
    let at = |percent: usize| late[(late.len() * percent).div_ceil(100).max(1) - 1];
    println!("a delay of 200 ms is missed by {:?} at p50, {:?} at p99, of {}", at(50), at(99), late.len());
    Ok(())
}

/// Delivers at a pace until `ends`, and tells how long each took.
async fn paced(address: SocketAddr, agency: String, pace: Duration, ends: Instant) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (request, mut took, mut ticks) = (delivery(&agency), Vec::new(), interval(pace));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < ends {
        ticks.tick().await;
        let began = Instant::now();
        deliver(&mut stream, &request).await?;
        took.push(began.elapsed());
    }
    Ok(took)
}
