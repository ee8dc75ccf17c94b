//! The functions that checks may call: one file each, and one row here.

mod accepted;
mod attempt_counts;
mod backoff;
mod canary_in_reach;
mod connect_time_out;
mod delays;
mod gaps;
mod keys_crossed;
mod no_link;
mod no_token;
mod policy_attempts;
mod refused;
mod slowed_by;
mod time_out_kind;
mod time_outs;
mod unprotected;
mod varying;

use minijinja::{Error, Value};

use super::{Type, expression::unknown, terms::CallContext};

/// A function of the expression language.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: &'static str,
    /// The names of its arguments.
    pub(crate) arguments: &'static [&'static str],
    /// What it tells, in one line.
    pub(crate) summary: &'static str,
    /// The type of its value.
    pub(crate) returns: fn() -> Type,
    /// The function itself.
    pub(crate) call: fn(&CallContext, &[Value]) -> Result<Value, Error>,
}

/// Every function, by name.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &accepted::ROW,
    &attempt_counts::ROW,
    &backoff::ROW,
    &canary_in_reach::ROW,
    &connect_time_out::ROW,
    &delays::ROW,
    &gaps::ROW,
    &keys_crossed::ROW,
    &no_link::ROW,
    &no_token::ROW,
    &policy_attempts::ROW,
    &refused::ROW,
    &slowed_by::ROW,
    &time_out_kind::ROW,
    &time_outs::ROW,
    &unprotected::ROW,
    &varying::ROW,
];

pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().copied().find(|row| row.name == name)
}

/// The one argument, or a mistake of whoever calls.
fn argument<'a>(arguments: &'a [Value], at: usize, of: &str) -> Result<&'a Value, Error> {
    arguments
        .get(at)
        .ok_or_else(|| Error::new(minijinja::ErrorKind::MissingArgument, format!("{of} needs another argument")))
}

/// The items of a list, or the value itself as the only one.
fn each(value: &Value) -> Result<Vec<Value>, Error> {
    match value.kind() {
        minijinja::value::ValueKind::Seq | minijinja::value::ValueKind::Iterable => Ok(value.try_iter()?.collect()),
        _ => Ok(vec![value.clone()]),
    }
}

/// Whether an answer's status tells how the target takes this very request.
///
/// 404 and 405 are what a wrong URL answers to everything, 429 is about the rate, and a 5xx is a server that broke.
fn tells(answer: &Value) -> Result<(), Error> {
    let status = number(answer, "status")?;
    if status >= 500.0 || [404.0, 405.0, 429.0].contains(&status) {
        return Err(unknown(format!("it was answered {status}, which does not tell that this request was refused")));
    }
    Ok(())
}

fn number(value: &Value, attribute: &str) -> Result<f64, Error> {
    f64::try_from(value.get_attr(attribute)?)
}
