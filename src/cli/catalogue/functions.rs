use serde_json::json;

use super::{Item, Shelf};
use crate::judge::functions;

pub(super) const SHELF: Shelf = Shelf { name: "functions", about: "what a check may ask", items, explain };

fn items() -> Vec<Item> {
    functions()
        .map(|(name, arguments, summary)| Item {
            name: name.to_owned(),
            columns: vec![call(name, arguments)],
            text: summary.to_owned(),
            json: json!({ "name": name, "arguments": arguments, "summary": summary }),
        })
        .collect()
}

fn explain(name: &str) -> Option<String> {
    let (name, arguments, summary) = functions().find(|(known, _, _)| *known == name)?;
    Some(format!("{}, a function for checks\n  {summary}", call(name, arguments)))
}

fn call(name: &str, arguments: &[&str]) -> String {
    format!("{name}({})", arguments.join(", "))
}
