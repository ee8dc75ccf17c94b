use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{
    Shared,
    answer::Answer,
    capture::{Captured, Incoming},
    exchange::{Exchange, Outcome},
    request::{Body, Head, Unreadable},
    socket::{Gone, Socket},
};
use crate::{
    clock::milliseconds,
    evidence::{Answered, Record},
};

/// How long a connection may rest between two requests.
const IDLE_WITHIN: Duration = Duration::from_mins(2);
/// How long a head may take from its first byte on.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a body may rest between two of its bytes.
const BODY_WITHIN: Duration = Duration::from_mins(1);

/// One connection of a sender, from its acceptance to its end.
pub(super) struct Connection {
    shared: Arc<Shared>,
    number: u64,
    peer: SocketAddr,
    canary: bool,
    /// Where a redirect leads a sender that came by this connection.
    canary_host: SocketAddr,
    socket: Socket,
}

/// What came of reading one request.
enum Read {
    Whole(Head, Body),
    /// Nothing further can be read; the body so far, where there was one.
    Unreadable(Unreadable, Option<(Head, Body)>),
    /// The peer left, or rested too long, between requests or in the middle of one.
    Over {
        torn: bool,
    },
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr, canary: bool) -> Self {
        let number = shared.recorder.number();
        // Whoever reached us under this address can reach the canary under it as well.
        let ip = stream.local_addr().map_or(shared.canary.ip(), |local| local.ip());
        let canary_host = SocketAddr::new(ip, shared.canary.port());
        let socket = Socket::new(stream, Arc::clone(&shared.timer));
        Self { shared, number, peer, canary, canary_host, socket }
    }

    /// Answers request after request until either side ends it.
    pub(super) async fn serve(mut self) {
        loop {
            let again = match self.read().await {
                Read::Whole(head, body) => self.answer(&head, &body).await,
                Read::Unreadable(why, request) => {
                    self.refuse(why, request).await;
                    false
                }
                Read::Over { torn } => {
                    if torn {
                        self.shared.ledger.unreadable();
                    }
                    false
                }
            };
            if !again {
                return self.socket.close().await;
            }
            self.socket.next_request();
        }
    }

    async fn read(&mut self) -> Read {
        if self.socket.buffer.is_empty() {
            let mut disturbed = self.shared.knocks.disturbed();
            // Whoever comes back while the receiver is disturbed has to connect anew.
            let came = tokio::select! {
                came = timeout(IDLE_WITHIN, self.socket.fill()) => matches!(came, Ok(Ok(()))),
                _ = disturbed.wait_for(|disturbed| *disturbed), if !self.canary => false,
            };
            if !came {
                return Read::Over { torn: false };
            }
        }
        let deadline = Instant::now() + HEAD_WITHIN;
        let head = loop {
            match Head::take(&mut self.socket.buffer) {
                Ok(Some(head)) => break head,
                Ok(None) => {}
                Err(why) => return Read::Unreadable(why, None),
            }
            if !matches!(tokio::time::timeout_at(deadline, self.socket.fill()).await, Ok(Ok(()))) {
                return Read::Over { torn: self.socket.buffer.iter().any(|byte| !b"\r\n".contains(byte)) };
            }
        };
        match self.read_body(&head).await {
            Ok(Ok(body)) => Read::Whole(head, body),
            Ok(Err((why, body))) => Read::Unreadable(why, Some((head, body))),
            Err(Gone::Closed | Gone::Reset) => Read::Over { torn: true },
        }
    }

    async fn read_body(&mut self, head: &Head) -> Result<Result<Body, (Unreadable, Body)>, Gone> {
        let mut body = Body::default();
        let mut framing = match head.framing() {
            Ok(framing) => framing,
            Err(why) => return Ok(Err((why, body))),
        };
        if head.expects_continue() && !framing.is_empty() && self.socket.buffer.is_empty() {
            self.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        loop {
            match framing.take(&mut self.socket.buffer, &mut body) {
                Ok(true) => return Ok(Ok(body)),
                Ok(false) => timeout(BODY_WITHIN, self.socket.fill()).await.map_err(|_| Gone::Closed)??,
                Err(why) => return Ok(Err((why, body))),
            }
        }
    }

    /// Records a request and answers it; whether the connection may carry another.
    async fn answer(&mut self, head: &Head, body: &Body) -> bool {
        if let Some(answer) = self.shared.probes.answer(head) {
            return self.socket.send(&answer).await.is_ok() && head.keeps_alive();
        }
        let (captured, open) = self.capture(head, body);
        self.act(head, &captured.admitted.answer, &captured, open).await
    }

    /// Tells the peer why its request cannot be read. One whose head was read and whose body is too large is recorded.
    async fn refuse(&mut self, why: Unreadable, request: Option<(Head, Body)>) {
        match request {
            Some((head, body)) if why == Unreadable::BodyTooLarge => {
                let (captured, open) = self.capture(&head, &body);
                self.act(&head, &Answer::status(why.status()), &captured, open).await;
            }
            _ => {
                self.shared.ledger.unreadable();
                let status = why.status();
                let answer = format!("HTTP/1.1 {status} \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = self.socket.send(answer.as_bytes()).await;
            }
        }
    }

    fn capture(&self, head: &Head, body: &Body) -> (Captured, Open) {
        let clock = self.shared.recorder.clock();
        let now = Instant::now();
        let ms_of = |moment: Instant| milliseconds(clock.now().saturating_sub(now.saturating_duration_since(moment)));
        let captured = self.shared.capture(&Incoming {
            connection: self.number,
            peer: self.peer.to_string(),
            canary: self.canary,
            at_ms: ms_of(self.socket.first_read),
            read_ms: ms_of(self.socket.last_read),
            head,
            body,
        });
        let open = Open {
            shared: Arc::clone(&self.shared),
            agency: captured.agency.clone(),
            id: captured.admitted.id,
            is_recorded: captured.is_recorded,
            outcome: None,
        };
        (captured, open)
    }

    async fn act(&mut self, head: &Head, answer: &Answer, captured: &Captured, mut open: Open) -> bool {
        let canary = self.shared.canary_for(self.canary_host, captured.agency.as_deref());
        let clock = self.shared.recorder.clock();
        let outcome = Exchange::new(&mut self.socket, clock, head, answer, canary).act().await;
        open.close(answer, outcome);
        outcome.reusable
    }
}

/// An exchange that is being answered. Its end is noted even where the receiver is stopped in the midst of it.
struct Open {
    shared: Arc<Shared>,
    agency: Option<String>,
    id: u64,
    is_recorded: bool,
    outcome: Option<Outcome>,
}

impl Open {
    fn close(&mut self, answer: &Answer, outcome: Outcome) {
        if self.is_recorded {
            self.shared.recorder.record(Record::Answered(Answered {
                id: self.id,
                status: outcome.status,
                fault: answer.fault().map(|fault| fault.name.to_owned()).unwrap_or_default(),
                connection_fault: answer.fault().is_some_and(|fault| fault.connection_fault),
                answered_ms: outcome.answered_ms,
                ended_ms: outcome.ended_ms,
                ended: outcome.ended,
            }));
        }
        self.outcome = Some(outcome);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let now_ms = self.shared.recorder.now_ms();
        self.shared.ledger.ended(self.agency.as_deref(), self.id, self.outcome.as_ref(), now_ms);
    }
}
