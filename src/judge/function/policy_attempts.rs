use std::collections::BTreeMap;

use minijinja::{Error, Value};

use super::{Function, argument, each};
use crate::{
    evidence::Delivery,
    judge::{Type, attempts::Attempt, expression::unknown, facts, terms::CallContext},
};

/// `policy_attempts(deliveries)`: the decisions of the sender's retry policy.
///
/// A sender may transparently send again after a connection fault; such a wire attempt is counted with the one before it.
pub(super) const ROW: Function = Function {
    name: "policy_attempts",
    arguments: &["deliveries"],
    summary: "the first wire attempt of each policy attempt",
    returns: || Type::list(facts::<Delivery>()),
    call,
};

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let groups = group(context, argument(arguments, 0, ROW.name)?)?;
    Ok(groups.into_iter().map(|group| group.first).collect())
}

/// One policy attempt: its first wire attempt, when it began and when its last wire attempt ended.
pub(super) struct PolicyAttempt {
    first: Value,
    /// Whose delivery it belongs to, and which.
    pub(super) delivery: (Value, Value),
    pub(super) began_ms: f64,
    pub(super) last: Attempt,
}

/// The policy attempts in the order of their begin; each delivery's are its own.
pub(super) fn group(context: &CallContext, deliveries: &Value) -> Result<Vec<PolicyAttempt>, Error> {
    let mut groups: Vec<PolicyAttempt> = Vec::new();
    let deliveries = each(deliveries)?;
    if !context.keys_pinned {
        one_key_each(&deliveries)?;
    }
    for first in deliveries {
        let delivery = (first.get_attr("agency")?, first.get_attr("delivery")?);
        let attempt = Attempt::of_value(&first)?;
        let before = groups.iter_mut().rev().find(|group| group.delivery == delivery);
        let resent = before.as_ref().map(|before| {
            let gap_ms = context.waited(before.last.ended_ms, attempt.began_ms);
            before.last.is_resent_after(gap_ms, context.resent)
        });
        match (before, resent) {
            (Some(before), Some(Some(true))) => before.last = attempt,
            (Some(_), Some(None)) => {
                return Err(unknown(
                    "the sender came back so soon after a connection fault that it may have sent again or retried; \
                     `retry.resend_within` in the profile would tell, and so may a gap after a 503",
                ));
            }
            _ => groups.push(PolicyAttempt { first, delivery, began_ms: attempt.began_ms, last: attempt }),
        }
    }
    Ok(groups)
}

/// Without a pinned number of keys, attempts with several keys of one agency may be one delivery or several.
fn one_key_each(deliveries: &[Value]) -> Result<(), Error> {
    let mut keys: BTreeMap<Value, Value> = BTreeMap::new();
    for delivery in deliveries {
        let (agency, key) = (delivery.get_attr("agency")?, delivery.get_attr("key")?);
        if *keys.entry(agency.clone()).or_insert_with(|| key.clone()) != key {
            return Err(unknown(format!(
                "several keys came for the agency {agency}: pin `keys_per_agency` to tell their deliveries apart"
            )));
        }
    }
    Ok(())
}
