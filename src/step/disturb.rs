use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    compile::Compiler,
    context::{Context, Stop},
    kind::StepKind,
};
use crate::{
    evidence::StopKind,
    receiver::AcceptFault,
    scenario::Alone,
    syntax::{Mistake, Node},
};

/// Disturbs the receiver's port for everybody.
pub(super) struct Disturb;

/// The arguments of `disturb`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// What meets whoever connects, until a step `restore` or the end of the scenario.
    fault: AcceptFault,
}

impl StepKind for Disturb {
    const NAME: &'static str = "disturb";
    const SUMMARY: &'static str = "lets a fault meet whoever connects to the receiver, until `restore`";
    const EXAMPLE: &'static str = "{ fault: refused }";
    type Arguments = Arguments;

    fn lint(_: &Arguments, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
        if compiler.alone == Some(Alone::Receiver) {
            return Vec::new();
        }
        let what = "the receiver is disturbed for all scenarios at once";
        vec![Mistake::new(compiler.source, node.span.clone(), what).cure("write `alone: receiver` above the steps")]
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let disturbed = context.shared.receiver.disturb(arguments.fault, context.scenario()).await;
        disturbed.map_err(|error| Stop::new(StopKind::Harness, error.to_string()))?;
        Ok(Value::Null)
    }
}
