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
    syntax::{Kind, Mistake, Node, decode},
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
    /// How often at most, from 1 to 10,000: a number, or an expression in `{{ … }}` that gives one.
    times: Option<Times>,
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a number, or an expression in `{{ … }}`")]
enum Times {
    Number(u32),
    Expression(String),
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
    if arguments.over.is_some() {
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
    let times = match (&arguments.times, &arguments.over) {
        (Some(Times::Number(times)), _) => u64::from(*times),
        (_, Some(over)) => over.len() as u64,
        _ => 50,
    };
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
    match &arguments.times {
        Some(Times::Number(0)) => {
            compiler.mistakes.push(Mistake::new(compiler.source, at("times"), "`times` is at least 1"));
        }
        Some(Times::Number(times)) if *times > MOST => {
            compiler.mistakes.push(Mistake::new(compiler.source, at("times"), format!("`times` is at most {MOST}")));
        }
        Some(Times::Expression(_)) => {
            if let Some(times) = node.get("times").filter(|times| matches!(times.kind, Kind::Text(_))) {
                compiler.lint_templates(times);
            }
        }
        _ => {}
    }
}

impl Repeat {
    fn rounds(&self, context: &Context) -> Result<Vec<Value>, Stop> {
        if let Some(over) = &self.arguments.over {
            return over.iter().map(|item| context.fill(item)).collect();
        }
        let times = match &self.arguments.times {
            Some(Times::Number(times)) => u64::from(*times),
            Some(Times::Expression(text)) => {
                let value = context.fill(&Value::String(text.clone()))?;
                let number = value.as_u64().or_else(|| value.as_f64().map(whole));
                number.ok_or_else(|| Stop::prerequisite(format!("`{text}` gives no number of times")))?
            }
            None => 0,
        };
        Ok((0..times.min(u64::from(MOST))).map(Value::from).collect())
    }
}

/// A count that an expression gave as a fraction, rounded down.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
fn whole(number: f64) -> u64 {
    number.clamp(0.0, f64::from(MOST)) as u64
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
