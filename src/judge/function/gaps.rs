use minijinja::{Error, Value};

use super::{Function, argument, policy_attempts::group};
use crate::judge::{Type, terms::CallContext};

/// `gaps(deliveries)`: how long the sender waits after a failure.
pub(super) const ROW: Function = Function {
    name: "gaps",
    arguments: &["deliveries"],
    summary: "for one agency, the milliseconds from the end of a policy attempt to the next; below 0 where they overlap",
    returns: || Type::list(Type::Number),
    call,
};

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let groups = group(context, argument(arguments, 0, ROW.name)?)?;
    Ok(groups.windows(2).map(|pair| Value::from(pair[1].began_ms - pair[0].last.ended_ms)).collect())
}
