use minijinja::{Error, Value};

use super::{Function, argument, each, number};
use crate::judge::{Type, expression::unknown, terms::CallContext};

/// `delays(connections, deliveries)`: how long after its agreement each agency's key came.
pub(super) const ROW: Function = Function {
    name: "delays",
    arguments: &["connections", "deliveries"],
    summary: "for each connection, the milliseconds from the agency's agreement to its first delivery",
    returns: || Type::list(Type::Number),
    call,
};

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let (connections, deliveries) = (argument(arguments, 0, ROW.name)?, argument(arguments, 1, ROW.name)?);
    of(context, &each(connections)?, &each(deliveries)?).map(Value::from)
}

pub(super) fn of(context: &CallContext, connections: &[Value], deliveries: &[Value]) -> Result<Vec<f64>, Error> {
    let delay = |connection: &Value| {
        let agency = connection.get_attr("agency_id")?;
        let first = deliveries.iter().find(|delivery| delivery.get_attr("agency").is_ok_and(|one| one == agency));
        let first = first.ok_or_else(|| unknown(format!("nothing was delivered for the agency {agency}")))?;
        Ok(context.elapsed(number(connection, "agreed_ms")?, number(first, "at_ms")?).max(0.0))
    };
    connections.iter().map(delay).collect()
}
