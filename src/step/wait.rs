use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    compile::Compiler,
    context::{Context, Stop},
    kind::StepKind,
};
use crate::{
    clock::Period,
    syntax::{Mistake, Node},
};

/// Waits.
pub(super) struct Wait;

/// The arguments of `wait`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// How long: a length of time such as `2s`, or an expression in `{{ … }}` that gives milliseconds.
    r#for: String,
}

impl StepKind for Wait {
    const NAME: &'static str = "wait";
    const SUMMARY: &'static str = "waits for a length of time, or for the milliseconds that an expression gives";
    const EXAMPLE: &'static str = "{ for: \"{{ limited.told_wait_ms }}\" }";
    type Arguments = Arguments;

    fn lint(arguments: &Arguments, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
        let span = node.get("for").map_or_else(|| node.span.clone(), |node| node.span.clone());
        match arguments.r#for.parse::<Period>() {
            Err(what) if !arguments.r#for.contains("{{") => vec![Mistake::new(compiler.source, span, what)],
            _ => Vec::new(),
        }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let length = match context.fill(&Value::String(arguments.r#for.clone()))? {
            Value::Number(ms) => Duration::try_from_secs_f64(ms.as_f64().unwrap_or_default() / 1000.0).ok(),
            Value::String(text) => text.parse::<Period>().ok().map(|period| period.0),
            _ => None,
        };
        let length =
            length.ok_or_else(|| Stop::prerequisite(format!("`{}` gives no length of time", arguments.r#for)))?;
        if length > context.shared.step_budget {
            return Err(Stop::prerequisite(format!("a wait of {} s is longer than a step may take", length.as_secs())));
        }
        tokio::time::sleep(length).await;
        Ok(Value::Null)
    }
}
