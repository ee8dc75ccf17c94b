//! The rules of the house, held against the sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::house::{paths, says, tokens};

/// A module of the crate's root: its floor, and those of the same floor that it may know, which stand before it.
struct Room {
    name: &'static str,
    floor: u8,
    neighbours: &'static [&'static str],
}

const fn room(name: &'static str, floor: u8, neighbours: &'static [&'static str]) -> Room {
    Room { name, floor, neighbours }
}

const HOUSE: &[Room] = &[
    room("clock", 0, &[]),
    room("secret", 0, &[]),
    room("syntax", 0, &[]),
    room("markup", 0, &["secret"]),
    room("schedule", 0, &[]),
    room("timer", 0, &[]),
    room("trust", 0, &[]),
    room("listing", 0, &[]),
    room("verdict", 0, &[]),
    room("requirement", 0, &[]),
    room("dialect", 0, &["clock", "syntax"]),
    room("evidence", 0, &["clock", "dialect"]),
    room("profile", 0, &["clock", "dialect", "listing", "secret", "syntax"]),
    room("scenario", 1, &[]),
    room("judge", 1, &["scenario"]),
    room("report", 1, &[]),
    room("compare", 1, &["report"]),
    room("wire", 2, &[]),
    room("receiver", 2, &[]),
    room("agency", 2, &[]),
    room("mailbox", 2, &[]),
    room("journal", 2, &[]),
    room("simulator", 2, &[]),
    room("step", 3, &[]),
    room("plan", 3, &["step"]),
    room("run", 3, &["plan", "step"]),
    room("load", 3, &["plan", "run", "step"]),
    room("receive", 3, &[]),
    room("embedded", 3, &[]),
    room("selftest", 3, &["embedded", "plan", "run"]),
    room("cli", 4, &[]),
];

/// Rooms that may know these alone, whatever their floor.
const SECLUDED: &[(&str, &[&str])] = &[("simulator", &["clock", "secret", "trust"])];

/// Rooms that nobody may know but these.
const HIDDEN: &[(&str, &[&str])] =
    &[("simulator", &["embedded", "selftest", "cli"]), ("embedded", &["selftest", "cli"])];

/// Crates that stand in these rooms alone.
const CRATES: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("ctrlc", &["cli"]),
    ("anstream", &["cli"]),
    ("axum", &["load", "receive", "simulator"]),
    ("lettre", &["simulator"]),
    ("mail_parser", &["mailbox"]),
    ("smtp_proto", &["mailbox"]),
    ("governor", &["simulator"]),
    ("reqwest", &["wire", "receiver", "mailbox", "simulator"]),
    ("httparse", &["receiver"]),
    ("scraper", &["agency", "markup", "wire"]),
    ("minijinja", &["judge", "simulator"]),
    ("quick_junit", &["report"]),
    ("annotate_snippets", &["syntax"]),
    ("rust_embed", &["scenario"]),
];

/// What only the command line does.
const CLI_ALONE: &[&[&str]] = &[
    &["println", "!"],
    &["print", "!"],
    &["eprintln", "!"],
    &["eprint", "!"],
    &["process", "::", "exit"],
    &["stdout", "(", ")"],
    &["stderr", "(", ")"],
];

const MOST_LINES: usize = 600;

/// Sources by their path below `src`.
type Sources = BTreeMap<PathBuf, String>;

