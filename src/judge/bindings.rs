use std::collections::BTreeMap;

use serde_json::Value;

use crate::evidence::{Delivery, Evidence, Mail};

/// The names of one scenario with what they stand for, records of the evidence put in their places.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    /// The values.
    pub(super) values: BTreeMap<String, Value>,
    /// For each name, the numbers of the exchanges and deliveries in it.
    pub(super) sources: BTreeMap<String, Vec<u64>>,
    /// For each name of deliveries or mails, what was listened for.
    pub(super) watches: BTreeMap<String, Watch>,
    /// The records within the values; each of them says under [`AT`] which of these it is.
    pub(super) elements: Vec<Element>,
}

/// The attribute of a record within bound values that says which of [`Bindings::elements`] it is. No expression can name it.
pub(super) const AT: &str = "$at";

/// The fact by which a step tells one of several records from the others, in words. No expression sees it.
pub const WHICH: &str = "$which";

/// A record within the values of a scenario's names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Element {
    /// How an expression would reach it, such as `calls[3].call`.
    pub(super) name: String,
    /// What tells it from its like, in words.
    pub(super) which: Option<String>,
    /// The numbers of the exchanges and deliveries in it.
    pub(super) sources: Vec<u64>,
}

/// What is listened for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// Deliveries at the receiver.
    Deliveries,
    /// E-mails to the developer.
    Mails,
}

/// What a name of deliveries or mails was listening for.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// Which of the two.
    pub subject: Subject,
    /// The agencyIds; of mails none where those are meant that name no agency.
    pub agencies: Vec<String>,
    /// From when on a delivery could be expected, in milliseconds of the run's clock.
    pub since_ms: f64,
    /// Until when deliveries count; nothing while the run goes on.
    pub until_ms: Option<f64>,
    /// How many policy attempts of one agency are too few to fail at once.
    pub at_most: Option<u64>,
    /// Whether the canary's deliveries are meant.
    pub canary: bool,
}

impl Watch {
    /// What the value of a [`crate::evidence::Bound`] says, if it is about deliveries or mails.
    #[must_use]
    pub fn from_bound(value: &Value) -> Option<Watch> {
        let (subject, agencies) = match (value.get("$deliveries"), value.get("$mails")) {
            (Some(agencies), _) => (Subject::Deliveries, agencies),
            (None, Some(agencies)) => (Subject::Mails, agencies),
            (None, None) => return None,
        };
        let agencies = match agencies {
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::String(id) => vec![id.clone()],
            _ => Vec::new(),
        };
        Some(Watch {
            subject,
            agencies,
            since_ms: value["since_ms"].as_f64().unwrap_or_default(),
            until_ms: value["until_ms"].as_f64(),
            at_most: value["at_most"].as_u64(),
            canary: value["canary"].as_bool().unwrap_or_default(),
        })
    }

    /// The mails that name one of the agencies, or where none is meant those that name none.
    pub fn mails<'e>(&'e self, evidence: &'e Evidence) -> impl Iterator<Item = &'e Mail> {
        evidence.mails.values().filter(|mail| {
            let named = mail.agencies.iter().any(|agency| self.agencies.contains(agency))
                || self.agencies.is_empty() && mail.agencies.is_empty();
            named && self.until_ms.is_none_or(|until| mail.at_ms <= until)
        })
    }

    /// The deliveries of one of the agencies.
    pub fn deliveries<'e>(&'e self, evidence: &'e Evidence, agency: &'e str) -> impl Iterator<Item = &'e Delivery> {
        evidence.deliveries_of(agency).filter(move |delivery| {
            let arrived = &delivery.arrived;
            arrived.canary == self.canary && self.until_ms.is_none_or(|until| arrived.at_ms <= until)
        })
    }
}

impl Bindings {
    /// The names that `scenario` bound in this run.
    pub(super) fn of(scenario: &str, evidence: &Evidence) -> Self {
        let mut bindings = Self::default();
        for bound in evidence.bound.iter().filter(|bound| bound.scenario == scenario) {
            let mut resolver = Resolver { evidence, sources: Vec::new(), elements: Some(&mut bindings.elements) };
            let value = resolver.resolve(&bound.value, &bound.name, true);
            let sources = resolver.sources;
            if let Some(watch) = Watch::from_bound(&bound.value) {
                bindings.watches.insert(bound.name.clone(), watch);
            }
            bindings.values.insert(bound.name.clone(), value);
            bindings.sources.insert(bound.name.clone(), sources);
        }
        bindings
    }
}

