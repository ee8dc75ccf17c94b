use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Cost, KINDS, Need, Run, find};
use crate::{
    judge::{Scope, Templates, Type, lint_template},
    scenario::{Alone, StepText, Text},
    syntax::{Kind, Mistake, Node, Source},
};

/// A kind's part of a compiled step.
pub struct Compiled {
    /// The type of what it binds.
    pub binds: Type,
    /// What of the target it cannot do without.
    pub needs: Vec<Need>,
    /// What it costs at most.
    pub cost: Cost,
    /// What runs.
    pub run: Box<dyn Run>,
}

/// Steps that are ready to run, one after another.
#[derive(Default)]
pub struct Steps {
    /// The steps, with what a report calls them, and the name that each binds.
    pub steps: Vec<(String, Option<String>, Compiled)>,
}

impl Steps {
    /// What all of them need.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        self.steps.iter().flat_map(|(_, _, step)| step.needs.iter().copied()).collect()
    }

    /// What all of them cost.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.steps.iter().fold(Cost::default(), |sum, (_, _, step)| sum + step.cost)
    }
}

/// Turns the steps of one scenario into what runs, and collects their mistakes.
pub struct Compiler<'a> {
    /// The scenario's text.
    pub source: &'a Source,
    /// The names of the scenario's agencies.
    pub agencies: &'a BTreeSet<String>,
    /// What the scenario must have to itself.
    pub alone: Option<Alone>,
    /// What is known before the run: the values of the scenario's parameters, and `target`.
    pub known: &'a BTreeMap<String, Value>,
    /// What the steps so far have bound, and what is in scope from the begin.
    pub scope: Scope,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
    pub(super) templates: &'a Templates,
    /// What stands before the number of a step in its name, for steps within a step.
    pub(super) prefix: String,
}

impl<'a> Compiler<'a> {
    /// A compiler for one scenario.
    #[must_use]
    pub fn new(
        source: &'a Source,
        agencies: &'a BTreeSet<String>,
        alone: Option<Alone>,
        known: &'a BTreeMap<String, Value>,
        scope: Scope,
        templates: &'a Templates,
    ) -> Self {
        Self { source, agencies, alone, known, scope, mistakes: Vec::new(), templates, prefix: String::new() }
    }

    /// Compiles steps in their order; a name that one binds is in scope for those after it.
    pub fn steps(&mut self, steps: &[StepText]) -> Steps {
        let mut compiled = Steps::default();
        for (at, step) in steps.iter().enumerate() {
            let label = format!("step {}{} ({})", self.prefix, at + 1, step.kind.text);
            let Some(row) = find(&step.kind.text) else {
                let what = format!("unknown step `{}`", step.kind.text);
                let mistake = Mistake::new(self.source, step.kind.span.clone(), what);
                self.mistakes.push(mistake.cure_from(&step.kind.text, KINDS.iter().map(|row| row.name)));
                // What it would have bound is not known, and not to be complained about.
                if let Some(name) = step.arguments.get("as").and_then(Node::text) {
                    self.scope.insert(name.to_owned(), Type::Any);
                }
                continue;
            };
            let mut arguments = step.arguments.clone();
            let bind = self.take_as(&mut arguments);
            self.templates.fill_known(&mut arguments, self.known);
            let within = format!("{}{}.", self.prefix, at + 1);
            let before = std::mem::replace(&mut self.prefix, within);
            let ready = (row.compile)(self, &arguments);
            self.prefix = before;
            if let Some(name) = &bind {
                self.scope.insert(name.clone(), ready.as_ref().map_or(Type::Any, |ready| ready.binds.clone()));
            }
            compiled.steps.extend(ready.map(|ready| (label, bind, ready)));
        }
        compiled
    }

    /// Takes `as: NAME` out of a step's arguments.
    fn take_as(&mut self, arguments: &mut Node) -> Option<String> {
        let Kind::Map(entries) = &mut arguments.kind else { return None };
        let entry = entries.remove(entries.iter().position(|entry| entry.key == "as")?);
        let name = entry.value.text().unwrap_or_default();
        let sound = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !sound {
            let what = format!("expected a name such as `got`, found {}", entry.value.describe());
            self.mistakes.push(
                Mistake::new(self.source, entry.value.span.clone(), what)
                    .cure("begin with a small letter; small letters, digits and `_` may follow"),
            );
            return None;
        }
        if self.scope.contains_key(name) {
            let what = format!("the name `{name}` is taken");
            self.mistakes.push(Mistake::new(self.source, entry.value.span, what).cure("every name is bound once"));
            return None;
        }
        Some(name.to_owned())
    }

    /// Lints every template in a step's arguments.
    pub(super) fn lint_templates(&mut self, node: &Node) {
        match &node.kind {
            Kind::Text(text) if text.contains("{{") || text.contains("{%") => {
                let text = Text { text: text.clone(), span: node.span.clone() };
                self.mistakes.extend(lint_template(self.source, &text, &self.scope));
            }
            Kind::List(items) => items.iter().for_each(|item| self.lint_templates(item)),
            Kind::Map(entries) => entries.iter().for_each(|entry| self.lint_templates(&entry.value)),
            _ => {}
        }
    }
}
