use serde_json::json;

use super::{Item, Shelf, section};
use crate::simulator::{DIALECTS, Dialect};

pub(super) const SHELF: Shelf =
    Shelf { name: "dialects", about: "lawful ways in which the simulator can answer otherwise", items, explain };

fn items() -> Vec<Item> {
    DIALECTS
        .iter()
        .map(|dialect| Item {
            name: dialect.name.to_owned(),
            columns: Vec::new(),
            text: dialect.what.to_owned(),
            json: json!({ "name": dialect.name, "what": dialect.what }),
        })
        .collect()
}

fn explain(name: &str) -> Option<String> {
    let Dialect { name, what, .. } = DIALECTS.iter().find(|dialect| dialect.name == name)?;
    let try_it = section("Try it", [format!("matchproof simulate --dialect {name}")]);
    Some(format!("{name}, a dialect of the simulator\n  {what}{try_it}"))
}