/// Every breach of the rules, as a line for a reader.
fn breaches(sources: &Sources) -> Vec<String> {
    let for_tests = for_tests_alone(sources);
    let mut breaches = Vec::new();
    for (path, source) in sources {
        let lines = source.lines().count();
        if lines > MOST_LINES {
            breaches.push(format!("{}: {lines} lines, where {MOST_LINES} are the most", path.display()));
        }
        let module = module_of(path);
        let Some(&room) = module.first().filter(|_| !for_tests.iter().any(|test| path.starts_with(test))) else {
            continue;
        };
        let (tokens, _) = tokens(source);
        let mut found: BTreeSet<String> =
            paths(&tokens, &module).into_iter().filter_map(|used| forbidden(room, used.first()?)).collect();
        let others = |allowed: &[&str]| !allowed.contains(&room);
        let crates = CRATES.iter().filter(|(name, rooms)| others(rooms) && says(&tokens, &[name, "::"]));
        found.extend(crates.map(|(name, rooms)| format!("`{name}` stands in {} alone", rooms.join(", "))));
        let prints = CLI_ALONE.iter().filter(|words| others(&["cli"]) && says(&tokens, words));
        found.extend(prints.map(|words| format!("`{}` stands in cli alone", words.concat())));
        breaches.extend(found.into_iter().map(|what| format!("{}: {what}", path.display())));
    }
    breaches
}

/// Why a room may not know another; nothing where it may.
fn forbidden(room: &str, other: &str) -> Option<String> {
    let find = |name: &str| HOUSE.iter().find(|row| row.name == name);
    if room == other {
        return None;
    }
    let (Some(from), Some(to)) = (find(room), find(other)) else {
        return Some(format!("`{room}` or `{other}` has no room in the house: give it one, on its floor"));
    };
    if let Some((_, alone)) = SECLUDED.iter().find(|(name, alone)| *name == room && !alone.contains(&other)) {
        return Some(format!("`{room}` may know {} alone, not `{other}`", alone.join(", ")));
    }
    if let Some((_, alone)) = HIDDEN.iter().find(|(name, alone)| *name == other && !alone.contains(&room)) {
        return Some(format!("`{other}` is known to {} alone, not to `{room}`", alone.join(", ")));
    }
    let down = match from.floor {
        2 => to.floor == 0,
        floor => to.floor < floor,
    };
    let floors = format!("`{room}` on floor {} may not know `{other}` on floor {}", from.floor, to.floor);
    (!down && !from.neighbours.contains(&other)).then_some(floors)
}

/// The module of a file, from the root on; none for the root itself.
fn module_of(path: &Path) -> Vec<&str> {
    let parts = path.iter().map(|part| part.to_str().unwrap().trim_end_matches(".rs"));
    parts.filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect()
}

/// Files and folders of modules that are compiled for tests alone.
fn for_tests_alone(sources: &Sources) -> Vec<PathBuf> {
    let below = |path: &Path| path.with_file_name(module_of(path).last().copied().unwrap_or_default());
    let folder = |path: &PathBuf| match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") | None => path.parent().unwrap_or(Path::new("")).to_owned(),
        Some(_) => below(path),
    };
    sources
        .iter()
        .flat_map(|(path, source)| {
            let folder = folder(path);
            tokens(source).1.into_iter().flat_map(move |name| [folder.join(format!("{name}.rs")), folder.join(name)])
        })
        .collect()
}

fn read(folder: &Path, below: &Path, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = below.join(path.file_name().unwrap());
        if path.is_dir() {
            read(&path, &name, sources);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            sources.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn sources(folder: &str) -> Sources {
    let mut sources = Sources::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), Path::new(""), &mut sources);
    sources
}

