//! From load files to what can be sent: every mistake of every file found, every step compiled. Nothing is sent here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    action::{self, Made, Wants},
    setup::{self, Prepare},
};
use crate::{
    judge::{Scope, TARGET, Templates, Terms, lint_template},
    plan::{LoadRead, Settings, loads, scope},
    scenario::{
        StepText, Text,
        load::{Group, LoadScenario, Pace, Stage},
    },
    syntax::{Kind, Mistake, Node, Source, Span},
};

/// The load scenarios of a run, in the order in which they were given.
pub struct LoadPlan {
    /// The scenarios.
    pub scenarios: Vec<PlannedLoad>,
}

/// A load scenario with its steps compiled.
pub struct PlannedLoad {
    /// The scenario, with the values of its parameters.
    pub scenario: LoadScenario,
    /// Its groups, in the file's order.
    pub(super) groups: Vec<PlannedGroup>,
}

/// A group with its steps compiled.
pub(super) struct PlannedGroup {
    pub(super) setup: Vec<Box<dyn Prepare>>,
    pub(super) flow: Vec<Made>,
}

/// How many users wait for arrivals where the file does not say: for the arrivals of a second, within these bounds.
const POOL: (f64, f64) = (10.0, 512.0);

/// The highest level, with which the rates of open groups are multiplied: of a search, whose groups' rates are parts of the
/// whole, the highest rate that it tries.
fn highest(scenario: &LoadScenario) -> f64 {
    let levels = scenario.levels().map(|(_, level)| level.from.max(level.to));
    levels.chain(scenario.breakpoint().map(|search| search.to)).fold(0.0, f64::max)
}

/// How many users a group has.
pub(super) fn users(scenario: &LoadScenario, group: &Group) -> usize {
    let highest = highest(scenario);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both are within bounds")]
    let whole = |users: f64| users.ceil().clamp(1.0, 100_000.0) as usize;
    match group.pace {
        Pace::Open { pool: Some(pool), .. } => pool as usize,
        Pace::Open { rate, pool: None } => whole((rate * highest).clamp(POOL.0, POOL.1)),
        Pace::Closed { users } => whole(f64::from(users) * highest),
    }
}

impl PlannedLoad {
    /// The most requests that are due in a second, by the file: each measured step of an open group counts as one. What
    /// groups of `users` send depends on the target.
    #[must_use]
    pub fn peak_rate(&self) -> f64 {
        let highest = highest(&self.scenario);
        let of_group = |group: &Group| match group.pace {
            Pace::Open { rate, .. } => {
                let steps = group.flow.iter().filter(|step| action::is_timed(&step.step.kind.text)).count();
                #[expect(clippy::cast_precision_loss, reason = "a flow has far fewer steps than 2^52")]
                let steps = steps as f64;
                rate * highest * steps
            }
            Pace::Closed { .. } => 0.0,
        };
        self.scenario.groups.iter().map(of_group).sum()
    }

    /// Whether it shows the profile's credentials, or a token that was got with them: without, pushing with keys that are
    /// there already needs no token at all. Who plays an agency follows a link, and a link takes a token.
    pub(super) fn authenticates(&self) -> bool {
        let mut flow = self.groups.iter().flat_map(|group| &group.flow);
        flow.any(|step| step.wants.credentials) || self.needs().contains("agency")
    }

    /// What its setups take from this machine and cannot have, such as a variable that is not set, and what to do.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let groups = self.scenario.groups.iter().zip(&self.groups);
        let of_group = |(group, planned): (&Group, &PlannedGroup)| {
            let found = planned.setup.iter().filter_map(|step| step.ready().err());
            found.map(|what| format!("{}: setup of `{}`: {what}", self.scenario.path, group.name)).collect::<Vec<_>>()
        };
        groups.flat_map(of_group).collect()
    }

    /// What of the target it cannot do without, by the names of the profile's capabilities.
    #[must_use]
    pub fn needs(&self) -> BTreeSet<&'static str> {
        let of_group = |group: &PlannedGroup| -> Vec<&'static str> {
            let flow = group.flow.iter().flat_map(|step| step.wants.capabilities.clone());
            flow.chain(group.setup.iter().flat_map(|step| step.needs().iter().copied())).collect()
        };
        self.groups.iter().flat_map(of_group).collect()
    }
}

/// Reads load scenarios into a plan.
///
/// # Errors
///
/// Every mistake of every file, and every `--set` that no scenario has a parameter for.
pub fn plan(files: &[(String, Source)], settings: &Settings, terms: &Terms) -> Result<LoadPlan, Vec<Mistake>> {
    let templates = Templates::new(terms);
    let (read, mut mistakes) = loads(files, settings, terms);
    let mut scenarios = Vec::new();
    for LoadRead { scenario, mistakes: mut found } in read {
        if let Some(scenario) = scenario {
            let (groups, further) = groups(&scenario, terms, &templates);
            let told: Vec<Span> = found.iter().map(|mistake| mistake.span.clone()).collect();
            found.extend(further.into_iter().filter(|mistake| !told.contains(&mistake.span)));
            scenarios.push(PlannedLoad { scenario, groups });
        }
        found.sort_by_key(|mistake| mistake.span.start);
        mistakes.extend(found);
    }
    if mistakes.is_empty() { Ok(LoadPlan { scenarios }) } else { Err(mistakes) }
}

