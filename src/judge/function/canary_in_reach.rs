use minijinja::{Error, Value};

use super::{Function, argument, each};
use crate::judge::{Type, expression::unknown, terms::CallContext};

/// `canary_in_reach(deliveries)`: whether a sender that follows a redirect would be seen to.
///
/// The canary listens on a port of its own, which a tunnel or a reverse proxy in front of the webhook does not lead to.
pub(super) const ROW: Function = Function {
    name: "canary_in_reach",
    arguments: &["deliveries"],
    summary: "whether the sender can reach the second port: it is on this machine, or one of these deliveries came there",
    returns: || Type::Bool,
    call,
};

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let deliveries = each(argument(arguments, 0, ROW.name)?)?;
    for delivery in &deliveries {
        if delivery.get_attr("canary")?.is_true() {
            return Ok(true.into());
        }
    }
    if context.loopback {
        return Ok(true.into());
    }
    Err(unknown(
        "nothing came to the receiver's second port, which is not known to be within the platform's reach: a tunnel to \
         the webhook does not lead there, and a redirect that was followed would not be seen",
    ))
}
