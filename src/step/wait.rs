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
        lint_length("for", &arguments.r#for, node, compiler)
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        wait(&arguments.r#for, context).await?;
        Ok(Value::Null)
    }
}

/// Whether a length of time is written as one, or as an expression that is to give one.
pub(super) fn lint_length(name: &str, text: &str, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
    let span = node.get(name).map_or_else(|| node.span.clone(), |node| node.span.clone());
    match text.parse::<Period>() {
        Err(what) if !text.contains("{{") => vec![Mistake::new(compiler.source, span, what)],
        _ => Vec::new(),
    }
}

/// Waits for a length of time, or for the milliseconds that an expression gives.
pub(super) async fn wait(text: &str, context: &Context) -> Result<(), Stop> {
    let length = match context.fill(&Value::String(text.to_owned()))? {
        Value::Number(ms) => Duration::try_from_secs_f64(ms.as_f64().unwrap_or_default() / 1000.0).ok(),
        Value::String(text) => text.parse::<Period>().ok().map(|period| period.0),
        _ => None,
    };
    let length = length.ok_or_else(|| Stop::prerequisite(format!("`{text}` gives no length of time")))?;
    if length > context.shared.step_budget {
        return Err(Stop::prerequisite(format!("a wait of {} s is longer than a step may take", length.as_secs())));
    }
    tokio::time::sleep(length).await;
    Ok(())
}
