use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::Value;

use super::{
    Output,
    catalogue::{Item, SHELVES},
};

/// List what is known: requirements, scenarios, steps, load scenarios and what they are made of, defects and more.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What to list.
    #[arg(value_name = "WHAT", value_parser = names())]
    what: String,

    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

fn names() -> PossibleValuesParser {
    SHELVES.iter().map(|shelf| PossibleValue::new(shelf.name).help(shelf.about)).collect::<Vec<_>>().into()
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) {
    let items: Vec<Item> =
        SHELVES.iter().filter(|shelf| shelf.name == arguments.what).flat_map(|shelf| (shelf.items)()).collect();
    if arguments.json {
        let all = Value::Array(items.into_iter().map(|item| item.json).collect());
        output.say(&format!("{all:#}"));
    } else {
        output.say(&table(items));
    }
}

/// One line for each item, in columns.
fn table(items: Vec<Item>) -> String {
    let rows: Vec<Vec<String>> =
        items.into_iter().map(|item| [vec![item.name], item.columns, vec![item.text]].concat()).collect();
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default()).collect();
    let line = |row: Vec<String>| {
        let cells = row.into_iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::captured;

    fn listed(what: &str, json: bool) -> String {
        let ((), out, err) = captured(|output| run(&Arguments { what: what.into(), json }, output));
        assert!(err.is_empty(), "{err}");
        out
    }

    #[test]
    fn every_requirement_is_a_line() {
        let out = listed("requirements", false);
        assert_eq!(out.lines().count(), crate::requirement::all().count());
        let line = out.lines().find(|line| line.starts_with("RETRY-6 ")).unwrap();
        assert!(line.contains("  must ") && line.contains("  platform "), "{line}");
    }

    #[test]
    fn programs_get_a_list_of_objects() {
        for shelf in SHELVES {
            let all: Vec<serde_json::Map<String, Value>> = serde_json::from_str(&listed(shelf.name, true)).unwrap();
            assert_eq!(all.len(), (shelf.items)().len());
        }
    }
}
