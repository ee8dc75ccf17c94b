use std::future::Future;

use futures::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    AgencyState,
    compile::Compiler,
    context::{Context, Stop},
    facts::of_agency,
};
use crate::{
    judge::Type,
    syntax::{Mistake, Node},
};

/// Which of the scenario's agencies a step is about.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(untagged, expecting = "an agency's name, a list of names, or `each`")]
pub(super) enum Whom {
    /// One agency by its name, or `each`: all of them, side by side.
    One(String),
    /// These, side by side.
    These(Vec<String>),
}

/// So many agencies are served side by side.
const SIDE_BY_SIDE: usize = 64;

impl Whom {
    /// Whether the step is about one agency, so that it binds one value and not a list.
    pub(super) fn is_one(&self) -> bool {
        matches!(self, Whom::One(name) if name != "each")
    }

    /// The type of what is bound where one agency gives `one`.
    pub(super) fn shape(&self, one: Type) -> Type {
        if self.is_one() { one } else { Type::list(one) }
    }

    /// How many agencies are meant.
    pub(super) fn count(&self, agencies: usize) -> u64 {
        let count = match self {
            Whom::One(name) if name == "each" => agencies,
            Whom::One(_) => 1,
            Whom::These(names) => names.len(),
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// A mistake for every name that no agency of the scenario has.
    pub(super) fn lint(at: Option<&Node>, compiler: &Compiler<'_>) -> Vec<Mistake> {
        let Some(node) = at else { return Vec::new() };
        let places = if node.items().is_empty() { std::slice::from_ref(node) } else { node.items() };
        let known = || compiler.agencies.iter().map(String::as_str);
        if compiler.agencies.is_empty() {
            let mistake = Mistake::new(compiler.source, node.span.clone(), "this scenario has no agencies");
            return vec![mistake.cure("add `agencies: [flat]` at the top of the file")];
        }
        places
            .iter()
            .filter_map(|place| {
                let name = place.text()?;
                let all = name == "each" && node.items().is_empty();
                let fine = all || name.contains("{{") || compiler.agencies.contains(name);
                (!fine).then(|| {
                    Mistake::new(compiler.source, place.span.clone(), format!("unknown agency `{name}`"))
                        .cure_from(name, known())
                })
            })
            .collect()
    }

    /// The agencies that are meant.
    ///
    /// # Errors
    ///
    /// A name that was filled in and that no agency has.
    pub(super) fn agencies<'c>(&self, context: &'c Context) -> Result<Vec<&'c AgencyState>, Stop> {
        match self {
            Whom::One(name) if name == "each" => Ok(context.agencies().collect()),
            Whom::One(name) => Ok(vec![context.agency(&context.render(name)?)?]),
            Whom::These(names) => names.iter().map(|name| context.agency(&context.render(name)?)).collect(),
        }
    }

    /// Does something for every agency that is meant, side by side, and gives what one gave, or the list of what all gave.
    pub(super) async fn each<'c, F>(
        &self,
        context: &'c Context,
        one: impl Fn(&'c AgencyState) -> F,
    ) -> Result<Value, Stop>
    where
        F: Future<Output = Result<Value, Stop>>,
    {
        let agencies = self.agencies(context)?;
        let all: Vec<F> = agencies.iter().copied().map(one).collect();
        let mut results: Vec<Value> = Vec::with_capacity(all.len());
        let mut running = stream::iter(all).buffered(SIDE_BY_SIDE);
        while let Some(result) = running.next().await {
            results.push(result?);
        }
        if self.is_one() {
            return Ok(results.pop().unwrap_or_default());
        }
        for (result, agency) in results.iter_mut().zip(agencies) {
            of_agency(result, &agency.name);
        }
        Ok(Value::Array(results))
    }
}
