//! What can be listed and explained: one file for each kind of thing, and one row in [`SHELVES`].

mod defects;
mod dialects;
mod faults;
mod functions;
mod load_steps;
mod loads;
mod requirements;
mod scenarios;
mod shapes;
mod steps;

use serde_json::Value;

/// A kind of thing that has names.
pub(super) struct Shelf {
    /// The word for `list`.
    pub(super) name: &'static str,
    /// What stands there, in one line.
    pub(super) about: &'static str,
    /// All of it, in the order in which a reader wants it.
    pub(super) items: fn() -> Vec<Item>,
    /// Everything that is to be said of the thing of this name; nothing where there is none.
    pub(super) explain: fn(&str) -> Option<String>,
}

/// One thing, as a line of a list.
pub(super) struct Item {
    /// Its name, by which it is explained.
    pub(super) name: String,
    /// A few short columns.
    pub(super) columns: Vec<String>,
    /// What it is, in one line.
    pub(super) text: String,
    /// The same and more, for programs.
    pub(super) json: Value,
}

/// Every kind of thing. A name that two of them have is explained as each.
pub(super) const SHELVES: &[Shelf] = &[
    requirements::SHELF,
    scenarios::SHELF,
    steps::SHELF,
    faults::SHELF,
    functions::SHELF,
    loads::SHELF,
    load_steps::SHELF,
    shapes::SHELF,
    defects::SHELF,
    dialects::SHELF,
];

/// The ids of requirements as they stand in one cell.
fn ids(ids: impl IntoIterator<Item = &'static str>) -> String {
    ids.into_iter().collect::<Vec<_>>().join(", ")
}

/// A heading and its lines, each indented; nothing where there are none.
fn section(heading: &str, lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<String> = lines.into_iter().map(|line| format!("\n  {line}")).collect();
    if lines.is_empty() { String::new() } else { format!("\n\n{heading}{}", lines.concat()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_explained_and_listed_once() {
        for shelf in SHELVES {
            let items = (shelf.items)();
            assert!(!items.is_empty(), "{}", shelf.name);
            for item in &items {
                let text = (shelf.explain)(&item.name).unwrap_or_else(|| panic!("{} is not explained", item.name));
                assert!(text.contains(&item.name) && text.contains(&item.text), "{text}");
                assert_eq!(item.columns.len(), items[0].columns.len(), "{}", item.name);
                assert_eq!(items.iter().filter(|other| other.name == item.name).count(), 1, "{}", item.name);
            }
            assert_eq!((shelf.explain)("no-such-thing"), None);
        }
    }
}
