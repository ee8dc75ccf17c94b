use std::{fmt::Write as _, time::Duration};

use super::{
    answer::Answer,
    fault::{Act, Fault},
    request::Head,
    socket::{Gone, Socket},
};
use crate::{clock::Clock, evidence::Ended};

/// How long a request is held at most: longer than any time-out that a sender of webhooks is known to have.
pub(super) const LONGEST_HOLD: Duration = Duration::from_secs(190);

/// How acting on a request came out: an end of ours, or the peer's leaving.
pub(super) type Acted = Result<Ended, Gone>;

/// One request that was read and waits for its answer; faults act through it.
pub(super) struct Exchange<'c> {
    socket: &'c mut Socket,
    clock: &'c Clock,
    /// What the script says.
    pub(super) answer: &'c Answer,
    /// Where a redirect leads: to the canary.
    pub(super) canary: String,
    /// Whether the request was a HEAD, whose answer has no body.
    bodiless: bool,
    /// Whether the connection may carry another request.
    reusable: bool,
    /// Whether the peer has to be told that the connection lives on (HTTP/1.0).
    old: bool,
    status: u16,
    answered_ms: f64,
}

/// What is to be known of an exchange once it has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    /// The status that we sent or began to send; 0 where none was.
    pub(super) status: u16,
    /// When the answer's last byte was handed over; 0 where it was not.
    pub(super) answered_ms: f64,
    pub(super) ended_ms: f64,
    pub(super) ended: Ended,
    /// Whether the connection may carry another request.
    pub(super) reusable: bool,
}

impl<'c> Exchange<'c> {
    pub(super) fn new(
        socket: &'c mut Socket,
        clock: &'c Clock,
        head: &Head,
        answer: &'c Answer,
        canary: String,
    ) -> Self {
        Self {
            socket,
            clock,
            answer,
            canary,
            bodiless: head.method == "HEAD",
            reusable: head.keeps_alive(),
            old: head.old,
            status: 0,
            answered_ms: 0.0,
        }
    }

    /// Answers as the script says.
    pub(super) async fn act(mut self) -> Outcome {
        let acted = match self.answer.fault() {
            // An answer cannot name a fault of another stage.
            Some(Fault { act: Act::Request(act), .. }) => act(&mut self).await,
            _ => self.plain().await,
        };
        let ended = acted.unwrap_or_else(Ended::from);
        Outcome {
            status: self.status,
            answered_ms: self.answered_ms,
            ended_ms: self.clock.now_ms(),
            ended,
            reusable: self.reusable && ended == Ended::Answered,
        }
    }

    async fn plain(&mut self) -> Acted {
        let status = self.answer.status_or(200);
        let body = self.answer.body().unwrap_or_default();
        self.pause(self.answer.delay().0).await?;
        let head = self.head(status, &[], body);
        if status < 200 {
            // An interim answer is never the last (RFC 9110 §15.2); what follows it was not scripted.
            self.send(status, &head).await?;
            return self.hold(LONGEST_HOLD).await;
        }
        let body = if self.has_body(status) { body.as_bytes() } else { &[] };
        match (self.answer.body_delay().0, self.answer.drip()) {
            (Duration::ZERO, None) => self.send(status, &[&head, body].concat()).await?,
            (wait, drip) => {
                self.send(status, &head).await?;
                self.pause(wait).await?;
                self.drip(status, body, drip.unwrap_or_default().0).await?;
            }
        }
        Ok(self.whole())
    }

    /// Waits, and meanwhile sees at once when the peer leaves.
    pub(super) async fn pause(&mut self, length: Duration) -> Result<(), Gone> {
        self.socket.pause(length).await
    }

    /// Sends bytes of an answer with this status.
    pub(super) async fn send(&mut self, status: u16, bytes: &[u8]) -> Result<(), Gone> {
        self.status = status;
        self.socket.send(bytes).await
    }

