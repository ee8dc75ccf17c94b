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
    pub(super) began_ms: f64,
    pub(super) last: Attempt,
}

/// The policy attempts in the order of their begin; each agency's are its own.
pub(super) fn group(context: &CallContext, deliveries: &Value) -> Result<Vec<PolicyAttempt>, Error> {
    let mut groups: Vec<PolicyAttempt> = Vec::new();
    for delivery in each(deliveries)? {
        let agency = delivery.get_attr("agency")?;
        let attempt = Attempt::of_value(&delivery)?;
        let of_agency = |group: &&mut PolicyAttempt| group.first.get_attr("agency").is_ok_and(|one| one == agency);
        let before = groups.iter_mut().rev().find(of_agency);
        let resent = before.as_ref().map(|before| attempt.is_resend_of(&before.last, context.resend_within_ms));
        match (before, resent) {
            (Some(before), Some(Some(true))) => before.last = attempt,
            (Some(_), Some(None)) => {
                return Err(unknown(
                    "the sender came back within a second of a connection fault, and without a gap after a 503, or \
                     `retry.resend_within` in the profile, that may be a re-send or a retry",
                ));
            }
            _ => groups.push(PolicyAttempt { first: delivery, began_ms: attempt.began_ms, last: attempt }),
        }
    }
    Ok(groups)
}
