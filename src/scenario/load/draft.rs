use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    Course, LoadScenario,
    group::{Total, Users},
    reader::{Reader, entry, place},
    stage::Stage,
    threshold::Known,
    value::{Length, Rate},
};
use crate::{
    requirement::{self, Requirement, Side},
    scenario::{Param, Text},
    schedule::Arrivals,
    syntax::{Kind, Mistake, Node, Source, parse_yaml},
};

/// The keys of a file.
pub(super) const KEYS: [&str; 10] =
    ["title", "params", "groups", "rate", "users", "arrivals", "stages", "thresholds", "requirements", "max_response"];

/// The time-out of one request, where the file does not say.
const MAX_RESPONSE: Duration = Duration::from_secs(30);

/// A load scenario whose parameters are still to be put in.
pub struct Draft {
    path: String,
    source: Source,
    root: Node,
    params: Vec<Param>,
    mistakes: Vec<Mistake>,
}

impl Draft {
    /// Whether a file is a load scenario: it has `groups`.
    #[must_use]
    pub fn is_load(root: &Node) -> bool {
        root.get("groups").is_some()
    }

    /// Reads as much of a file as tells what its parameters are.
    ///
    /// # Errors
    ///
    /// What makes the file no load scenario at all. Any other mistake is told by [`Draft::finish`].
    pub fn open(path: &str, source: &Source) -> Result<Self, Vec<Mistake>> {
        let mut root = parse_yaml(source).map_err(|mistake| vec![mistake])?;
        let Kind::Map(entries) = &mut root.kind else {
            let what = format!("a load scenario is a mapping, not {}", root.describe());
            return Err(vec![Mistake::new(source, root.span, what).cure("begin with `title: …`")]);
        };
        let has = |key: &str| entries.iter().any(|entry| entry.key == key);
        if has("steps") && !has("groups") {
            let what = "this is no load scenario: it has `steps`, and no `groups`";
            let place = root.span.start..root.span.start;
            return Err(vec![Mistake::new(source, place, what).cure("run it by `matchproof run`")]);
        }
        let mut mistakes = Vec::new();
        let at = entries.iter().position(|entry| entry.key == "params");
        let params = at.map(|at| entries.remove(at).value);
        if let Some(node) = params.as_ref().filter(|node| !matches!(node.kind, Kind::Map(_) | Kind::Null)) {
            let what = format!("expected `name: default` pairs, found {}", node.describe());
            mistakes.push(Mistake::new(source, node.span.clone(), what));
        }
        let params = params.iter().flat_map(Node::entries);
        let params = params.map(|entry| Param { name: entry.key.clone(), default: entry.value.clone() }).collect();
        Ok(Self { path: path.to_owned(), source: source.clone(), root, params, mistakes })
    }

    /// Its path without the ending.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The file's text.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The values that a user may set.
    #[must_use]
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// Every template that must rest on parameters alone: those that stand outside of steps.
    #[must_use]
    pub fn templates(&self) -> Vec<Text> {
        let mut found = Vec::new();
        templates(&self.root, &mut found);
        found
    }

    /// Reads the file with its parameters put in: `fill` gets the value of every key, and replaces the templates in it.
    ///
    /// Gives every mistake of the file's own syntax beside what could be read, so that the steps, which find those in their
    /// arguments, can be asked too.
    #[must_use]
    pub fn finish(
        mut self,
        params: BTreeMap<String, Value>,
        mut fill: impl FnMut(&mut Node),
    ) -> (LoadScenario, Vec<Mistake>) {
        if let Kind::Map(entries) = &mut self.root.kind {
            for entry in entries {
                fill(&mut entry.value);
            }
        }
        let mut reader = Reader { source: &self.source, mistakes: self.mistakes };
        let scenario = reader.scenario(self.path, &self.root, params);
        let mut mistakes = reader.mistakes;
        mistakes.sort_by_key(|mistake| mistake.span.start);
        (scenario, mistakes)
    }
}

/// Collects the templates below a node; those of steps are the steps' own.
fn templates(node: &Node, found: &mut Vec<Text>) {
    if let Some(text) = node.text().filter(|text| text.contains("{{") || text.contains("{%")) {
        found.push(Text { text: text.to_owned(), span: node.span.clone() });
    }
    node.items().iter().for_each(|item| templates(item, found));
    let entries = node.entries().iter().filter(|entry| !matches!(entry.key.as_str(), "setup" | "flow"));
    entries.for_each(|entry| templates(&entry.value, found));
}

