use rust_embed::Embed;

use crate::syntax::Source;

#[derive(Embed)]
#[folder = "scenarios/"]
struct Files;

/// The scenario files inside the binary, by path, in the order of their paths.
#[must_use]
pub fn shipped() -> Vec<(String, Source)> {
    let mut files: Vec<(String, Source)> = Files::iter()
        .filter_map(|name| {
            let path = name.strip_suffix(".yaml")?.to_owned();
            let text = String::from_utf8_lossy(&Files::get(&name)?.data).into_owned();
            Some((path, Source::new(format!("shipped:{name}"), text)))
        })
        .collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}
