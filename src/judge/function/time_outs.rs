use minijinja::{Error, Value};

use super::{Function, argument, each, number};
use crate::judge::{Type, expression::unknown, terms::CallContext};

/// `time_outs(deliveries)`: how long the sender waited for answers that it did not get.
pub(super) const ROW: Function = Function {
    name: "time_outs",
    arguments: &["deliveries"],
    summary: "for each wire attempt that the sender gave up, the milliseconds from its begin to that",
    returns: || Type::list(Type::Number),
    call,
};

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let mut time_outs = Vec::new();
    for delivery in each(argument(arguments, 0, ROW.name)?)? {
        let ended = delivery.get_attr("ended")?;
        if matches!(ended.as_str(), Some("peer_closed" | "peer_reset")) {
            time_outs.push(context.elapsed(number(&delivery, "at_ms")?, number(&delivery, "ended_ms")?));
        }
    }
    if time_outs.is_empty() {
        return Err(unknown("the sender gave up no attempt of itself"));
    }
    Ok(Value::from(time_outs))
}
