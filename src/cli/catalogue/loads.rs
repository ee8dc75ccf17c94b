use serde_json::json;

use super::{Item, Shelf, ids};
use crate::{
    judge::Terms,
    plan::{self, Settings},
    scenario::{load::LoadScenario, shipped_loads},
};

pub(super) const SHELF: Shelf =
    Shelf { name: "loads", about: "the load scenarios inside this program", items, explain };

/// The shipped load scenarios. A test holds that all of them can be read.
fn parsed() -> Vec<LoadScenario> {
    let read = |(path, source)| plan::load(path, source, &Settings::default(), &Terms::bare()).ok();
    shipped_loads().iter().filter_map(|(path, source)| read((path, source))).collect()
}

fn items() -> Vec<Item> {
    let item = |load: LoadScenario| {
        let judges: Vec<&str> = load.requirements.iter().map(|row| row.id).collect();
        Item {
            columns: vec![ids(judges.iter().copied())],
            json: json!({ "path": load.path, "title": load.title, "params": load.params, "judges": judges }),
            text: load.title,
            name: load.path,
        }
    };
    parsed().into_iter().map(item).collect()
}

fn explain(path: &str) -> Option<String> {
    let (path, source) = shipped_loads().into_iter().find(|(shipped, _)| shipped == path)?;
    Some(format!("{path}, a load scenario that is shipped\n\n{}", source.text().trim_end()))
}
