use minijinja::{Error, Value};

use super::{
    Function, argument, number,
    policy_attempts::{end_of, group},
};
use crate::judge::{Type, terms::Context};

/// `gaps(deliveries)`: how long the sender waits after a failure.
pub(super) const ROW: Function = Function {
    name: "gaps",
    arguments: &["deliveries"],
    summary: "the milliseconds from the end of each policy attempt of one agency to the begin of the next; below 0 where they overlap",
    returns: || Type::list(Type::Number),
    call,
};

fn call(context: &Context, arguments: &[Value]) -> Result<Value, Error> {
    let groups = group(context, argument(arguments, 0, ROW.name)?)?;
    let gaps = groups
        .windows(2)
        .map(|pair| Ok(number(&pair[1].0, "at_ms")? - end_of(&pair[0].1)?))
        .collect::<Result<Vec<f64>, Error>>()?;
    Ok(Value::from(gaps))
}
