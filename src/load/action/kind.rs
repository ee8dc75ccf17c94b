use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    judge::inline_schema,
    load::{
        engine::Action,
        facts::Facts,
        ground::{Ground, Key},
        plan::Compiler,
    },
    syntax::{Node, decode},
};

/// What a kind of step of a flow is.
pub(super) trait ActionKind: Send + Sync + 'static {
    /// How a scenario writes it.
    const NAME: &'static str;
    /// What it does, in one line.
    const SUMMARY: &'static str;
    /// An example of its arguments, as YAML.
    const EXAMPLE: &'static str;
    /// Whether it is measured. What is not sends nothing.
    const IS_TIMED: bool = true;
    /// Its arguments, `as` aside.
    type Arguments: DeserializeOwned + JsonSchema + Send + Sync + 'static;

    /// What must be there before it.
    fn wants(_arguments: &Self::Arguments) -> Wants {
        Wants::default()
    }

    /// Notes mistakes that the types of the arguments cannot find.
    fn lint(_arguments: &Self::Arguments, _node: &Node, _compiler: &mut Compiler<'_>) {}

    /// Makes what a group's users do.
    ///
    /// # Errors
    ///
    /// What keeps it from being done against this target, and what to do.
    fn make(arguments: &Self::Arguments, site: &Site) -> Result<Box<dyn Action>, String>;
}

/// What must be there before a step.
#[derive(Clone, Debug, Default)]
pub(in crate::load) struct Wants {
    /// A step that comes before it in the flow.
    pub(in crate::load) after: Option<&'static str>,
    /// Whether the group's setup must give keys.
    pub(in crate::load) keys: bool,
    /// Whether the group's setup must push listings.
    pub(in crate::load) listings: bool,
    /// Whether it shows the profile's credentials, or a token that was got with them.
    pub(in crate::load) credentials: bool,
    /// What the profile must have, by the names of its capabilities.
    pub(in crate::load) capabilities: Vec<&'static str>,
}

/// Where the users of a group work.
pub(in crate::load) struct Site {
    /// What all groups of a run share.
    pub(in crate::load) ground: Arc<Ground>,
    /// What is noted for requirements.
    pub(in crate::load) facts: Arc<Facts>,
    /// The names of the stages.
    pub(in crate::load) stages: Vec<String>,
    /// The keys of the group's agencies.
    pub(in crate::load) keys: Arc<[Key]>,
    /// The number of the first of them among those of all groups.
    pub(in crate::load) first_key: usize,
    /// The listings that its setup pushed.
    pub(in crate::load) stock: Option<Arc<Stock>>,
    /// What listings are drawn from.
    pub(in crate::load) seed: u64,
    /// What the references of the step's own listings begin with: no other step, group or run has it.
    pub(in crate::load) prefix: String,
}

/// Listings that were pushed before the load began.
pub(in crate::load) struct Stock {
    /// What makes them.
    pub(in crate::load) generator: crate::listing::Generator,
    /// The id that the target gave each of them. The n-th is the n-th agency's, counted round.
    pub(in crate::load) ids: Vec<String>,
}

/// A step that is ready to be made.
pub(in crate::load) struct Made {
    /// What must be there before it.
    pub(in crate::load) wants: Wants,
    /// Makes it.
    pub(in crate::load) make: Maker,
}

type Maker = Box<dyn Fn(&Site) -> Result<Box<dyn Action>, String> + Send + Sync>;

/// A kind of step, as a row of the list.
pub struct Row {
    /// How a scenario writes it.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// An example, as YAML.
    pub example: &'static str,
    /// Whether it is measured.
    pub is_timed: bool,
    /// The JSON Schema of its arguments, `as` aside.
    pub schema: fn() -> Value,
    pub(in crate::load) compile: fn(&mut Compiler<'_>, &Node) -> Option<Made>,
}

/// The row of a kind.
pub(super) const fn row<K: ActionKind>() -> Row {
    Row {
        name: K::NAME,
        summary: K::SUMMARY,
        example: K::EXAMPLE,
        is_timed: K::IS_TIMED,
        schema: inline_schema::<K::Arguments>,
        compile: compile::<K>,
    }
}

fn compile<K: ActionKind>(compiler: &mut Compiler<'_>, node: &Node) -> Option<Made> {
    let arguments: K::Arguments = match decode(compiler.source, node) {
        Ok(arguments) => arguments,
        Err(mistakes) => {
            compiler.mistakes.extend(mistakes);
            return None;
        }
    };
    K::lint(&arguments, node, compiler);
    Some(Made { wants: K::wants(&arguments), make: Box::new(move |site| K::make(&arguments, site)) })
}
