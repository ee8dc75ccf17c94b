use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::evidence::{Answered, Arrived, Ended, Record};

/// The longest agencyId that a line shows, in characters.
const LONGEST: usize = 60;

/// Makes a line for a person of each delivery that has ended.
#[derive(Default)]
pub(super) struct Lines {
    open: Mutex<HashMap<u64, Arrived>>,
}

impl Lines {
    /// The line that a record completes.
    pub(super) fn line(&self, record: &Record) -> Option<String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match record {
            Record::Arrived(arrived) => {
                open.insert(arrived.id, Arrived { body: String::new(), headers: Vec::new(), ..(**arrived).clone() });
                None
            }
            Record::Answered(answered) => open.remove(&answered.id).map(|arrived| told(&arrived, answered)),
            Record::Knock(knock) if knock.ended != Ended::Open => {
                Some(format!("{:>10.3} s  {}  {}", knock.at_ms / 1000.0, knock.peer, knock.fault))
            }
            _ => None,
        }
    }
}

fn told(arrived: &Arrived, answered: &Answered) -> String {
    let place = if arrived.canary { "canary" } else { "webhook" };
    let agency = arrived.agency.as_deref().filter(|agency| !agency.is_empty()).unwrap_or("nobody");
    let agency: String = agency.escape_debug().take(LONGEST).collect();
    let key = arrived.key.as_deref().unwrap_or("no key");
    let strange = if arrived.registered_target || arrived.canary {
        String::new()
    } else {
        format!("  not POST to the path: {} {}", arrived.method.escape_debug(), arrived.target.escape_debug())
    };
    let ended = match answered.ended {
        Ended::PeerClosed => ", closed by the peer",
        Ended::PeerReset => ", reset by the peer",
        Ended::Open | Ended::Answered | Ended::WeClosed | Ended::WeReset => "",
    };
    let answer = match (answered.status, answered.fault.as_str()) {
        (0, fault) => fault.to_owned(),
        (status, "") => status.to_string(),
        (status, fault) => format!("{status} {fault}"),
    };
    let (at, took) = (arrived.at_ms / 1000.0, answered.ended_ms - arrived.at_ms);
    format!(
        "{at:>10.3} s  {place}  {agency}  attempt {}  {key}  -> {answer}{ended}  {took:.1} ms{strange}",
        arrived.attempt
    )
}
