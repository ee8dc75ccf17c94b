use std::sync::Arc;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    judge::inline_schema,
    load::{
        action::Stock,
        ground::{Ground, Key},
        plan::Compiler,
    },
    syntax::{Node, decode},
};

/// What a kind of step of a setup is.
pub(super) trait SetupKind: Send + Sync + 'static {
    /// How a scenario writes it.
    const NAME: &'static str;
    /// What it does, in one line.
    const SUMMARY: &'static str;
    /// An example of its arguments, as YAML.
    const EXAMPLE: &'static str;
    /// What the profile must have, by the names of its capabilities.
    const NEEDS: &'static [&'static str];
    /// Its arguments.
    type Arguments: DeserializeOwned + JsonSchema + Send + Sync + 'static;

    /// Looks whether all is there that it takes from this machine, before a folder is made and anything is sent.
    ///
    /// # Errors
    ///
    /// What is not, and what to do.
    fn ready(_arguments: &Self::Arguments) -> Result<(), String> {
        Ok(())
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// Why the load cannot begin, and what to do.
    fn run(arguments: &Self::Arguments, ready: &mut Ready) -> impl Future<Output = Result<(), String>> + Send;
}

/// What the setup of a group has made ready so far.
pub(in crate::load) struct Ready {
    /// What all groups of a run share.
    pub(in crate::load) ground: Arc<Ground>,
    /// The path of the scenario.
    pub(in crate::load) scenario: String,
    /// What sets this group apart from all others of the run.
    pub(in crate::load) name: String,
    /// What is drawn is drawn from this.
    pub(in crate::load) seed: u64,
    /// The keys of its agencies.
    pub(in crate::load) keys: Vec<Key>,
    /// The listings that were pushed.
    pub(in crate::load) stock: Option<Arc<Stock>>,
}

/// A step of a setup that is ready to run.
pub(in crate::load) trait Prepare: Send + Sync {
    /// Does it.
    fn prepare<'a>(&'a self, ready: &'a mut Ready) -> BoxFuture<'a, Result<(), String>>;

    /// What the profile must have.
    fn needs(&self) -> &'static [&'static str];

    /// Looks whether all is there that it takes from this machine.
    fn ready(&self) -> Result<(), String>;
}

/// A kind of step of a setup, as a row of the list.
pub struct Row {
    /// How a scenario writes it.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// An example, as YAML.
    pub example: &'static str,
    /// The JSON Schema of its arguments.
    pub schema: fn() -> Value,
    pub(in crate::load) compile: fn(&mut Compiler<'_>, &Node) -> Option<Box<dyn Prepare>>,
}

/// The row of a kind.
pub(super) const fn row<K: SetupKind>() -> Row {
    Row {
        name: K::NAME,
        summary: K::SUMMARY,
        example: K::EXAMPLE,
        schema: inline_schema::<K::Arguments>,
        compile: compile::<K>,
    }
}

struct Step<K: SetupKind>(K::Arguments);

impl<K: SetupKind> Prepare for Step<K> {
    fn prepare<'a>(&'a self, ready: &'a mut Ready) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(K::run(&self.0, ready))
    }

    fn needs(&self) -> &'static [&'static str] {
        K::NEEDS
    }

    fn ready(&self) -> Result<(), String> {
        K::ready(&self.0)
    }
}

fn compile<K: SetupKind>(compiler: &mut Compiler<'_>, node: &Node) -> Option<Box<dyn Prepare>> {
    match decode(compiler.source, node) {
        Ok(arguments) => Some(Box::new(Step::<K>(arguments))),
        Err(mistakes) => {
            compiler.mistakes.extend(mistakes);
            None
        }
    }
}
