use smtp_proto::{
    Error, Request,
    request::receiver::{DataReceiver, RequestReceiver},
};

use super::Envelope;

/// So many recipients does one mail have at most.
const MOST_RECIPIENTS: usize = 100;

/// After so many mistakes a peer is no mail server.
const MOST_MISTAKES: usize = 20;

/// The server's side of one SMTP conversation (RFC 5321), without its socket.
pub(super) struct Session {
    requests: RequestReceiver,
    data: Option<Data>,
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
    mistakes: usize,
    most_bytes: usize,
}

/// A message that is coming in.
struct Data {
    receiver: DataReceiver,
    bytes: Vec<u8>,
    too_large: bool,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    /// To be sent.
    Reply(&'static str),
    /// What this server can do, with the most bytes of a mail.
    Greeting(usize),
    /// A mail that came whole, to be taken or refused.
    Mail(Envelope, Vec<u8>),
    /// To be sent, and then the connection closed.
    Close(&'static str),
}

impl Session {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            requests: RequestReceiver::default(),
            data: None,
            greeted: false,
            from: None,
            to: Vec::new(),
            mistakes: 0,
            most_bytes,
        }
    }

    /// Takes in what the client sent. Chunks should be small: of a mail that is too large no more is kept than one.
    pub(super) fn ingest(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut rest = bytes.iter();
        let mut events = Vec::new();
        loop {
            let event = if self.data.is_some() {
                self.data(&mut rest)
            } else {
                match self.requests.ingest(&mut rest).map(Request::into_owned) {
                    Err(Error::NeedsMoreData { .. }) => return events,
                    Ok(request) => Some(self.command(request)),
                    Err(error) => Some(self.mistake(&error)),
                }
            };
            let Some(event) = event else { return events };
            let ends = matches!(event, Event::Close(_));
            events.push(event);
            if ends {
                return events;
            }
        }
    }

    fn command(&mut self, request: Request<String>) -> Event {
        match request {
            Request::Ehlo { .. } => {
                self.reset();
                self.greeted = true;
                Event::Greeting(self.most_bytes)
            }
            Request::Helo { .. } => {
                self.reset();
                self.greeted = true;
                Event::Reply("250 matchproof")
            }
            Request::Mail { .. } if !self.greeted || self.from.is_some() => {
                Event::Reply("503 bad sequence of commands")
            }
            Request::Mail { from } if from.size > self.most_bytes => Event::Reply("552 the mail is too large"),
            Request::Mail { from } => {
                self.from = Some(from.address);
                Event::Reply("250 go on")
            }
            Request::Rcpt { .. } if self.from.is_none() => Event::Reply("503 bad sequence of commands"),
            Request::Rcpt { .. } if self.to.len() >= MOST_RECIPIENTS => Event::Reply("452 too many recipients"),
            Request::Rcpt { to } => {
                self.to.push(to.address);
                Event::Reply("250 go on")
            }
            Request::Data if self.to.is_empty() => Event::Reply("503 bad sequence of commands"),
            Request::Data => {
                self.data = Some(Data { receiver: DataReceiver::new(), bytes: Vec::new(), too_large: false });
                Event::Reply("354 end with a dot on a line of its own")
            }
            Request::Rset => {
                self.reset();
                Event::Reply("250 begin anew")
            }
            Request::Noop { .. } => Event::Reply("250 still here"),
            Request::Vrfy { .. } => Event::Reply("252 send a mail and see"),
            Request::Quit => Event::Close("221 goodbye"),
            _ => Event::Reply("502 not for a mailbox that only takes mail in"),
        }
    }

    /// Goes on with a message; nothing where more of it is to come.
    fn data(&mut self, rest: &mut std::slice::Iter<'_, u8>) -> Option<Event> {
        let data = self.data.as_mut()?;
        let ended = data.receiver.ingest(rest, &mut data.bytes);
        if data.bytes.len() > self.most_bytes {
            data.too_large = true;
        }
        if data.too_large {
            data.bytes.clear();
        }
        if !ended {
            return None;
        }
        let data = self.data.take()?;
        let envelope = Envelope { from: self.from.take().unwrap_or_default(), to: std::mem::take(&mut self.to) };
        Some(if data.too_large { Event::Reply("552 the mail is too large") } else { Event::Mail(envelope, data.bytes) })
    }

    fn mistake(&mut self, error: &Error) -> Event {
        self.mistakes += 1;
        match error {
            _ if self.mistakes > MOST_MISTAKES => Event::Close("421 too many mistakes"),
            Error::ResponseTooLong => Event::Close("500 the line is too long"),
            Error::UnknownCommand => Event::Reply("500 unknown command"),
            _ => Event::Reply("501 this cannot be read"),
        }
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a conversation comes to.
    fn said(lines: &str) -> Vec<Event> {
        Session::new(100).ingest(lines.replace('\n', "\r\n").as_bytes())
    }

    #[test]
    fn a_mail_is_taken_whole_with_its_envelope_and_without_its_stuffed_dots() {
        let events = said(
            "EHLO a\nMAIL FROM:<no-reply@b.example> SIZE=9\nRCPT TO:<dev@c.example>\nDATA\nS: x\n\n..dot\n.\nQUIT\n",
        );
        let [Event::Greeting(100), _, _, _, Event::Mail(envelope, bytes), Event::Close(bye)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(
            (envelope.from.as_str(), &envelope.to[..]),
            ("no-reply@b.example", &["dev@c.example".to_owned()][..])
        );
        assert_eq!(String::from_utf8_lossy(bytes).trim_end(), "S: x\r\n\r\n.dot");
        assert!(bye.starts_with("221"));
    }

    #[test]
    fn commands_out_of_their_order_and_unknown_ones_are_refused() {
        let codes = |lines| -> Vec<String> {
            let code = |event| match event {
                Event::Reply(text) | Event::Close(text) => text[..3].to_owned(),
                other => format!("{other:?}"),
            };
            said(lines).into_iter().map(code).collect()
        };
        assert_eq!(
            codes("MAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\nDATA\nXYZZY\n"),
            ["503", "503", "503", "500"]
        );
        assert_eq!(codes("HELO a\nSTARTTLS\nVRFY dev\nNOOP\nRSET\n"), ["250", "502", "252", "250", "250"]);
        assert_eq!(codes("HELO a\nMAIL FROM:<a@b.example> SIZE=101\n"), ["250", "552"]);
        assert_eq!(codes(&"XYZZY\n".repeat(30)).last().map(String::as_str), Some("421"));
    }

    #[test]
    fn a_mail_that_is_too_large_is_refused_and_not_kept() {
        let mut session = Session::new(100);
        session.ingest(b"HELO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n");
        for _ in 0..1000 {
            assert_eq!(session.ingest(&[b'x'; 64]), []);
            assert!(session.data.as_ref().is_some_and(|data| data.bytes.len() <= 164));
        }
        assert_eq!(session.ingest(b"\r\n.\r\n"), [Event::Reply("552 the mail is too large")]);
        assert!(matches!(session.ingest(b"NOOP\r\n")[..], [Event::Reply("250 still here")]));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_hang(chunks in proptest::collection::vec(".{0,40}\r?\n?", 0..20)) {
            let mut session = Session::new(100);
            for chunk in chunks {
                session.ingest(chunk.as_bytes());
            }
        }
    }
}
