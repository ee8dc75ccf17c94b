use minijinja::{Error, Value};

use super::{Function, argument, each};
use crate::judge::{Type, terms::CallContext};

/// `no_link(answers)`: nothing stands where the twin's link stood, and no other URL of the answer shows the agency's page.
pub(super) const ROW: Function = Function {
    name: "no_link",
    arguments: &["links"],
    summary: "whether no answer gave a link to the agency's page",
    returns: || Type::Bool,
    call,
};

fn call(_: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    for answer in each(argument(arguments, 0, ROW.name)?)? {
        if answer.get_attr("link")?.is_true() || answer.get_attr("shown_by")?.is_true() {
            return Ok(false.into());
        }
    }
    Ok(true.into())
}