impl Reader<'_> {
    fn scenario(&mut self, path: String, root: &Node, params: BTreeMap<String, Value>) -> LoadScenario {
        for entry in root.entries().iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
            self.unknown(&entry.key_span, "key", &entry.key, KEYS.into_iter().filter(|key| *key != "params"));
        }
        for (key, cure) in [
            ("title", "say in one line what the load is like"),
            ("groups", "a load scenario says who does what: `groups: [ { name: push, flow: [ … ], rate: 10/s } ]`"),
            ("stages", "say for how long: `stages: [ { ramp: 5s }, { hold: 30s } ]`"),
        ] {
            if entry(root, key).is_none() {
                self.told(&(root.span.start..root.span.start), format!("`{key}` is missing"), cure);
            }
        }
        let title = root.get("title").and_then(|node| self.read(node)).unwrap_or_default();
        let (stages, all_stages) = root.get("stages").map(|node| self.stages(node)).unwrap_or_default();
        let total = self.total(root, &stages);
        let (groups, all_groups) = root.get("groups").map(|node| self.groups(node, total)).unwrap_or_default();
        let known = Known { groups: all_groups.then_some(&groups), stages: all_stages.then_some(&stages) };
        let thresholds = root.get("thresholds").map(|node| self.thresholds(node, known)).unwrap_or_default();
        if let Some(search) = stages.iter().find(|stage| matches!(stage.course, Course::Search(_)))
            && root.get("thresholds").is_none_or(|node| node.items().is_empty())
        {
            let cure = "add `thresholds:`, such as `- { figure: push.p99, below: 250ms }`";
            self.told(&search.span, "a search without thresholds finds no limit", cure);
        }
        LoadScenario {
            path,
            source: self.source.clone(),
            title,
            params,
            groups,
            arrivals: root.get("arrivals").map(|node| self.arrivals(node)).unwrap_or_default(),
            stages,
            thresholds,
            requirements: root.get("requirements").map(|node| self.requirements(node)).unwrap_or_default(),
            max_response: root
                .get("max_response")
                .and_then(|node| self.read::<Length>(node))
                .map_or(MAX_RESPONSE, |length| length.0),
        }
    }

    /// What all groups share, if anything.
    fn total(&mut self, root: &Node, stages: &[Stage]) -> Total {
        let rate = root.get("rate").map(|node| self.read::<Rate>(node).map_or(1.0, |rate| rate.0));
        let users = root.get("users").map(|node| self.read::<Users>(node).map_or(1000, Users::get));
        if let Some(search) = stages.iter().find(|stage| matches!(stage.course, Course::Search(_))) {
            for key in ["rate", "users"].into_iter().filter(|key| entry(root, key).is_some()) {
                let what = format!("the rates are those of `{}`", search.shape);
                self.told(&place(root, key), what, format!("take `{key}` away"));
            }
            return Total::Search;
        }
        match (rate, users) {
            (Some(_), Some(_)) => {
                self.told(&place(root, "users"), "`rate` stands here too", "keep one of them");
                Total::Own
            }
            (Some(rate), None) => Total::Rate(rate),
            (None, Some(users)) => Total::Users(users),
            (None, None) => Total::Own,
        }
    }

    fn arrivals(&mut self, node: &Node) -> Arrivals {
        match (node.text(), node.entries()) {
            (Some("even"), _) => return Arrivals::Even,
            (Some("poisson"), _) => return Arrivals::Poisson { seed: 0 },
            (None, [only]) if only.key == "poisson" => {
                if let Some(seed) = self.read(&only.value) {
                    return Arrivals::Poisson { seed };
                }
            }
            _ => {
                let what = format!("unknown arrivals: {}", node.describe());
                self.told(&node.span, what, "write `even`, `poisson`, or `{ poisson: 7 }` with a seed");
            }
        }
        Arrivals::default()
    }

    fn requirements(&mut self, node: &Node) -> Vec<&'static Requirement> {
        let mut found: Vec<&'static Requirement> = Vec::new();
        for item in self.list(node, "requirements", "requirements: [LINK-2]") {
            let Some(id) = self.read::<String>(item) else { continue };
            let Some(row) = requirement::find(&id) else {
                let of_side = requirement::all().filter(|row| row.side == Side::Platform);
                self.unknown(&item.span, "requirement", &id, of_side.map(|row| row.id));
                continue;
            };
            if row.side != Side::Platform {
                let what = format!("{} is the {}'s to keep", row.id, row.side);
                self.told(&item.span, what, format!("take a requirement of the {}'s side", Side::Platform));
            } else if found.iter().any(|other| other.id == row.id) {
                self.told(&item.span, format!("{} stands here twice", row.id), "take one of them away");
            }
            found.push(row);
        }
        found
    }
}

#[cfg(test)]
mod tests;
