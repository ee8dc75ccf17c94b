use std::{future::Future, pin::Pin};

use serde_json::{Value, json};

use super::{
    compile::{Compiled, Compiler, Steps},
    context::{Context, Stop},
    kind::{Row, Run},
};
use crate::{
    judge::Type,
    scenario,
    syntax::{Mistake, Node},
};

/// `parallel`: every step of its list at once.
pub(super) const ROW: Row = Row {
    name: "parallel",
    summary: "takes the steps of a list side by side; what they bind is in scope afterwards",
    example: "[ { connect: { agency: flat } }, { connect: { agency: house } } ]",
    schema: || json!({ "type": "array", "minItems": 1, "maxItems": 64, "items": { "type": ["object", "string"] } }),
    compile,
};

/// So many steps may be side by side.
const MOST: usize = 64;

fn compile(compiler: &mut Compiler<'_>, node: &Node) -> Option<Compiled> {
    let steps = inner_steps(compiler, node)?;
    if steps.len() > MOST {
        compiler.mistakes.push(Mistake::new(
            compiler.source,
            node.span.clone(),
            format!("at most {MOST} steps side by side"),
        ));
    }
    // Side by side, no step sees what another binds.
    let before = compiler.scope.clone();
    let mut after = before.clone();
    let mut branches = Vec::new();
    for step in &steps {
        compiler.scope = before.clone();
        branches.push(compiler.steps(std::slice::from_ref(step)));
        after.extend(std::mem::take(&mut compiler.scope));
    }
    compiler.scope = after;
    let needs = branches.iter().flat_map(Steps::needs).collect();
    let cost = branches.iter().map(Steps::cost).fold(super::Cost::default(), |sum, cost| sum + cost);
    Some(Compiled { binds: Type::Any, needs, cost, run: Box::new(Parallel(branches)) })
}

/// The steps of a list within a step.
pub(super) fn inner_steps(compiler: &mut Compiler<'_>, node: &Node) -> Option<Vec<scenario::StepText>> {
    if node.items().is_empty() {
        let what = format!("expected a list of steps, found {}", node.describe());
        compiler.mistakes.push(Mistake::new(compiler.source, node.span.clone(), what));
        return None;
    }
    let mut steps = Vec::new();
    for item in node.items() {
        match scenario::step(compiler.source, item) {
            Ok(step) => steps.push(step),
            Err(mistake) => compiler.mistakes.push(mistake),
        }
    }
    Some(steps)
}

struct Parallel(Vec<Steps>);

impl Run for Parallel {
    fn run<'a>(&'a self, context: &'a Context) -> Pin<Box<dyn Future<Output = Result<Value, Stop>> + Send + 'a>> {
        Box::pin(async move {
            let branches = self.0.iter().map(|branch| context.run(branch));
            futures::future::try_join_all(branches).await.map_err(|(label, stop)| within(&label, stop))?;
            Ok(Value::Null)
        })
    }
}

/// A stop of a step within a step, which names the inner one.
pub(super) fn within(label: &str, mut stop: Stop) -> Stop {
    stop.reason = format!("{label}: {}", stop.reason);
    stop
}