/// `value`, as a step bound it, with every reference to a record replaced by the record.
#[must_use]
pub fn resolve(value: &Value, evidence: &Evidence) -> Value {
    Resolver { evidence, sources: Vec::new(), elements: None }.resolve(value, "", true)
}

/// A JSON value without the marks by which its records are told apart.
pub(super) fn unmarked(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove(AT);
            map.values_mut().for_each(unmarked);
        }
        Value::Array(items) => items.iter_mut().for_each(unmarked),
        _ => {}
    }
}

struct Resolver<'a> {
    evidence: &'a Evidence,
    /// The numbers of the records met so far.
    sources: Vec<u64>,
    /// Where records are noted; nothing where they are not to be marked.
    elements: Option<&'a mut Vec<Element>>,
}

impl Resolver<'_> {
    /// The value that stands at `path`; `outermost` where it is what a name stands for, or an item of that.
    fn resolve(&mut self, value: &Value, path: &str, outermost: bool) -> Value {
        match value {
            Value::Object(map) => match Watch::from_bound(value) {
                Some(watch) if watch.subject == Subject::Mails => self.mails(&watch, path),
                Some(watch) => self.deliveries(&watch, path),
                None => self.record(map, path, outermost),
            },
            Value::Array(items) => {
                let item = |(at, item)| self.resolve(item, &format!("{path}[{at}]"), outermost);
                items.iter().enumerate().map(item).collect()
            }
            other => other.clone(),
        }
    }

    fn deliveries(&mut self, watch: &Watch, path: &str) -> Value {
        let evidence = self.evidence;
        let mut deliveries: Vec<&Delivery> =
            watch.agencies.iter().flat_map(|agency| watch.deliveries(evidence, agency)).collect();
        deliveries.sort_by_key(|delivery| delivery.arrived.id);
        let one = |(at, delivery): (usize, &Delivery)| {
            let arrived = &delivery.arrived;
            let known = evidence.agencies.iter().find(|agency| Some(&agency.id) == arrived.agency.as_ref());
            let whose = known.map_or("nobody", |agency| &agency.name);
            let which = format!("attempt {} for {whose}", arrived.attempt);
            self.sources.push(arrived.id);
            self.marked(to_json(delivery), format!("{path}[{at}]"), Some(which), vec![arrived.id])
        };
        deliveries.into_iter().enumerate().map(one).collect()
    }

    fn mails(&mut self, watch: &Watch, path: &str) -> Value {
        let evidence = self.evidence;
        let one = |(at, mail): (usize, &Mail)| {
            let known = evidence.agencies.iter().filter(|agency| mail.agencies.contains(&agency.id));
            let named: Vec<&str> = known.map(|agency| agency.name.as_str()).collect();
            let which =
                if named.is_empty() { "mail about nobody".into() } else { format!("mail about {}", named.join(", ")) };
            self.sources.push(mail.id);
            self.marked(to_json(mail), format!("{path}[{at}]"), Some(which), vec![mail.id])
        };
        watch.mails(evidence).enumerate().map(one).collect()
    }

    fn record(&mut self, map: &serde_json::Map<String, Value>, path: &str, outermost: bool) -> Value {
        let before = self.sources.len();
        let mut resolved = serde_json::Map::new();
        let exchange = map.get("$exchange").and_then(Value::as_u64).and_then(|id| self.evidence.exchanges.get(&id));
        if let Some(exchange) = exchange {
            self.sources.push(exchange.id);
            if let Value::Object(fields) = to_json(exchange) {
                resolved.extend(fields);
            }
        }
        for (name, inner) in map.iter().filter(|(name, _)| *name != "$exchange" && *name != WHICH) {
            resolved.insert(name.clone(), self.resolve(inner, &format!("{path}.{name}"), false));
        }
        let sources = self.sources[before..].to_vec();
        // What refers to no evidence is plain data, and must stay equal to its like.
        if sources.is_empty() && !outermost {
            return Value::Object(resolved);
        }
        let which = map.get(WHICH).and_then(Value::as_str).map(str::to_owned);
        self.marked(Value::Object(resolved), path.to_owned(), which, sources)
    }

    fn marked(&mut self, mut record: Value, name: String, which: Option<String>, sources: Vec<u64>) -> Value {
        if let (Some(elements), Value::Object(fields)) = (&mut self.elements, &mut record) {
            fields.insert(AT.to_owned(), elements.len().into());
            elements.push(Element { name, which, sources });
        }
        record
    }
}

/// Records are plain data with text keys, so that they always have a JSON form.
fn to_json(record: &impl serde::Serialize) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}
