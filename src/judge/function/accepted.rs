use minijinja::{Error, Value};

use super::{Function, argument, each, number};
use crate::judge::{Type, terms::CallContext};

/// `accepted(answer)`: the twin without which a refusal proves nothing.
pub(super) const ROW: Function = Function {
    name: "accepted",
    arguments: &["answers"],
    summary: "whether the answer, or every answer of a list, is a 2xx",
    returns: || Type::Bool,
    call,
};

fn call(_: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    for answer in each(argument(arguments, 0, ROW.name)?)? {
        if !(200.0..300.0).contains(&number(&answer, "status")?) {
            return Ok(false.into());
        }
    }
    Ok(true.into())
}