    /// Sends bytes of an answer with this status one by one, each after the time that a byte takes.
    pub(super) async fn drip(&mut self, status: u16, bytes: &[u8], each: Duration) -> Result<(), Gone> {
        if each.is_zero() {
            return self.send(status, bytes).await;
        }
        for byte in bytes {
            self.pause(each).await?;
            self.send(status, std::slice::from_ref(byte)).await?;
        }
        Ok(())
    }

    /// The answer is whole.
    pub(super) fn whole(&mut self) -> Ended {
        self.answered_ms = self.clock.now_ms();
        Ended::Answered
    }

    /// The answer is whole, and nothing follows it on this connection, which ends with our FIN.
    pub(super) fn whole_and_last(&mut self) -> Ended {
        self.reusable = false;
        self.whole()
    }

    /// For how long a request is held at most.
    pub(super) fn longest_hold(&self) -> Duration {
        self.answer.hold().map_or(LONGEST_HOLD, |hold| hold.0)
    }

    /// Holds the request until the peer leaves, and closes after as long as the script says.
    pub(super) async fn hold_as_told(&mut self) -> Acted {
        self.hold(self.longest_hold()).await
    }

    /// Holds the request until the peer leaves, and closes after `length`.
    pub(super) async fn hold(&mut self, length: Duration) -> Acted {
        self.pause(length).await?;
        Ok(self.close().await)
    }

    /// Closes (FIN) whatever was sent so far.
    pub(super) async fn close(&mut self) -> Ended {
        self.socket.finish().await;
        Ended::WeClosed
    }

    /// Resets (RST) whatever was sent so far.
    pub(super) fn reset(&mut self) -> Ended {
        self.socket.reset();
        Ended::WeReset
    }

    /// Status line and headers of an answer: the script's own, then `more`, then those that HTTP needs.
    pub(super) fn head(&mut self, status: u16, more: &[(&str, &str)], body: &str) -> Vec<u8> {
        self.head_of(status, more, Some(body.len()))
    }

    /// The same, without a word on where the body ends.
    pub(super) fn unframed_head(&mut self, status: u16, more: &[(&str, &str)]) -> Vec<u8> {
        self.head_of(status, more, None)
    }

    fn head_of(&mut self, status: u16, more: &[(&str, &str)], length: Option<usize>) -> Vec<u8> {
        let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let mut head = format!("HTTP/1.1 {status} {}\r\n", reason.unwrap_or_default());
        let scripted = self.answer.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let (mut framed, mut dated) = (status < 200 || status == 204, status < 200);
        for (name, value) in scripted.chain(more.iter().copied()) {
            let _ = write!(head, "{name}: {value}\r\n");
            if ["content-length", "transfer-encoding", "connection"].iter().any(|own| name.eq_ignore_ascii_case(own)) {
                // Whoever frames an answer himself may frame it wrongly: nothing can follow it.
                self.reusable = false;
                framed |= !name.eq_ignore_ascii_case("connection");
            }
            dated |= name.eq_ignore_ascii_case("date");
        }
        if !dated {
            let _ = write!(head, "Date: {}\r\n", httpdate::fmt_http_date(std::time::SystemTime::now()));
        }
        if let Some(length) = length.filter(|_| !framed) {
            let _ = write!(head, "Content-Length: {length}\r\n");
        }
        if self.old && self.reusable {
            head.push_str("Connection: keep-alive\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// A whole answer: its head, and its body where it has one.
    pub(super) fn compose(&mut self, status: u16, more: &[(&str, &str)], body: &str) -> Vec<u8> {
        let mut answer = self.head(status, more, body);
        if self.has_body(status) {
            answer.extend_from_slice(body.as_bytes());
        }
        answer
    }

    /// Whether an answer with this status carries its body (RFC 9112 §6.3).
    fn has_body(&self, status: u16) -> bool {
        !(self.bodiless || status < 200 || status == 204 || status == 304)
    }
}
