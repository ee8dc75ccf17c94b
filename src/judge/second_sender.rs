use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{Delivery, Evidence};

/// Among fewer deliveries nobody tells what is usual.
const ENOUGH: usize = 10;
/// What at least this share of all deliveries has in common is the platform's own way.
const USUAL: f64 = 0.9;

/// The numbers of deliveries that somebody else than the platform may have sent, with what sets them apart.
pub(super) type Strangers = BTreeMap<u64, String>;

/// The strangers of a run: nearly all others share a peer, a user agent and a set of headers, and they do not.
///
/// Nothing in the protocol lets one tell a forged delivery for sure: such ones accuse nobody, and prove nothing.
pub(super) fn strangers(evidence: &Evidence) -> Strangers {
    let deliveries: Vec<&Delivery> = evidence
        .deliveries
        .values()
        .filter(|delivery| !delivery.arrived.canary && delivery.arrived.agency.is_some())
        .collect();
    let mut strangers = Strangers::new();
    for (what, trait_of) in TRAITS {
        let traits: Vec<String> = deliveries.iter().map(|delivery| trait_of(delivery)).collect();
        let Some(usual) = usual(&traits) else { continue };
        let others = deliveries.iter().zip(&traits).filter(|(_, own)| *own != usual);
        strangers.extend(others.map(|(delivery, _)| (delivery.arrived.id, (*what).to_owned())));
    }
    strangers
}

type Trait = (&'static str, fn(&Delivery) -> String);

const TRAITS: &[Trait] = &[
    ("headers", |delivery| {
        let names = delivery.arrived.headers.iter().map(|header| header.name.to_ascii_lowercase());
        names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
    }),
    ("user agent", |delivery| {
        let agent = delivery.arrived.headers.iter().find(|header| header.name.eq_ignore_ascii_case("user-agent"));
        agent.map(|header| header.value.clone()).unwrap_or_default()
    }),
    ("peer", |delivery| {
        let peer = &delivery.arrived.peer;
        peer.rsplit_once(':').map_or(peer.as_str(), |(host, _)| host).to_owned()
    }),
];

/// What nearly all have in common.
#[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 deliveries")]
fn usual(traits: &[String]) -> Option<&String> {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for own in traits {
        *counts.entry(own).or_default() += 1;
    }
    let (usual, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (traits.len() >= ENOUGH && count as f64 >= USUAL * traits.len() as f64).then_some(usual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Arrived, Header, Record};

    fn evidence(deliveries: &[(&str, &str, &[&str])]) -> Evidence {
        let mut evidence = Evidence::default();
        for (id, (peer, agent, names)) in (1..).zip(deliveries) {
            let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
            let headers = names.iter().map(|name| header(name, "x")).chain([header("User-Agent", agent)]).collect();
            let (peer, agency) = ((*peer).to_owned(), Some("a".to_owned()));
            let arrived = Arrived { id, peer, agency, headers, ..Arrived::default() };
            evidence.take(Record::Arrived(Box::new(arrived)));
        }
        evidence
    }

    const USUAL: (&str, &str, &[&str]) = ("10.0.0.1:4000", "Matchouse", &["Host", "Content-Type"]);

    #[test]
    fn who_differs_from_all_others_is_a_stranger() {
        for (odd, what) in [
            (("10.0.0.9:4000", "Matchouse", USUAL.2), "peer"),
            (("10.0.0.1:4001", "curl", USUAL.2), "user agent"),
            (("10.0.0.1:4001", "Matchouse", &["Host"][..]), "headers"),
        ] {
            let mut all = vec![USUAL; 10];
            all.push(odd);
            assert_eq!(strangers(&evidence(&all)), BTreeMap::from([(11, what.to_owned())]));
        }
    }

    #[test]
    fn a_sender_of_several_ways_or_of_few_deliveries_is_no_stranger_to_itself() {
        let retry: (&str, &str, &[&str]) = ("10.0.0.2:1", "Matchouse", &["Host", "X-Attempt"]);
        let mut mixed = vec![USUAL; 10];
        mixed.extend([retry; 3]);
        assert!(strangers(&evidence(&mixed)).is_empty());
        assert!(strangers(&evidence(&[USUAL, USUAL, retry])).is_empty());
        assert!(strangers(&evidence(&[])).is_empty());
    }
}
