//! From recorded evidence to judgements, without a socket in sight: a saved run can be judged again.
//!
//! Everything derived is computed here: policy attempts, gaps, windows. A function that checks may call is one file and one
//! row in `function`.

mod attempts;
mod bindings;
mod check;
mod dialect;
mod expression;
mod function;
mod held_up;
mod lint;
pub mod load;
mod mail;
mod offenders;
mod repeat;
mod second_sender;
mod template;
mod terms;
mod types;
mod window;

use std::{
    any::TypeId,
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::{
    evidence::Evidence,
    scenario::Scenario,
    verdict::{Judgement, Verdict},
};

pub use bindings::{Subject, WHICH, Watch, resolve};
pub use dialect::SeenDialect;
pub use lint::{Scope, lint_expression, lint_template, names_of_template};
pub use mail::{MailDue, mail_due};
pub use template::Templates;
pub use terms::Terms;
pub use types::Type;
pub use window::{Coverage, Needed, coverage, latest_after, needed};

/// One scenario of a run, with the values of its parameters.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The values of its parameters.
    pub params: BTreeMap<String, Value>,
}

/// The type of the facts that `T` serialises to.
#[must_use]
pub fn facts<T: JsonSchema + 'static>() -> Type {
    // A plan asks for the same few types hundreds of times.
    static KNOWN: Mutex<BTreeMap<TypeId, Type>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(TypeId::of::<T>()).or_insert_with(|| Type::from_schema(&inline_schema::<T>())).clone()
}

/// The JSON Schema of `T` without references.
#[must_use]
pub fn inline_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The name under which every expression finds what the profile pins: [`Terms`].
pub const TARGET: &str = "target";

/// The name under which every expression finds the scenario's agencies.
pub const AGENCIES: &str = "agencies";

/// The names that every expression may use beside those that steps bind.
#[must_use]
pub fn common_scope() -> Scope {
    Scope::from([(TARGET.to_owned(), facts::<Terms>())])
}

/// Judges every check of every case.
#[must_use]
pub fn judge(cases: &[Case], evidence: &Evidence, terms: &Terms) -> Vec<Judgement> {
    let context = Arc::new(
        terms::CallContext::new(terms, window::resend_window(terms, evidence, &[])).with_moves(&evidence.windows),
    );
    let environment = expression::environment(&context);
    let doubt = held_up::Doubt::of(evidence, terms, &context);
    let strangers = second_sender::strangers(evidence);
    let judged = |case| check::judge_case(case, evidence, terms, &environment, doubt.as_ref(), &strangers);
    cases.iter().flat_map(judged).collect()
}

/// The functions that checks may call: name, arguments and what each tells.
pub fn functions() -> impl Iterator<Item = (&'static str, &'static [&'static str], &'static str)> {
    function::FUNCTIONS.iter().map(|row| (row.name, row.arguments, row.summary))
}

/// The verdict of a check that was seen broken, by the requirement's level.
fn broken(level: crate::requirement::Level, strict: bool) -> Verdict {
    use crate::requirement::Level;
    match level {
        Level::Must => Verdict::Fail,
        Level::Should if strict => Verdict::Fail,
        Level::Should => Verdict::Warn,
        Level::Info => Verdict::Info,
    }
}

#[cfg(test)]
mod tests;
