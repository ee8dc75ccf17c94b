use minijinja::{Error, Value};

use super::{Function, argument, each, tells};
use crate::judge::{Type, terms::CallContext};

/// `no_token(answers)`: nothing stands where the twin's token stood, and no other string of the answer opened anything.
pub(super) const ROW: Function = Function {
    name: "no_token",
    arguments: &["authentications"],
    summary: "whether no answer gave a token; a 404, 405, 429 or 5xx does not tell",
    returns: || Type::Bool,
    call,
};

fn call(_: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let mut untold = None;
    for answer in each(argument(arguments, 0, ROW.name)?)? {
        if answer.get_attr("token")?.is_true() || answer.get_attr("opened")?.is_true() {
            return Ok(false.into());
        }
        untold = untold.or(tells(&answer).err());
    }
    untold.map_or(Ok(true.into()), Err)
}
