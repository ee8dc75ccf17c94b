use minijinja::{Error, Value};

use super::{Function, argument, policy_attempts::group};
use crate::judge::{Type, terms::CallContext};

/// `attempt_counts(deliveries)`: how often each delivery was tried.
pub(super) const ROW: Function = Function {
    name: "attempt_counts",
    arguments: &["deliveries"],
    summary: "for each delivery, the number of its policy attempts; an agency has one for each of its `keys_per_agency`",
    returns: || Type::list(Type::Number),
    call,
};

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let mut counts: Vec<((Value, Value), u64)> = Vec::new();
    for attempt in group(context, argument(arguments, 0, ROW.name)?)? {
        match counts.iter_mut().find(|(delivery, _)| *delivery == attempt.delivery) {
            Some((_, count)) => *count += 1,
            None => counts.push((attempt.delivery, 1)),
        }
    }
    Ok(counts.into_iter().map(|(_, count)| Value::from(count)).collect())
}