fn groups(scenario: &LoadScenario, terms: &Terms, templates: &Templates) -> (Vec<PlannedGroup>, Vec<Mistake>) {
    let mut known = scenario.params.clone();
    known.insert(TARGET.into(), serde_json::to_value(terms).unwrap_or_default());
    let mut compiler = Compiler {
        source: &scenario.source,
        stages: &scenario.stages,
        mistakes: Vec::new(),
        known: &known,
        scope: scope(&scenario.params, &BTreeSet::new()),
        templates,
    };
    let groups = scenario.groups.iter().map(|group| compiler.group(group)).collect();
    compiler.requirements(scenario);
    (groups, compiler.mistakes)
}

/// Turns the steps of one file into what runs, and collects their mistakes.
pub(super) struct Compiler<'a> {
    /// The file's text.
    pub(super) source: &'a Source,
    /// The file's stages.
    pub(super) stages: &'a [Stage],
    /// What is wrong.
    pub(super) mistakes: Vec<Mistake>,
    known: &'a BTreeMap<String, Value>,
    scope: Scope,
    templates: &'a Templates,
}

impl Compiler<'_> {
    /// Notes a mistake with what to do about it.
    pub(super) fn told(&mut self, span: &Span, what: impl Into<String>, cure: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.source, span.clone(), what).cure(cure));
    }

    fn group(&mut self, group: &Group) -> PlannedGroup {
        let mut setup = Vec::new();
        let mut before: Vec<&str> = Vec::new();
        for step in &group.setup {
            let kind = step.kind.text.as_str();
            match setup::find(kind) {
                None => self.unknown(step, "setup step", setup::SETUPS.iter().map(|row| row.name)),
                Some(row) => {
                    let arguments = self.arguments(step);
                    setup.extend((row.compile)(self, &arguments));
                }
            }
            if kind == "listings" && !before.iter().any(|name| setup::GIVE_KEYS.contains(name)) {
                self.told(&step.kind.span, "there is no key to push listings with", setup::KEYS_CURE);
            }
            before.push(kind);
        }
        let mut flow = Vec::new();
        for step in &group.flow {
            let kind = step.step.kind.text.as_str();
            match action::find(kind) {
                None => self.unknown(&step.step, "step of a flow", action::ACTIONS.iter().map(|row| row.name)),
                Some(row) => {
                    let arguments = self.arguments(&step.step);
                    if let Some(made) = (row.compile)(self, &arguments) {
                        self.order(&step.step, &made.wants, &before);
                        flow.push(made);
                    }
                }
            }
            before.push(kind);
        }
        if !group.flow.is_empty() && group.flow.iter().all(|step| !action::is_timed(&step.step.kind.text)) {
            let cure = "add a step that sends something";
            self.told(&group.span, format!("nothing that `{}` does is timed", group.name), cure);
        }
        PlannedGroup { setup, flow }
    }

    /// Tells of a step that rests on one which does not come before it.
    fn order(&mut self, step: &StepText, wants: &Wants, before: &[&str]) {
        if let Some(name) = wants.after.filter(|name| !before.contains(name)) {
            let what = format!("`{}` needs what `{name}` leaves", step.kind.text);
            self.told(&step.kind.span, what, format!("put a step `{name}` before it"));
        }
        if wants.keys && !before.iter().any(|name| setup::GIVE_KEYS.contains(name)) {
            let what = format!("there is no key for `{}`", step.kind.text);
            self.told(&step.kind.span, what, setup::KEYS_CURE);
        }
        if wants.listings && !before.contains(&"listings") {
            let what = format!("there is no listing for `{}`", step.kind.text);
            self.told(&step.kind.span, what, "add `listings: { count: 100 }` to the group's `setup`");
        }
    }

    fn unknown(&mut self, step: &StepText, what: &str, known: impl Iterator<Item = &'static str>) {
        let written = &step.kind.text;
        let mistake = Mistake::new(self.source, step.kind.span.clone(), format!("unknown {what} `{written}`"));
        self.mistakes.push(mistake.cure_from(written, known));
    }

    /// A step's arguments without its name, with the parameters put in.
    fn arguments(&mut self, step: &StepText) -> Node {
        let mut arguments = step.arguments.clone();
        if let Kind::Map(entries) = &mut arguments.kind {
            entries.retain(|entry| entry.key != "as");
        }
        self.lint_templates(&arguments);
        self.templates.fill_known(&mut arguments, self.known);
        arguments
    }

    fn lint_templates(&mut self, node: &Node) {
        if let Some(text) = node.text().filter(|text| text.contains("{{") || text.contains("{%")) {
            let text = Text { text: text.to_owned(), span: node.span.clone() };
            self.mistakes.extend(lint_template(self.source, &text, &self.scope));
        }
        node.items().iter().for_each(|item| self.lint_templates(item));
        node.entries().iter().for_each(|entry| self.lint_templates(&entry.value));
    }

    /// Tells of requirements that load cannot judge.
    fn requirements(&mut self, scenario: &LoadScenario) {
        for row in &scenario.requirements {
            if super::facts::supports(row.id) {
                continue;
            }
            let text = self.source.text();
            let from = text.find("requirements:").unwrap_or_default();
            let start = text[from..].find(row.id).map_or(from, |at| from + at);
            let what = format!("{} is not judged under load", row.id);
            let known = super::facts::SUPPORTED.iter().map(|row| row.id).collect::<Vec<_>>().join(", ");
            self.told(&(start..start + row.id.len()), what, format!("judged here: {known}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scenario::shipped_loads, syntax::render_all};

    fn planned(text: &str) -> Result<LoadPlan, String> {
        let file = ("mine".to_owned(), Source::new("mine.yaml", text));
        plan(&[file], &Settings::default(), &Terms::bare()).map_err(|told| render_all(&told))
    }

    #[test]
    fn every_shipped_load_compiles() {
        let files = shipped_loads();
        assert!(files.len() >= 8, "{}", files.len());
        let planned = plan(&files, &Settings::default(), &Terms::bare()).map_err(|told| render_all(&told));
        let planned = planned.unwrap_or_else(|told| panic!("{told}"));
        assert_eq!(planned.scenarios.len(), files.len());
        for one in planned.scenarios {
            assert_eq!(one.groups.len(), one.scenario.groups.len());
            assert!(!one.scenario.thresholds.is_empty(), "{}", one.scenario.path);
        }
    }

    #[test]
    fn every_example_compiles() {
        let flow =
            "{ authenticate: { as: a } }, { integrate: { as: b } }, { agree: { as: c } }, { delivered: { as: d } }";
        let setup = "{ connect: { agencies: 1 } }, { listings: { count: 1 } }";
        let compiles = |setup: &str, flow: &str| {
            let group = format!("{{ name: a, rate: 1/s, setup: [ {setup} ], flow: [ {flow} ] }}");
            let text = format!("title: T\ngroups: [ {group} ]\nstages: [ {{ hold: 5s }} ]\n");
            assert_eq!(planned(&text).err(), None, "{text}");
        };
        for row in action::ACTIONS {
            compiles(setup, &format!("{flow}, {{ {}: {} }}", row.name, row.example));
        }
        for row in setup::SETUPS {
            compiles(&format!("{{ connect: {{ agencies: 1 }} }}, {{ {}: {} }}", row.name, row.example), flow);
        }
    }

    #[test]
    fn every_mistake_of_a_file_is_told_at_once() {
        let told = planned(
            "title: T\ngroups:\n - name: a\n   rate: 10/d\n   setup: [ { conect: { agencies: 5 } } ]\n   \
             flow: [ { push_listing: { listing: old } }, puhs_listing, { agree: {} } ]\n\
             stages: [ { hold: 5s } ]\nrequirements: [LINK-2, CONN-1]\n",
        );
        insta::assert_snapshot!(told.err().unwrap_or_default(), @r#"
        error: expected a rate such as `500/s`, `30/min` or `0.5/s`, found the text "10/d"
         --> mine.yaml:4:10
          |
        4 |    rate: 10/d
          |          ^^^^

        error: unknown setup step `conect`
         --> mine.yaml:5:15
          |
        5 |    setup: [ { conect: { agencies: 5 } } ]
          |               ^^^^^^
          |
          = help: did you mean `connect`?

        error: unknown value `old`
         --> mine.yaml:6:39
          |
        6 |    flow: [ { push_listing: { listing: old } }, puhs_listing, { agree: {} } ]
          |                                       ^^^
          |
          = help: known here: fresh, same

        error: unknown step of a flow `puhs_listing`
         --> mine.yaml:6:48
          |
        6 |    flow: [ { push_listing: { listing: old } }, puhs_listing, { agree: {} } ]
          |                                                ^^^^^^^^^^^^
          |
          = help: did you mean `push_listing`?

        error: `agree` needs what `integrate` leaves
         --> mine.yaml:6:64
          |
        6 |    flow: [ { push_listing: { listing: old } }, puhs_listing, { agree: {} } ]
          |                                                                ^^^^^
          |
          = help: put a step `integrate` before it

        error: CONN-1 is not judged under load
         --> mine.yaml:8:24
          |
        8 | requirements: [LINK-2, CONN-1]
          |                        ^^^^^^
          |
          = help: judged here: AUTH-7, RATE-1, RATE-2, RATE-5, LINK-2, LINK-2b, HOOK-2, HOOK-5, HOOK-6, PUSH-6
        "#);
    }
}
