use std::collections::BTreeMap;

use minijinja::{Error, Value};

use super::{Function, argument, each};
use crate::judge::{Type, terms::CallContext};

/// `keys_crossed(connections)`: the keys that more than one account was given.
pub(super) const ROW: Function = Function {
    name: "keys_crossed",
    arguments: &["connections"],
    summary: "the keys that came for agencies of more than one account",
    returns: || Type::list(Type::Text),
    call,
};

fn call(_: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let mut owners: BTreeMap<Value, Value> = BTreeMap::new();
    let mut crossed = Vec::new();
    for connection in each(argument(arguments, 0, ROW.name)?)? {
        let (key, account) = (connection.get_attr("key")?, connection.get_attr("account")?);
        if *owners.entry(key.clone()).or_insert_with(|| account.clone()) != account && key.as_str().is_some() {
            crossed.push(key);
        }
    }
    Ok(crossed.into())
}
