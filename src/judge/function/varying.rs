use std::collections::BTreeSet;

use minijinja::{Error, Value};

use super::{Function, argument, each};
use crate::judge::{Type, terms::CallContext};

/// `varying(deliveries)`: what one delivery's attempts do not have in common.
pub(super) const ROW: Function = Function {
    name: "varying",
    arguments: &["deliveries"],
    summary: "what differs between the attempts of one delivery: `body`, `header NAME` and so on; empty where nothing does",
    returns: || Type::list(Type::Text),
    call,
};

/// What every attempt of a delivery is expected to have in common, beside its headers.
const PARTS: &[(&str, &str)] = &[
    ("method", "method"),
    ("target", "target"),
    ("content_type", "content type"),
    ("body_digest", "body"),
    ("key", "key"),
    ("agency_id", "agencyId"),
];

fn call(_: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let mut firsts: Vec<(Value, Value, Value)> = Vec::new();
    let mut varying = BTreeSet::new();
    for attempt in each(argument(arguments, 0, ROW.name)?)? {
        let whose = (attempt.get_attr("agency")?, attempt.get_attr("delivery")?);
        let Some((_, _, first)) =
            firsts.iter().find(|(agency, delivery, _)| (agency, delivery) == (&whose.0, &whose.1))
        else {
            firsts.push((whose.0, whose.1, attempt));
            continue;
        };
        for (attribute, shown) in PARTS {
            if first.get_attr(attribute)? != attempt.get_attr(attribute)? {
                varying.insert((*shown).to_owned());
            }
        }
        let (one, other) = (headers(first)?, headers(&attempt)?);
        varying.extend(one.symmetric_difference(&other).map(|(name, _)| format!("header {name}")));
    }
    Ok(varying.into_iter().map(Value::from).collect())
}

/// The headers of an attempt, names in lower case.
fn headers(attempt: &Value) -> Result<BTreeSet<(String, String)>, Error> {
    let one = |header: Value| {
        let text = |name| header.get_attr(name).map(|value| value.to_string());
        Ok((text("name")?.to_ascii_lowercase(), text("value")?))
    };
    each(&attempt.get_attr("headers")?)?.into_iter().map(one).collect()
}
