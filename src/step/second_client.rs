use std::{future::Future, pin::Pin};

use serde_json::{Value, json};

use super::{
    Need,
    compile::{Compiled, Compiler, Steps},
    context::{Context, Stop},
    kind::{Row, Run},
    parallel::{inner_steps, within},
};
use crate::{judge::Type, syntax::Node};

/// `second_client`: steps under another partner's name.
pub(super) const ROW: Row = Row {
    name: "second_client",
    summary: "takes the steps of a list with the second partner's credentials and token",
    example: "[ { authenticate: { as: other } } ]",
    schema: || json!({ "type": "array", "minItems": 1, "items": { "type": ["object", "string"] } }),
    compile,
};

fn compile(compiler: &mut Compiler<'_>, node: &Node) -> Option<Compiled> {
    let steps = inner_steps(compiler, node)?;
    let steps = compiler.steps(&steps);
    let needs = steps.needs().into_iter().chain([Need::to_be_told("second")]).collect();
    Some(Compiled { binds: Type::Any, needs, cost: steps.cost(), run: Box::new(AsSecond(steps)) })
}

struct AsSecond(Steps);

impl Run for AsSecond {
    fn run<'a>(&'a self, context: &'a Context) -> Pin<Box<dyn Future<Output = Result<Value, Stop>> + Send + 'a>> {
        Box::pin(async move {
            context.as_second().run(&self.0).await.map_err(|(label, stop)| within(&label, stop))?;
            Ok(Value::Null)
        })
    }
}
