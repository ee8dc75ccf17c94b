//! A server that is far cheaper than any generator: it finds where a request ends, and answers with the same bytes always.

use std::{
    cell::{Cell, RefCell},
    error::Error,
    io,
    net::Ipv4Addr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpStream},
    task::LocalSet,
};

const ANSWER: &[u8] =
    b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{\"id\":\"12\"}";
/// What is not counted, and answered with the number of requests so far.
const COUNT: &[u8] = b"GET /count ";

/// How it answers.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// After how long.
    pub(crate) delay: Duration,
    /// How long it answers nothing, at the end of each `every`.
    pub(crate) stall: Duration,
    /// How often; never where it is 0. It counts from the first request.
    pub(crate) every: Duration,
}

impl Manner {
    /// How long an answer waits that could be given so long after the first request.
    fn wait(&self, since: Duration) -> Duration {
        if self.every.is_zero() {
            return Duration::ZERO;
        }
        let left = self.every.as_nanos() - since.as_nanos() % self.every.as_nanos();
        let left = Duration::from_nanos(u64::try_from(left).unwrap_or(0));
        if left <= self.stall { left } else { Duration::ZERO }
    }
}

#[derive(Default)]
struct Seen {
    requests: Cell<u64>,
    first: Cell<Option<Instant>>,
    /// Whether a stall is on.
    stalled: Cell<bool>,
    /// Whom it holds up.
    held: RefCell<Vec<Rc<TcpStream>>>,
}

impl Seen {
    async fn end_stall(self: Rc<Self>, at: Instant) {
        exactly(at).await;
        self.stalled.set(false);
        // To answer 500 takes some milliseconds in which no generator can help it. Whoever waited longest is answered last, so
        // that it is least beside what each has waited.
        for stream in self.held.take().into_iter().rev() {
            // Who has left needs no answer, and nobody's buffer is full who waits for this one.
            let _ = stream.try_write(ANSWER);
        }
    }
}

/// Waits until a moment, on the microsecond. The runtime's timers are up to a millisecond late, which would be told of the generator.
async fn exactly(at: Instant) {
    if let Some(most) = at.checked_sub(Duration::from_millis(2)) {
        tokio::time::sleep_until(most.into()).await;
    }
    while Instant::now() < at {
        tokio::task::yield_now().await;
    }
}

/// Serves until it is killed.
pub(crate) async fn serve(port: u16, manner: Manner) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let seen = Rc::new(Seen::default());
    let serving = async {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::task::spawn_local(talk(stream, manner, Rc::clone(&seen)));
        }
    };
    LocalSet::new().run_until(serving).await
}

async fn talk(stream: TcpStream, manner: Manner, seen: Rc<Seen>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (stream, mut text) = (Rc::new(stream), Vec::with_capacity(8192));
    while read(&stream, &mut text).await? > 0 {
        while let Some(length) = request(&text).filter(|length| *length <= text.len()) {
            let is_count = text.starts_with(COUNT);
            text.drain(..length);
            if is_count {
                let count = seen.requests.get().to_string();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{count}", count.len());
                write(&stream, answer.as_bytes()).await?;
                continue;
            }
            seen.requests.set(seen.requests.get() + 1);
            if !manner.delay.is_zero() {
                exactly(Instant::now() + manner.delay).await;
            }
            if manner.every.is_zero() || !hold(&stream, manner, &seen) {
                write(&stream, ANSWER).await?;
            }
        }
    }
    Ok(())
}

/// Whether a stall is on, at the end of which an answer is sent.
fn hold(stream: &Rc<TcpStream>, manner: Manner, seen: &Rc<Seen>) -> bool {
    let first = seen.first.get().unwrap_or_else(Instant::now);
    seen.first.set(Some(first));
    let wait = manner.wait(first.elapsed());
    if wait.is_zero() {
        return false;
    }
    if !seen.stalled.replace(true) {
        tokio::task::spawn_local(Rc::clone(seen).end_stall(Instant::now() + wait));
    }
    seen.held.borrow_mut().push(Rc::clone(stream));
    true
}

async fn read(stream: &TcpStream, text: &mut Vec<u8>) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read_buf(text) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How long the first request is, once its head is there.
fn request(text: &[u8]) -> Option<usize> {
    let head = text.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(&text[..head]).ok()?.split("\r\n").filter_map(|line| line.split_once(':'));
    let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Some(head + 4 + length.map_or(0, |(_, length)| length.trim().parse().unwrap_or(0)))
}
