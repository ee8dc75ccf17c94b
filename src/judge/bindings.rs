use std::collections::BTreeMap;

use serde_json::Value;

use crate::evidence::{Delivery, Evidence};

/// The names of one scenario with what they stand for, records of the evidence put in their places.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    /// The values.
    pub(super) values: BTreeMap<String, Value>,
    /// For each name, the numbers of the exchanges and deliveries in it.
    pub(super) sources: BTreeMap<String, Vec<u64>>,
    /// For each name of deliveries, what was listened for.
    pub(super) watches: BTreeMap<String, Watch>,
}

/// What a name of deliveries was listening for.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// The agencyIds.
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
    /// What the value of a [`crate::evidence::Bound`] says, if it is about deliveries.
    #[must_use]
    pub fn from_bound(value: &Value) -> Option<Watch> {
        let agencies = value.get("$deliveries")?;
        let agencies = match agencies {
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::String(id) => vec![id.clone()],
            _ => Vec::new(),
        };
        Some(Watch {
            agencies,
            since_ms: value["since_ms"].as_f64().unwrap_or_default(),
            until_ms: value["until_ms"].as_f64(),
            at_most: value["at_most"].as_u64(),
            canary: value["canary"].as_bool().unwrap_or_default(),
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
            let mut sources = Vec::new();
            let value = resolve_noting(&bound.value, evidence, &mut sources);
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
    resolve_noting(value, evidence, &mut Vec::new())
}

fn resolve_noting(value: &Value, evidence: &Evidence, sources: &mut Vec<u64>) -> Value {
    match value {
        Value::Object(map) => {
            if let Some(watch) = Watch::from_bound(value) {
                let mut deliveries: Vec<&Delivery> =
                    watch.agencies.iter().flat_map(|agency| watch.deliveries(evidence, agency)).collect();
                deliveries.sort_by_key(|delivery| delivery.arrived.id);
                sources.extend(deliveries.iter().map(|delivery| delivery.arrived.id));
                return deliveries.into_iter().map(to_json).collect();
            }
            let mut resolved = serde_json::Map::new();
            if let Some(exchange) =
                map.get("$exchange").and_then(Value::as_u64).and_then(|id| evidence.exchanges.get(&id))
            {
                sources.push(exchange.id);
                if let Value::Object(fields) = to_json(exchange) {
                    resolved.extend(fields);
                }
            }
            for (name, inner) in map.iter().filter(|(name, _)| *name != "$exchange") {
                resolved.insert(name.clone(), resolve_noting(inner, evidence, sources));
            }
            Value::Object(resolved)
        }
        Value::Array(items) => items.iter().map(|item| resolve_noting(item, evidence, sources)).collect(),
        other => other.clone(),
    }
}

/// Records are plain data with text keys, so that they always have a JSON form.
fn to_json(record: &impl serde::Serialize) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}
