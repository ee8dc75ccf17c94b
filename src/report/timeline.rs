use std::collections::BTreeSet;

use super::{Attempt, Stray, Timeline, Unclaimed};
use crate::{
    evidence::{Answered, Delivery, Ended, Evidence},
    verdict::{Judgement, Verdict},
};

/// More than these tell a reader nothing new.
const MOST_ATTEMPTS: usize = 12;
const MOST_TIMELINES: usize = 40;
const MOST_STRAYS: usize = 5;

/// The timelines of the deliveries on which a verdict worse than pass rests.
pub(super) fn timelines(judgements: &[Judgement], evidence: &Evidence) -> Vec<Timeline> {
    let agencies: BTreeSet<&str> = judgements
        .iter()
        .filter(|judgement| judgement.verdict > Verdict::Pass)
        .flat_map(|judgement| &judgement.evidence)
        .filter_map(|id| evidence.deliveries.get(id)?.arrived.agency.as_deref())
        .collect();
    agencies.into_iter().take(MOST_TIMELINES).map(|agency| timeline(agency, evidence)).collect()
}

fn timeline(id: &str, evidence: &Evidence) -> Timeline {
    let deliveries: Vec<&Delivery> = evidence.deliveries_of(id).collect();
    let first = deliveries.first().map_or(0.0, |delivery| delivery.arrived.at_ms);
    let attempt = |delivery: &&Delivery| Attempt {
        id: delivery.arrived.id,
        offset_ms: delivery.arrived.at_ms - first,
        answer: answer(&delivery.answered),
    };
    let agency = evidence.agencies.iter().find(|agency| agency.id == id);
    Timeline {
        scenario: agency.map(|agency| agency.scenario.clone()).unwrap_or_default(),
        agency: agency.map_or_else(|| id.to_owned(), |agency| agency.name.clone()),
        count: deliveries.len(),
        attempts: deliveries.iter().take(MOST_ATTEMPTS).map(attempt).collect(),
    }
}

/// What we answered to an attempt, in a word or two.
fn answer(answered: &Answered) -> String {
    let end = match answered.ended {
        Ended::PeerClosed => ", closed by the peer",
        Ended::PeerReset => ", reset by the peer",
        Ended::Open | Ended::Answered | Ended::WeClosed | Ended::WeReset => "",
    };
    let answer = match (answered.status, answered.fault.as_str()) {
        (0, "") => "no answer".to_owned(),
        (0, fault) => fault.to_owned(),
        (status, "") => status.to_string(),
        (status, fault) => format!("{status} {fault}"),
    };
    answer + end
}

/// The webhook attempts that belong to no agency of this run.
pub(super) fn unclaimed(evidence: &Evidence) -> Unclaimed {
    let strays = || evidence.deliveries.values().filter(|delivery| delivery.arrived.agency.is_none());
    let stray = |delivery: &Delivery| Stray {
        at_ms: delivery.arrived.at_ms,
        method: delivery.arrived.method.clone(),
        target: delivery.arrived.target.clone(),
        peer: delivery.arrived.peer.clone(),
    };
    Unclaimed { count: strays().count(), first: strays().take(MOST_STRAYS).map(stray).collect() }
}
