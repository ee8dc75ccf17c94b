use std::{future::Future, pin::Pin};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Cost, Need,
    compile::{Compiled, Compiler},
    context::{Context, Stop},
    whom::Whom,
};
use crate::{
    judge::{Type, inline_schema},
    syntax::{Mistake, Node, decode},
};

/// What a kind of step is: its arguments, their lint, its run.
pub(super) trait StepKind: Send + Sync + 'static {
    /// How a scenario writes it.
    const NAME: &'static str;
    /// What it does, in one line.
    const SUMMARY: &'static str;
    /// An example of its arguments, as YAML.
    const EXAMPLE: &'static str;
    /// Its arguments, `as` aside.
    type Arguments: DeserializeOwned + JsonSchema + Send + Sync + 'static;

    /// The type of what it binds.
    fn binds(_arguments: &Self::Arguments) -> Type {
        Type::Any
    }

    /// What of the target it cannot do without.
    fn needs(_arguments: &Self::Arguments) -> Vec<Need> {
        Vec::new()
    }

    /// What it costs the target, at most; `agencies` is the number of the scenario's agencies.
    fn cost(_arguments: &Self::Arguments, _agencies: usize) -> Cost {
        Cost::default()
    }

    /// Mistakes that the types of the arguments cannot find: names of agencies, where there are any.
    fn lint(_arguments: &Self::Arguments, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
        Whom::lint(node.get("agency"), compiler)
    }

    /// Does it, and gives the facts to bind. What goes wrong at the target is a fact; a `Stop` ends the scenario.
    fn run(arguments: &Self::Arguments, context: &Context) -> impl Future<Output = Result<Value, Stop>> + Send;
}

/// A kind of step, as a row of the list.
pub struct Row {
    /// How a scenario writes it.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// An example, as YAML.
    pub example: &'static str,
    /// The JSON Schema of its arguments, `as` included.
    pub schema: fn() -> Value,
    pub(super) compile: fn(&mut Compiler<'_>, &Node) -> Option<Compiled>,
}

/// A step that is ready to run.
pub trait Run: Send + Sync {
    /// Runs it.
    fn run<'a>(&'a self, context: &'a Context) -> Pin<Box<dyn Future<Output = Result<Value, Stop>> + Send + 'a>>;
}

/// The row of a kind.
pub(super) const fn row<K: StepKind>() -> Row {
    Row {
        name: K::NAME,
        summary: K::SUMMARY,
        example: K::EXAMPLE,
        schema: schema_with_as::<K::Arguments>,
        compile: compile::<K>,
    }
}

struct Ready<K: StepKind>(K::Arguments);

impl<K: StepKind> Run for Ready<K> {
    fn run<'a>(&'a self, context: &'a Context) -> Pin<Box<dyn Future<Output = Result<Value, Stop>> + Send + 'a>> {
        Box::pin(K::run(&self.0, context))
    }
}

fn compile<K: StepKind>(compiler: &mut Compiler<'_>, node: &Node) -> Option<Compiled> {
    compiler.lint_templates(node);
    let arguments: K::Arguments = match decode(compiler.source, node) {
        Ok(arguments) => arguments,
        Err(mistakes) => {
            compiler.mistakes.extend(mistakes);
            return None;
        }
    };
    let mistakes = K::lint(&arguments, node, compiler);
    compiler.mistakes.extend(mistakes);
    Some(Compiled {
        binds: K::binds(&arguments),
        needs: K::needs(&arguments),
        cost: K::cost(&arguments, compiler.agencies.len()),
        run: Box::new(Ready::<K>(arguments)),
    })
}

/// The schema of a kind's arguments, with the name to bind.
pub(super) fn schema_with_as<A: JsonSchema>() -> Value {
    let mut schema = inline_schema::<A>();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(
            "as".into(),
            serde_json::json!({ "type": "string", "description": "The name for what came back." }),
        );
    }
    schema
}
