//! How a step ended, as the figures tell it apart.

use std::{borrow::Cow, time::Duration};

use http::StatusCode;
use jiff::Timestamp;

use super::connection::{Answer, Trouble};
use crate::wire::told_wait_in;

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// With a 2xx, and with all in it that the step needs.
    Done,
    /// With a 429; and how long it said to wait, where it said so.
    Limited(Option<Duration>),
    /// With another status than 2xx.
    Status(StatusCode),
    /// With a 2xx in which something is missing.
    Unreadable(&'static str),
    /// Without a whole answer.
    Trouble(Trouble),
}

impl Outcome {
    /// The outcome that an answer is, by its status.
    pub(crate) fn of(answer: &Result<Answer, Trouble>) -> Self {
        match answer {
            Err(trouble) => Outcome::Trouble(*trouble),
            Ok(answer) if answer.status.is_success() => Outcome::Done,
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                Outcome::Limited(told_wait_in(&answer.headers, Timestamp::now()))
            }
            Ok(answer) => Outcome::Status(answer.status),
        }
    }

    /// The name under which it is counted as an error.
    pub(crate) fn word(&self) -> Cow<'static, str> {
        match self {
            Outcome::Done => "done".into(),
            Outcome::Limited(_) => "429".into(),
            Outcome::Status(status) => status.as_str().to_owned().into(),
            Outcome::Unreadable(what) => (*what).into(),
            Outcome::Trouble(trouble) => trouble.word().into(),
        }
    }

    /// Whether its time says how fast the target is: a time-out does, an error that comes fast does not.
    pub(crate) fn tells_time(&self) -> bool {
        matches!(self, Outcome::Done | Outcome::Trouble(Trouble::TimedOut))
    }
}
