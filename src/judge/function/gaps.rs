use minijinja::{Error, Value};

use super::{Function, argument, policy_attempts::group};
use crate::judge::{Type, terms::CallContext};

/// `gaps(deliveries)`: how long the sender waits after a failure.
pub(super) const ROW: Function = Function {
    name: "gaps",
    arguments: &["deliveries"],
    summary: "for each delivery, the milliseconds from the end of a policy attempt to the next; below 0 where they overlap",
    returns: || Type::list(Type::Number),
    call,
};

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let groups = group(context, argument(arguments, 0, ROW.name)?)?;
    let gaps = groups.iter().enumerate().filter_map(|(at, one)| {
        let before = groups[..at].iter().rev().find(|before| before.delivery == one.delivery)?;
        Some(Value::from(context.waited(before.last.ended_ms, one.began_ms)))
    });
    Ok(gaps.collect())
}
