//! Platforms, senders and pages that wish us no good, each against the program as a child of its own.
//!
//! Whatever they do, the run ends in time and with its documented exit code, stays small, does not panic, lets nothing act
//! on a terminal or in a document, tells no secret, goes nowhere that it may not go, and leaves evidence that is judged
//! again to the same words. A new way to be hostile is one row in one of the tables.

mod kit;
mod page;
mod platform;
mod sender;
mod stage;
mod tls;
mod words;

use kit::{Row, assert_withstood};

/// The tables.
const TABLES: &[&[Row]] = &[tls::ROWS, platform::ROWS, page::ROWS, sender::ROWS, words::ROWS];

/// Fewer ways to be hostile are not tried.
const FEWEST: usize = 40;

#[test]
fn there_are_many_ways_to_be_hostile_each_with_a_name_of_its_own() {
    let names: Vec<&str> = TABLES.iter().flat_map(|rows| rows.iter()).map(|row| row.name).collect();
    let different: std::collections::BTreeSet<&&str> = names.iter().collect();
    assert_eq!(different.len(), names.len());
    assert!(names.len() >= FEWEST, "{}", names.len());
}

#[test]
fn tls_that_fails_is_withstood() {
    assert_withstood(tls::ROWS);
}

#[test]
fn hostile_platforms_are_withstood() {
    assert_withstood(platform::ROWS);
}

#[test]
fn hostile_pages_are_withstood() {
    assert_withstood(page::ROWS);
}

#[test]
fn hostile_senders_are_withstood() {
    assert_withstood(sender::ROWS);
}

#[test]
fn hostile_words_act_on_nothing() {
    assert_withstood(words::ROWS);
}
