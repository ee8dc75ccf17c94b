use std::collections::HashSet;

use super::{AgencyText, Alone, Check, Param, QUALIFIERS, Scenario, StepText, Text, check::EXPRESSION, load::Draft};
use crate::{
    requirement::{self, Side},
    syntax::{Entry, Kind, Mistake, Node, Source, parse_yaml_once},
};

const KEYS: [&str; 7] = ["title", "side", "alone", "agencies", "params", "steps", "checks"];

/// The keys of a check beside its requirement.
fn check_keys() -> impl Iterator<Item = &'static str> {
    QUALIFIERS.iter().map(|row| row.key).chain(["any_of"])
}

/// Reads one scenario file.
///
/// # Errors
///
/// Every mistake of the file's own syntax. Those in the arguments of steps and in expressions are found by the plan.
pub fn parse(path: &str, source: &Source) -> Result<Scenario, Vec<Mistake>> {
    match parse_on(path, source) {
        (Some(scenario), mistakes) if mistakes.is_empty() => Ok(scenario),
        (_, mistakes) => Err(mistakes),
    }
}

/// The same past mistakes: gives what could be read beside them, so that what is wrong in steps and expressions can be told
/// too. Nothing is given where agencies, parameters or steps are missing of it: their absence would look like mistakes.
#[must_use]
pub fn parse_on(path: &str, source: &Source) -> (Option<Scenario>, Vec<Mistake>) {
    let root = match parse_yaml_once(source) {
        Ok(root) => root,
        Err(mistake) => return (None, vec![mistake]),
    };
    if Draft::is_load(&root) {
        let mistake =
            Mistake::new(source, root.span.start..root.span.start, "this is a load scenario: it has `groups`");
        return (None, vec![mistake.cure("run it by `matchproof load`")]);
    }
    let mut reader = Reader { source, mistakes: Vec::new(), names_are_whole: true };
    let scenario = reader.scenario(path, &root);
    (reader.names_are_whole.then_some(scenario), reader.mistakes)
}

struct Reader<'a> {
    source: &'a Source,
    mistakes: Vec<Mistake>,
    /// Whether all that binds a name could be read.
    names_are_whole: bool,
}

