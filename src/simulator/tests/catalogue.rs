use std::collections::HashSet;

use reqwest::Method;

use super::kit::{ACCOUNTS, Kit};
use crate::simulator::{Behaviour, DEFECTS, DIALECTS};

fn is_kebab_case(name: &str) -> bool {
    name.split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

#[test]
fn every_name_is_unique_and_in_kebab_case() {
    let names: Vec<&str> = DEFECTS.iter().map(|row| row.name).chain(DIALECTS.iter().map(|row| row.name)).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    assert_eq!(names.iter().find(|name| !is_kebab_case(name)), None);
}

#[test]
fn every_row_says_what_it_does_and_breaks() {
    for row in DEFECTS {
        assert!(row.what.ends_with('.'), "{}", row.name);
        assert!(!row.breaks.is_empty(), "{}", row.name);
        for id in row.breaks {
            let (family, number) = id.rsplit_once('-').unwrap();
            assert!(family.bytes().all(|byte| byte.is_ascii_uppercase()), "{id}");
            assert!(number.starts_with(|first: char| first.is_ascii_digit()), "{id}");
        }
    }
    assert!(DIALECTS.iter().all(|row| row.what.ends_with('.')));
}

#[test]
fn every_row_alters_both_behaviours_and_no_two_do_the_same() {
    let rows =
        || DEFECTS.iter().map(|row| (row.name, row.alter)).chain(DIALECTS.iter().map(|row| (row.name, row.alter)));
    for before in [Behaviour::default(), Behaviour::brisk()] {
        let mut seen = HashSet::from([format!("{before:?}")]);
        for (name, alter) in rows() {
            let mut after = before.clone();
            alter(&mut after);
            assert!(seen.insert(format!("{after:?}")), "{name}");
        }
    }
}

#[test]
fn defects_and_dialects_go_together() {
    for dialect in DIALECTS {
        for defect in DEFECTS {
            let mut behaviour = Behaviour::brisk();
            (dialect.alter)(&mut behaviour);
            (defect.alter)(&mut behaviour);
        }
    }
}

/// Goes the guide's way once, and tells where it ends otherwise than it should.
async fn guide_way(kit: &Kit) -> Result<(), String> {
    let delivery = kit.connect("agency-7", 0).await;
    if delivery.agency() != "agency-7" {
        return Err(format!("agency: {delivery:?}"));
    }
    let account = kit.listing(Method::GET, "/account", &delivery.key(), "").await;
    if account.json()["email"] != ACCOUNTS[0] {
        return Err(format!("account: {account:?}"));
    }
    Ok(())
}

#[tokio::test]
async fn every_dialect_goes_the_guides_way() {
    for dialect in DIALECTS {
        let kit = Kit::new(dialect.alter).await;
        assert_eq!(guide_way(&kit).await, Ok(()), "{}", dialect.name);
    }
}

#[tokio::test]
async fn a_defect_leaves_the_guides_way_open_unless_it_breaks_a_step_of_it() {
    const STEPS: [&str; 7] = ["AUTH-1", "LINK-1", "CONN-1", "CONN-2", "HOOK-2", "HOOK-6", "PUSH-1"];
    for defect in DEFECTS.iter().filter(|row| !row.breaks.iter().any(|id| STEPS.contains(id))) {
        let kit = Kit::new(defect.alter).await;
        assert_eq!(guide_way(&kit).await, Ok(()), "{}", defect.name);
    }
}