#[test]
fn the_house_is_kept() {
    let sources = sources("src");
    assert!(sources.len() > 100, "they were found");
    let breaches = breaches(&sources);
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn no_test_file_is_too_long_either() {
    let long: Vec<_> = sources("tests").into_iter().filter(|(_, text)| text.lines().count() > MOST_LINES).collect();
    assert!(long.is_empty(), "{:?}", long.iter().map(|(path, _)| path).collect::<Vec<_>>());
}

#[test]
fn every_room_is_on_a_floor_and_knows_only_neighbours_before_it() {
    for (at, row) in HOUSE.iter().enumerate() {
        let before = |name: &&str| HOUSE[..at].iter().any(|other| other.name == *name && other.floor == row.floor);
        assert!(row.neighbours.iter().all(before), "{}", row.name);
    }
    let modules: BTreeSet<String> =
        sources("src").keys().filter_map(|path| Some((*module_of(path).first()?).to_owned())).collect();
    let rooms: BTreeSet<String> = HOUSE.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(modules, rooms);
}

#[test]
fn an_edge_that_does_not_point_down_is_seen() {
    let with = |path: &str, text: &str| breaches(&Sources::from([(path.into(), text.to_owned())]));
    for (path, text) in [
        ("judge/check.rs", "use crate::wire::Wire;"),
        ("judge/mod.rs", "fn f() { crate::step::find(\"x\") }"),
        ("report/mod.rs", "use crate::{evidence::End, judge::judge};"),
        ("scenario/mod.rs", "use crate::judge;"),
        ("receiver/fault/slow.rs", "use crate::wire::Wire;"),
        ("wire/mod.rs", "use super::receiver;"),
        ("wire/send.rs", "use super::super::judge::Type;"),
        ("wire/mod.rs", "use crate::scenario::Scenario;"),
        ("simulator/page/view.rs", "use crate::markup;"),
        ("simulator/limit.rs", "use crate::{judge::judge, clock::Clock};"),
        ("simulator/route/oauth.rs", "fn f() { crate::wire::discover::token_candidates() }"),
        ("judge/check.rs", "use crate::simulator::Behaviour;"),
        ("wire/token.rs", "use crate::simulator::DEFECTS;"),
        ("run/mod.rs", "fn f() { crate::simulator::Simulator::start() }"),
        ("step/connect.rs", "use crate::simulator::Simulator;"),
        ("step/connect.rs", "use crate::plan::Plan;"),
        ("plan/mod.rs", "use crate::run::run;"),
        ("run/mod.rs", "use crate::embedded;"),
        ("verdict.rs", "use crate::evidence::End;"),
        ("secret/mod.rs", "use crate::cli;"),
        ("clock.rs", "use crate::brand_new;"),
        ("attic/mod.rs", "use crate::clock::Clock;"),
        ("report/text.rs", "use clap::Parser;"),
        ("wire/mod.rs", "fn f() { axum::serve() }"),
        ("judge/mod.rs", "use reqwest::Client;"),
        ("run/mod.rs", "fn f() { println!(\"x\") }"),
        ("run/mod.rs", "fn f() { std::process::exit(1) }"),
        ("step/mod.rs", &"\n".repeat(MOST_LINES + 1)),
    ] {
        assert_eq!(with(path, text).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("judge/check.rs", "use crate::{evidence::End, scenario::Scenario}; use super::types::Type;"),
        ("run/mod.rs", "use crate::{plan::Plan, step::Shared, report::Report, wire::Wire};"),
        ("cli/run/only.rs", "use super::super::failure::Failure; use clap::Args; use crate::simulator::DEFECTS;"),
        ("lib.rs", "pub mod judge;"),
        ("wire/mod.rs", "#[cfg(test)] mod tests { use crate::judge; }"),
        ("step/mod.rs", "// println! crate::cli\nconst S: &str = \"crate::cli\";"),
    ] {
        assert_eq!(with(path, text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn a_module_for_tests_alone_may_know_anybody() {
    let mut sources = Sources::from([
        ("wire/mod.rs".into(), "#[cfg(test)]\nmod testing;\nmod send;".to_owned()),
        ("wire/testing.rs".into(), "use crate::cli;".to_owned()),
        ("wire/send.rs".into(), "#[cfg(test)]\nmod tests;".to_owned()),
        ("wire/send/tests/mod.rs".into(), "use crate::judge;".to_owned()),
    ]);
    assert_eq!(breaches(&sources), [""; 0]);
    sources.insert("wire/tests.rs".into(), "use crate::cli;".to_owned());
    assert_eq!(breaches(&sources).len(), 1);
}
