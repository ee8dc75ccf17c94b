//! Defects: ways of not keeping the guide, one row each.

mod auth;
mod connect;
mod link;
mod notice;
mod push;
mod rate;
mod retry;
mod webhook;

use super::Behaviour;

/// A way of not keeping the guide.
#[derive(Clone, Copy, Debug)]
pub struct Defect {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// The ids of the requirements that it breaks.
    pub breaks: &'static [&'static str],
    /// What the platform does, in one sentence.
    pub what: &'static str,
    /// How it alters the behaviour, default or brisk.
    pub alter: fn(&mut Behaviour),
}

/// The defects by family, in the order of the guide's steps.
const FAMILIES: &[&[Defect]] =
    &[auth::ROWS, rate::ROWS, link::ROWS, connect::ROWS, webhook::ROWS, retry::ROWS, notice::ROWS, push::ROWS];

/// Every defect.
pub const DEFECTS: &[Defect] = &joined::<{ count(FAMILIES) }>(FAMILIES);

const fn count(families: &[&[Defect]]) -> usize {
    let (mut family, mut rows) = (0, 0);
    while family < families.len() {
        rows += families[family].len();
        family += 1;
    }
    rows
}

const fn joined<const N: usize>(families: &[&[Defect]]) -> [Defect; N] {
    let mut all = [families[0][0]; N];
    let (mut family, mut at) = (0, 0);
    while family < families.len() {
        let mut row = 0;
        while row < families[family].len() {
            all[at] = families[family][row];
            at += 1;
            row += 1;
        }
        family += 1;
    }
    all
}
