use std::sync::LazyLock;

use rust_embed::Embed;

use crate::syntax::Source;

#[derive(Embed)]
#[folder = "scenarios/"]
struct Files;

/// The folder of load scenarios.
const LOAD: &str = "load/";
/// The folder of scenarios that look and prove nothing; all others hold scenarios of conformance.
const DISCOVER: &str = "discover/";

/// The scenario files of conformance inside the binary, by path, in the order of their paths.
#[must_use]
pub fn shipped() -> Vec<(String, Source)> {
    files(|path| !path.starts_with(LOAD) && !path.starts_with(DISCOVER))
}

/// The load scenario files inside the binary, in the same way.
#[must_use]
pub fn shipped_loads() -> Vec<(String, Source)> {
    files(|path| path.starts_with(LOAD))
}

/// The scenario files inside the binary by which a target's dialect is discovered, in the same way.
#[must_use]
pub fn shipped_for_discovery() -> Vec<(String, Source)> {
    files(|path| path.starts_with(DISCOVER))
}

fn files(wanted: impl Fn(&str) -> bool) -> Vec<(String, Source)> {
    ALL.iter().filter(|(path, _)| wanted(path)).cloned().collect()
}

/// One source for each file, however often it is asked for: what a source says is parsed once.
static ALL: LazyLock<Vec<(String, Source)>> = LazyLock::new(|| {
    let source = |name: &str| {
        let path = name.strip_suffix(".yaml")?.to_owned();
        let text = String::from_utf8_lossy(&Files::get(name)?.data).into_owned();
        Some((path, Source::new(format!("shipped:{name}"), text)))
    };
    let mut files: Vec<(String, Source)> = Files::iter().filter_map(|name| source(&name)).collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
});