impl Reader<'_> {
    fn mistake(&mut self, span: &std::ops::Range<usize>, what: impl Into<String>) -> &mut Mistake {
        let at = self.mistakes.len();
        self.mistakes.push(Mistake::new(self.source, span.clone(), what));
        &mut self.mistakes[at]
    }

    fn cure(&mut self, span: &std::ops::Range<usize>, what: impl Into<String>, cure: impl Into<String>) {
        self.mistake(span, what).cure = Some(cure.into());
    }

    fn unknown<'k>(&mut self, entry: &Entry, what: &str, known: impl IntoIterator<Item = &'k str>) {
        let mistake = Mistake::new(self.source, entry.key_span.clone(), format!("unknown {what} `{}`", entry.key));
        self.mistakes.push(mistake.cure_from(&entry.key, known));
    }

    fn scenario(&mut self, path: &str, root: &Node) -> Scenario {
        if !matches!(root.kind, Kind::Map(_)) {
            self.cure(&root.span, format!("a scenario is a mapping, not {}", root.describe()), "begin with `title: …`");
            self.names_are_whole = false;
            return Scenario::empty(path, self.source);
        }
        for entry in root.entries() {
            if !KEYS.contains(&entry.key.as_str()) {
                self.unknown(entry, "key", KEYS);
            }
        }
        let title = if let Some(node) = root.get("title") {
            self.text(node, "a title").text
        } else {
            self.mistake(&(root.span.start..root.span.start), "`title` is missing");
            String::new()
        };
        let side = self.word(root, "side", &[("platform", Side::Platform), ("partner", Side::Partner)]);
        let alone = self.word(root, "alone", &Alone::ALL);
        let before = self.mistakes.len();
        let agencies = root.get("agencies").map(|node| self.agencies(node)).unwrap_or_default();
        let params = root.get("params").map(|node| self.params(node)).unwrap_or_default();
        let steps = root.get("steps").map(|node| self.steps(node)).unwrap_or_default();
        self.names_are_whole = self.mistakes.len() == before;
        let scenario = Scenario {
            path: path.to_owned(),
            source: self.source.clone(),
            title,
            side: side.unwrap_or_default(),
            alone,
            agencies,
            params,
            steps,
            checks: root.get("checks").map(|node| self.checks(node)).unwrap_or_default(),
        };
        if scenario.checks.is_empty() && root.get("checks").is_none_or(|node| node.items().is_empty()) {
            self.cure(
                &(root.span.start..root.span.start),
                "a scenario without checks proves nothing",
                "add `checks:` with lines such as `- HOOK-1: got[0].registered_target`",
            );
        }
        scenario
    }

    fn text(&mut self, node: &Node, what: &str) -> Text {
        let text = match &node.kind {
            Kind::Text(text) => text.clone(),
            // `HOOK-1: true` and `given: 1` are YAML for text that a reader sees as such.
            Kind::Bool(value) => value.to_string(),
            Kind::Int(value) => value.to_string(),
            Kind::Float(value) => value.to_string(),
            _ => {
                self.mistake(&node.span, format!("expected {what}, found {}", node.describe()));
                String::new()
            }
        };
        Text { text, span: node.span.clone() }
    }

    fn word<T: Copy>(&mut self, root: &Node, key: &str, words: &[(&str, T)]) -> Option<T> {
        let node = root.get(key)?;
        let written = self.text(node, "a word");
        let found = words.iter().find(|(word, _)| *word == written.text).map(|(_, value)| *value);
        if found.is_none() && !written.text.is_empty() {
            let mistake = Mistake::new(self.source, node.span.clone(), format!("unknown {key} `{}`", written.text));
            self.mistakes.push(mistake.cure_from(&written.text, words.iter().map(|(word, _)| *word)));
        }
        found
    }

    /// `[flat, house]`, `{ odd: { id: "…" } }`, or a number of agencies named `a1`, `a2`, ….
    fn agencies(&mut self, node: &Node) -> Vec<AgencyText> {
        let plain = |name: String, span| AgencyText { name, id: None, account_of: None, span };
        match &node.kind {
            Kind::Int(count @ 1..=1000) => (1..=*count).map(|n| plain(format!("a{n}"), node.span.clone())).collect(),
            Kind::List(items) => {
                items.iter().map(|item| plain(self.text(item, "an agency's name").text, item.span.clone())).collect()
            }
            Kind::Map(entries) => entries.iter().map(|entry| self.agency(entry)).collect(),
            _ => {
                self.cure(
                    &node.span,
                    format!("expected the names of agencies, found {}", node.describe()),
                    "write `agencies: [flat, house]`, or a number from 1 to 1000",
                );
                Vec::new()
            }
        }
    }

    fn agency(&mut self, entry: &Entry) -> AgencyText {
        if !matches!(entry.value.kind, Kind::Map(_) | Kind::Null) {
            let what = format!("expected `{{}}`, or `id` and `account_of`, found {}", entry.value.describe());
            self.mistake(&entry.value.span, what);
        }
        for inner in entry.value.entries() {
            if !["id", "account_of"].contains(&inner.key.as_str()) {
                self.unknown(inner, "key", ["id", "account_of"]);
            }
        }
        AgencyText {
            name: entry.key.clone(),
            id: entry.value.get("id").map(|node| self.text(node, "a template for the agencyId")),
            account_of: entry.value.get("account_of").map(|node| self.text(node, "an agency's name")),
            span: entry.key_span.clone(),
        }
    }

    fn params(&mut self, node: &Node) -> Vec<Param> {
        if !matches!(node.kind, Kind::Map(_)) {
            self.mistake(&node.span, format!("expected `name: default` pairs, found {}", node.describe()));
        }
        node.entries().iter().map(|entry| Param { name: entry.key.clone(), default: entry.value.clone() }).collect()
    }

    fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        if !matches!(node.kind, Kind::List(_) | Kind::Null) {
            self.mistake(&node.span, format!("expected a list of {what}, found {}", node.describe()));
        }
        node.items()
    }

    fn steps(&mut self, node: &Node) -> Vec<StepText> {
        let items = self.list(node, "steps");
        items
            .iter()
            .filter_map(|item| step(self.source, item).map_err(|mistake| self.mistakes.push(mistake)).ok())
            .collect()
    }

    fn checks(&mut self, node: &Node) -> Vec<Check> {
        let mut seen = HashSet::new();
        let items = self.list(node, "checks");
        items.iter().filter_map(|item| self.check(item, &mut seen)).collect()
    }

    fn check(&mut self, item: &Node, seen: &mut HashSet<String>) -> Option<Check> {
        let (leading, others): (Vec<&Entry>, Vec<&Entry>) =
            item.entries().iter().partition(|entry| !check_keys().any(|key| key == entry.key));
        let strangers = leading.iter().filter(|entry| requirement::find(&entry.key).is_none());
        if leading.len() > 1 && strangers.clone().count() > 0 {
            for entry in strangers {
                self.unknown(entry, "key", check_keys());
            }
            return None;
        }
        let [lead] = leading[..] else {
            self.cure(
                &item.span,
                "a check names exactly one requirement",
                "write `- HOOK-1: got[0].registered_target`, and `given:`, `window:` … on lines of their own below it",
            );
            return None;
        };
        let Some(requirement) = requirement::find(&lead.key) else {
            self.unknown(lead, "requirement", requirement::all().map(|row| row.id));
            return None;
        };
        let mut check = Check::new(requirement, lead.key_span.clone());
        check.expression = (lead.value.kind != Kind::Null).then(|| self.text(&lead.value, EXPRESSION));
        for entry in others {
            self.qualifier(&mut check, entry);
        }
        if check.expression.is_some() != check.any_of.is_empty() {
            self.cure(
                &check.span,
                format!("{} needs an expression or `any_of`, and not both", requirement.id),
                "write the expression behind the requirement, or every acceptable outcome under `any_of:`",
            );
        }
        let identity = format!("{} {:?} {:?}", requirement.id, check.expression, check.any_of);
        if !seen.insert(identity) {
            self.mistake(&check.span, format!("{} stands here twice with the same expression", requirement.id));
        }
        Some(check)
    }

    fn qualifier(&mut self, check: &mut Check, entry: &Entry) {
        let value = &entry.value;
        if let Some(row) = QUALIFIERS.iter().find(|row| row.key == entry.key) {
            *(row.place)(check) = Some(self.text(value, row.expected));
            return;
        }
        if value.entries().is_empty() {
            self.mistake(&value.span, "`any_of` is a mapping from an outcome's name to its expression");
        }
        check.any_of = value.entries().iter().map(|one| (one.key.clone(), self.text(&one.value, EXPRESSION))).collect();
    }
}

/// Reads one step: a mapping with one key, or the bare name of a kind that needs no arguments.
///
/// # Errors
///
/// The node is neither.
pub(crate) fn step(source: &Source, node: &Node) -> Result<StepText, Mistake> {
    match &node.kind {
        Kind::Text(kind) => Ok(StepText {
            kind: Text { text: kind.clone(), span: node.span.clone() },
            arguments: Node { kind: Kind::Map(Vec::new()), span: node.span.clone() },
        }),
        Kind::Map(entries) if entries.len() == 1 => Ok(StepText {
            kind: Text { text: entries[0].key.clone(), span: entries[0].key_span.clone() },
            arguments: entries[0].value.clone(),
        }),
        _ => Err(Mistake::new(source, node.span.clone(), format!("expected a step, found {}", node.describe()))
            .cure("write `- connect: { agency: flat }`: the kind, then its arguments")),
    }
}

#[cfg(test)]
mod tests;
