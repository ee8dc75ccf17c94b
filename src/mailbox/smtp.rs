//! The driver that takes mail by SMTP itself. It passes nothing on, and is bounded in size, number and time.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    MOST_BYTES, Shared, StartError,
    session::{Event, Session},
};

/// So many connections are served at once. Others wait, one of them here and the rest in the system's queue.
const MOST_CONNECTIONS: usize = 64;

/// For so long some may have to wait before it is told that mail may be missed: a sender gives up by itself some time.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a client may be silent (RFC 5321 §4.5.3.2 lets a server wait longer).
const SILENCE: Duration = Duration::from_mins(1);

/// How long a connection may live.
const LONGEST: Duration = Duration::from_mins(10);

/// How long to wait with the next `accept` when the system has no room for another connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// Listens, and serves on tasks that end with what is returned.
pub(super) async fn start(listen: SocketAddr, shared: Arc<Shared>) -> Result<(SocketAddr, JoinSet<()>), StartError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::Taken { address: listen },
        _ => StartError::Listen { address: listen, source },
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(serve(listener, shared));
    Ok((address, tasks))
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    // Connections end with this task, which owns them.
    let mut connections = JoinSet::new();
    let mut crowded_since = None;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let permit = if let Ok(permit) = Arc::clone(&room).try_acquire_owned() {
            crowded_since = None;
            Ok(permit)
        } else {
            let since = *crowded_since.get_or_insert_with(Instant::now);
            let mut leaving = pin!(Arc::clone(&room).acquire_owned());
            if let Ok(permit) = timeout_at(since + PATIENCE, &mut leaving).await {
                permit
            } else {
                shared.misses(format!("{MOST_CONNECTIONS} connections were open at once, and others had to wait"));
                leaving.await
            }
        };
        while connections.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let _permit = permit;
            // A client that goes away is its own affair.
            let _ = timeout(LONGEST, converse(stream, &shared)).await;
        });
    }
}

async fn converse(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.write_all(b"220 matchproof takes mail in and passes none on\r\n").await?;
    let mut session = Session::new(MOST_BYTES);
    let mut chunk = [0; 8 * 1024];
    loop {
        let read = timeout(SILENCE, stream.read(&mut chunk)).await??;
        if read == 0 {
            return Ok(());
        }
        let events = session.ingest(&chunk[..read]);
        let over = events.iter().any(|event| matches!(event, Event::Close(_)));
        let replies: String = events.into_iter().map(|event| reply(event, shared) + "\r\n").collect();
        timeout(SILENCE, stream.write_all(replies.as_bytes())).await??;
        if over {
            return Ok(());
        }
    }
}

/// What is answered to an event; a mail is taken in before it is acknowledged.
fn reply(event: Event, shared: &Shared) -> String {
    match event {
        Event::Reply(text) | Event::Close(text) => text.to_owned(),
        Event::Greeting(most) => {
            format!("250-matchproof\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {most}")
        }
        Event::Mail(envelope, bytes) => {
            let taken = shared.take(&bytes, &envelope);
            if taken { "250 taken" } else { "452 the mailbox is full" }.to_owned()
        }
    }
}
