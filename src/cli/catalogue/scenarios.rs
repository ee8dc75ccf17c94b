use serde_json::json;

use super::{Item, Shelf, ids};
use crate::scenario::{Scenario, parse, shipped};

pub(super) const SHELF: Shelf =
    Shelf { name: "scenarios", about: "the test cases inside this program", items, explain };

/// The shipped scenarios. A test holds that all of them can be read.
pub(super) fn parsed() -> Vec<Scenario> {
    shipped().into_iter().filter_map(|(path, source)| parse(&path, &source).ok()).collect()
}

fn items() -> Vec<Item> {
    parsed()
        .into_iter()
        .map(|scenario| {
            let mut proves: Vec<&str> = scenario.checks.iter().map(|check| check.requirement.id).collect();
            proves.dedup();
            Item {
                columns: vec![ids(proves.iter().copied())],
                json: json!({ "path": scenario.path, "title": scenario.title, "side": scenario.side, "proves": proves }),
                text: scenario.title,
                name: scenario.path,
            }
        })
        .collect()
}

fn explain(path: &str) -> Option<String> {
    let (path, source) = shipped().into_iter().find(|(shipped, _)| shipped == path)?;
    Some(format!("{path}, a scenario that is shipped\n\n{}", source.text().trim_end()))
}
