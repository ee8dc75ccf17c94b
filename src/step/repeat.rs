use std::{collections::BTreeMap, future::Future, pin::Pin, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{
    compile::{Compiled, Compiler, Steps},
    context::{Context, Stop},
    kind::{Row, Run, schema_with_as},
    parallel::{inner_steps, within},
};
use crate::{
    clock::Period,
    judge::{Type, lint_expression},
    scenario::Text,
    syntax::{Mistake, Node, decode},
};

/// `repeat`: steps again and again, within bounds.
pub(super) const ROW: Row = Row {
    name: "repeat",
    summary: "takes steps so many times, or for each of a list, until an expression holds; binds what each round bound",
    example: "{ times: 20, until: call.status == 429, steps: [ { authenticate: { as: call } } ], as: rounds }",
    schema: schema_with_as::<Arguments>,
    compile,
};

/// The arguments of `repeat`, `steps` aside.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// How often at most, from 1 to 10,000; in `{{ … }}` an expression over `target` and parameters.
    times: Option<u32>,
    /// For each of these instead; each is `item` within the steps.
    over: Option<Vec<Value>>,
    /// Ends the repetition when it holds after a round.
    until: Option<String>,
    /// How long the whole may take; a minute without.
    #[serde(default = "minute")]
    within: Period,
    /// The steps.
    #[expect(dead_code, reason = "read from the node, where each step keeps its place")]
    steps: Vec<Value>,
}

fn minute() -> Period {
    Period(Duration::from_mins(1))
}

const MOST: u32 = 10_000;

struct Repeat {
    arguments: Arguments,
    steps: Steps,
}

fn compile(compiler: &mut Compiler<'_>, node: &Node) -> Option<Compiled> {
    let arguments: Arguments = match decode(compiler.source, node) {
        Ok(arguments) => arguments,
        Err(mistakes) => {
            compiler.mistakes.extend(mistakes);
            return None;
        }
    };
    lint_bounds(&arguments, compiler, node);
    let inner = inner_steps(compiler, node.get("steps")?)?;
    let outside = compiler.scope.clone();
    if let Some(over) = node.get("over") {
        compiler.lint_templates(over);
        compiler.scope.insert("item".into(), Type::Any);
    }
    let steps = compiler.steps(&inner);
    if let (Some(until), Some(at)) = (&arguments.until, node.get("until")) {
        let text = Text { text: until.clone(), span: at.span.clone() };
        compiler.mistakes.extend(lint_expression(compiler.source, &text, &compiler.scope));
    }
    let inside = std::mem::replace(&mut compiler.scope, outside);
    let round: BTreeMap<String, Type> =
        inside.into_iter().filter(|(name, _)| !compiler.scope.contains_key(name)).collect();
    let times = arguments.over.as_ref().map_or(u64::from(arguments.times.unwrap_or(0)), |over| over.len() as u64);
    Some(Compiled {
        binds: Type::list(Type::Record(round)),
        needs: steps.needs(),
        cost: steps.cost().times(times),
        run: Box::new(Repeat { arguments, steps }),
    })
}

fn lint_bounds(arguments: &Arguments, compiler: &mut Compiler<'_>, node: &Node) {
    let at = |key: &str| node.get(key).map_or_else(|| node.span.clone(), |node| node.span.clone());
    if arguments.times.is_some() == arguments.over.is_some() {
        let mistake =
            Mistake::new(compiler.source, node.span.clone(), "`repeat` needs `times` or `over`, and not both");
        compiler.mistakes.push(mistake);
    }
    if arguments.times.is_some_and(|times| !(1..=MOST).contains(&times)) {
        let mistake = Mistake::new(compiler.source, at("times"), format!("`times` is from 1 to {MOST}"));
        compiler.mistakes.push(mistake);
    }
}

impl Repeat {
    fn rounds(&self, context: &Context) -> Result<Vec<Value>, Stop> {
        if let Some(over) = &self.arguments.over {
            return over.iter().map(|item| context.fill(item)).collect();
        }
        Ok((0..self.arguments.times.unwrap_or(0)).map(Value::from).collect())
    }
}

impl Run for Repeat {
    fn run<'a>(&'a self, context: &'a Context) -> Pin<Box<dyn Future<Output = Result<Value, Stop>> + Send + 'a>> {
        Box::pin(async move {
            let ends = Instant::now() + self.arguments.within.0;
            let mut rounds = Vec::new();
            for item in self.rounds(context)? {
                if Instant::now() >= ends {
                    break;
                }
                let round = context.nested();
                round.put("item", item);
                round.run(&self.steps).await.map_err(|(label, stop)| within(&label, stop))?;
                rounds.push(Value::Object(round.collected()));
                if self.arguments.until.as_deref().is_some_and(|until| round.holds(until)) {
                    break;
                }
            }
            Ok(Value::Array(rounds))
        })
    }
}
