use minijinja::{Error, Value};

use super::{Function, argument, each, number};
use crate::{
    evidence::Delivery,
    judge::{Type, expression::unknown, facts, terms::Context, window::MOST_RESEND_MS},
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

fn call(context: &Context, arguments: &[Value]) -> Result<Value, Error> {
    Ok(Value::from(
        group(context, argument(arguments, 0, ROW.name)?)?.into_iter().map(|(first, _)| first).collect::<Vec<_>>(),
    ))
}

/// The first and the last wire attempt of each policy attempt, in the order of their begin.
pub(super) fn group(context: &Context, deliveries: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let mut groups: Vec<(Value, Value)> = Vec::new();
    for delivery in each(deliveries)? {
        let agency = delivery.get_attr("agency")?;
        let at = number(&delivery, "at_ms")?;
        let previous =
            groups.iter_mut().rev().find(|(first, _)| first.get_attr("agency").is_ok_and(|one| one == agency));
        match previous {
            Some((_, last)) if is_resend(context, last, at)? => *last = delivery,
            _ => groups.push((delivery.clone(), delivery)),
        }
    }
    Ok(groups)
}

/// Whether an attempt at this moment is the same policy attempt as the wire attempt before it.
fn is_resend(context: &Context, last: &Value, at: f64) -> Result<bool, Error> {
    if !last.get_attr("connection_fault")?.is_true() {
        return Ok(false);
    }
    let gap = at - end_of(last)?;
    match context.resend_within_ms {
        Some(within) => Ok(gap <= within),
        None if gap > MOST_RESEND_MS => Ok(false),
        None => Err(unknown(
            "the sender came back within a second of a connection fault, and without a gap after a 503, or \
             `retry.resend_within` in the profile, that may be a re-send or a retry",
        )),
    }
}

/// When an attempt ended, or at least was answered, or at least came.
pub(super) fn end_of(delivery: &Value) -> Result<f64, Error> {
    let ended = number(delivery, "ended_ms")?.max(number(delivery, "answered_ms")?);
    Ok(if ended > 0.0 { ended } else { number(delivery, "at_ms")? })
}
