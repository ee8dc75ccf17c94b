use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Cost,
    context::{Context, Stop},
    kind::StepKind,
    whom::Whom,
};
use crate::receiver::Script;

/// Tells the receiver how to answer for an agency.
pub(super) struct Receiver;

/// The arguments of `receiver`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// For whose deliveries, or `each`.
    agency: Whom,
    /// The answers to its wire attempts in order; the last one is given to all that follow.
    answers: Script,
}

impl StepKind for Receiver {
    const NAME: &'static str = "receiver";
    const SUMMARY: &'static str = "scripts how an agency's deliveries are answered, attempt by attempt";
    const EXAMPLE: &'static str = "{ agency: flat, answers: [503, { status: 429, headers: { Retry-After: 2 } }, 200] }";
    type Arguments = Arguments;

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        // A script without any plain 200 exhausts its delivery, which the developer may be told by e-mail.
        let exhausts = arguments.answers.first_success().is_none();
        Cost { notices: if exhausts { arguments.agency.count(agencies) } else { 0 }, ..Cost::default() }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let answers = arguments.answers.for_patience(context.shared.terms.attempt_timeout_ms);
        for agency in arguments.agency.agencies(context)? {
            context.shared.receiver.answer_with(&agency.id, answers.clone());
        }
        Ok(Value::Null)
    }
}
