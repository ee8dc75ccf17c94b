use minijinja::{Error, Value};

use super::{Function, argument, each, number, tells};
use crate::judge::{Type, terms::CallContext};

/// `refused(answer)`: a 4xx that is about this request.
pub(super) const ROW: Function = Function {
    name: "refused",
    arguments: &["answers"],
    summary: "whether the answer, or every answer of a list, is a 4xx other than 404, 405 and 429",
    returns: || Type::Bool,
    call,
};

fn call(_: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let mut untold = None;
    for answer in each(argument(arguments, 0, ROW.name)?)? {
        if number(&answer, "status")? < 400.0 {
            return Ok(false.into());
        }
        untold = untold.or(tells(&answer).err());
    }
    untold.map_or(Ok(true.into()), Err)
}
