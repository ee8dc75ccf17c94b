//! The faults that the receiver can show, one file each.
//!
//! To add one, write its file and add its row to [`FAULTS`]; the schema, the scenario language and lists follow from it.

mod close;
mod close_mid_answer;
mod never_answer;
mod redirect;
mod reset;
mod reset_mid_answer;
mod slow;

use std::sync::LazyLock;

use futures::future::BoxFuture;

use super::exchange::{Acted, Exchange};

/// Trouble that the receiver makes in place of a plain answer.
pub struct Fault {
    /// Its name in scenarios.
    pub name: &'static str,
    /// What it does, for a reader of lists.
    pub summary: &'static str,
    /// When it acts.
    pub stage: Stage,
    /// Whether it breaks the connection, after which a sender may re-send of itself.
    pub connection_fault: bool,
    /// The keys of an answer that may stand beside it.
    pub arguments: &'static [&'static str],
    /// The statuses that it can have; empty where any can, or none is sent.
    pub statuses: &'static [u16],
    pub(super) act: Act,
}

/// What a fault of the request stage does.
pub(super) type Act = for<'e, 'c> fn(&'e mut Exchange<'c>) -> BoxFuture<'e, Acted>;

/// When a fault acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Once a request was read, so that it can be for one agency alone.
    Request,
    /// Before anything was read, so that it is for whoever connects.
    Accept,
}

/// All faults, in the order in which lists show them.
pub const FAULTS: &[&Fault] = &[
    &never_answer::FAULT,
    &slow::FAULT,
    &close::FAULT,
    &reset::FAULT,
    &close_mid_answer::FAULT,
    &reset_mid_answer::FAULT,
    &redirect::FAULT,
];

impl Fault {
    /// The fault of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Fault> {
        FAULTS.iter().copied().find(|fault| fault.name == name)
    }

    /// The names of all faults.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| FAULTS.iter().map(|fault| fault.name).collect());
        &NAMES
    }
}

/// What an answer that is cut in its middle says where the script gives it no body.
const CUT_BODY: &str = "The receiver was told to cut this answer.\n";

/// Sends the head of the answer and the first half of its body, and leaves the peer time to take them in.
async fn send_half(exchange: &mut Exchange<'_>) -> Result<(), super::socket::Gone> {
    exchange.pause(exchange.answer.delay().0).await?;
    let status = exchange.answer.status_or(200);
    let body = exchange.answer.body().unwrap_or(CUT_BODY);
    let head = exchange.head(status, &[], body);
    exchange.send(status, &[&head, &body.as_bytes()[..body.len() / 2]].concat()).await?;
    exchange.pause(std::time::Duration::from_millis(20)).await
}
