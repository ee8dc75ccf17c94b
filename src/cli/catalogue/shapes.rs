use serde_json::json;

use super::{Item, Shelf};
use crate::scenario::load::SHAPES;

pub(super) const SHELF: Shelf =
    Shelf { name: "shapes", about: "how the rate or the users of a load's stage go", items, explain };

fn items() -> Vec<Item> {
    let item = |shape: &crate::scenario::load::Shape| Item {
        name: shape.name.to_owned(),
        columns: Vec::new(),
        text: shape.summary.to_owned(),
        json: json!({ "name": shape.name, "summary": shape.summary, "example": shape.example, "judged": shape.is_hold }),
    };
    SHAPES.iter().map(item).collect()
}

fn explain(name: &str) -> Option<String> {
    let shape = SHAPES.iter().find(|shape| shape.name == name)?;
    let judged = if shape.is_hold { "Thresholds are judged over it." } else { "Thresholds leave it out." };
    let (summary, example) = (shape.summary, shape.example);
    Some(format!("{name}, the shape of a load's stage: {summary}\n\n  stages: [ {example} ]\n\n{judged}"))
}
