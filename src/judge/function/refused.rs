use minijinja::{Error, Value};

use super::{Function, argument, each, number};
use crate::judge::{Type, expression::unknown, terms::Context};

/// `refused(answer)`: a 4xx that is about this request.
///
/// 404 and 405 are what a wrong URL answers to everything, 429 is about the rate, and a 5xx is a server that broke: none of
/// them tells whether the request was refused.
pub(super) const ROW: Function = Function {
    name: "refused",
    arguments: &["answers"],
    summary: "whether the answer, or every answer of a list, is a 4xx other than 404, 405 and 429",
    returns: || Type::Bool,
    call,
};

fn call(_: &Context, arguments: &[Value]) -> Result<Value, Error> {
    let mut untold = None;
    for answer in each(argument(arguments, 0, ROW.name)?)? {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status has three digits")]
        match number(&answer, "status")? as u16 {
            status @ (404 | 405 | 429 | 500..) => untold = Some(status),
            400..=499 => {}
            _ => return Ok(false.into()),
        }
    }
    match untold {
        None => Ok(true.into()),
        Some(status) => {
            Err(unknown(format!("it was answered {status}, which does not tell that this request was refused")))
        }
    }
}
