use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    compile::Compiler,
    connect::due,
    context::{Context, Stop},
    facts::bound,
    kind::StepKind,
    wait::{lint_length, wait},
};
use crate::{
    evidence::{Knock, StopKind},
    judge::{Type, facts},
    syntax::{Mistake, Node},
};

/// Ends what `disturb` began.
pub(super) struct Restore;

/// The arguments of `restore`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// After so many connections have met the fault and have ended. A port that is closed sees none.
    #[serde(default)]
    knocks: usize,
    /// After a length of time such as `2s`, or the milliseconds of an expression in `{{ … }}`.
    after: Option<String>,
}

/// What came of a disturbance.
#[derive(JsonSchema, Serialize)]
struct Restored {
    /// When it was over, in milliseconds of the run's clock.
    at_ms: f64,
    /// The connections that met it; whose they were is not known.
    knocks: Vec<Knock>,
}

impl StepKind for Restore {
    const NAME: &'static str = "restore";
    const SUMMARY: &'static str = "ends what `disturb` began, and binds the connections that met it";
    const EXAMPLE: &'static str = "{ knocks: 1, as: met }";
    type Arguments = Arguments;

    fn binds(_: &Arguments) -> Type {
        facts::<Restored>()
    }

    fn lint(arguments: &Arguments, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
        arguments.after.iter().flat_map(|after| lint_length("after", after, node, compiler)).collect()
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let receiver = &context.shared.receiver;
        if arguments.knocks > 0 {
            let within = due(context) + context.shared.step_budget / 2;
            receiver.wait_for_knocks(arguments.knocks, within).await;
        }
        if let Some(after) = &arguments.after {
            wait(after, context).await?;
        }
        let knocks = receiver.restore().await.map_err(|error| Stop::new(StopKind::Harness, error.to_string()))?;
        Ok(bound(&Restored { at_ms: context.shared.recorder.now_ms(), knocks }))
    }
}
