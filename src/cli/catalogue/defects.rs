use serde_json::json;

use super::{Item, Shelf, ids, section};
use crate::{
    requirement,
    simulator::{DEFECTS, Defect},
};

pub(super) const SHELF: Shelf =
    Shelf { name: "defects", about: "ways in which the simulator can break the guide", items, explain };

fn items() -> Vec<Item> {
    DEFECTS
        .iter()
        .map(|defect| Item {
            name: defect.name.to_owned(),
            columns: vec![ids(defect.breaks.iter().copied())],
            text: defect.what.to_owned(),
            json: json!({ "name": defect.name, "what": defect.what, "breaks": defect.breaks }),
        })
        .collect()
}

fn explain(name: &str) -> Option<String> {
    let Defect { name, breaks, what, .. } = DEFECTS.iter().find(|defect| defect.name == name)?;
    let rows = breaks.iter().filter_map(|id| requirement::find(id));
    let breaks = section("Breaks", rows.map(|row| format!("{}, a {}: {}", row.id, row.level, row.text)));
    let try_it = section("Try it", [format!("matchproof simulate --defect {name}")]);
    Some(format!("{name}, a defect of the simulator\n  {what}{breaks}{try_it}"))
}
