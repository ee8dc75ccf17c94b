use minijinja::{Error, Value};

use super::{Function, argument, each};
use crate::judge::{Type, terms::CallContext};

/// `unprotected(tampered)`: the changes that a signed link must not survive, and that led as far as the untouched link.
///
/// A part that says something of the agency must be protected. So must one of which another change was caught: a part
/// that may change freely, such as a tracking parameter, may change in every way.
pub(super) const ROW: Function = Function {
    name: "unprotected",
    arguments: &["tampered"],
    summary: "the changed links that led on though the part is about the agency, or another change of it was caught",
    returns: || Type::list(Type::Any),
    call,
};

fn call(_: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let all = each(argument(arguments, 0, ROW.name)?)?;
    let mut unprotected = Vec::new();
    for one in &all {
        let part = one.get_attr("part")?;
        let is_guarded = |other: &&Value| {
            other.get_attr("part").is_ok_and(|name| name == part)
                && other.get_attr("caught").is_ok_and(|caught| caught.is_true())
        };
        let meant = one.get_attr("holds_agency")?.is_true() || all.iter().any(|other| is_guarded(&other));
        if meant && !one.get_attr("caught")?.is_true() {
            unprotected.push(one.clone());
        }
    }
    Ok(Value::from(unprotected))
}
