use Verdict::{Fail, Inconclusive, Pass};

use super::*;
use crate::requirement::find;

fn facts(ids: &[&str]) -> Facts {
    let rows: Vec<&'static Requirement> = ids.iter().map(|id| find(id).unwrap()).collect();
    Facts::new(&rows)
}

fn verdicts(facts: &Facts) -> Vec<Verdict> {
    facts.judge("load/mine", false).into_iter().map(|judgement| judgement.verdict).collect()
}

fn secret(number: u32) -> Secret {
    Secret::new(format!("https://m.example/{number}"))
}

#[test]
fn every_row_is_a_requirement_that_judges_nothing_from_nothing() {
    let ids: Vec<&str> = SUPPORTED.iter().map(|row| row.id).collect();
    let verdicts = verdicts(&facts(&ids));
    assert_eq!(verdicts, vec![Verdict::Inconclusive; ids.len()]);
}

#[test]
fn a_link_that_comes_twice_breaks_the_requirement_that_it_is_about() {
    for (again, expected) in [
        (None, [Verdict::Pass, Verdict::Pass]),
        (Some((1, false)), [Verdict::Fail, Verdict::Pass]),
        (Some((11, true)), [Verdict::Pass, Verdict::Warn]),
    ] {
        let facts = facts(&["LINK-2", "LINK-2b"]);
        (0..10).for_each(|number| facts.link(&secret(number), false));
        (10..20).for_each(|number| facts.link(&secret(number), true));
        if let Some((number, is_same)) = again {
            facts.link(&secret(number), is_same);
        }
        assert_eq!(verdicts(&facts), expected);
    }
}

#[test]
fn links_beyond_what_is_kept_leave_it_open() {
    let facts = facts(&["LINK-2"]);
    {
        let mut seen = facts.seen();
        (0..=MOST_LINKS as u128).for_each(|number| seen.link(number, false));
    }
    assert_eq!(verdicts(&facts), [Verdict::Inconclusive]);
    facts.seen().link(7, false);
    assert_eq!(verdicts(&facts), [Verdict::Fail]);
}

#[test]
fn links_on_the_cached_token_are_judged_beside_a_limit_that_was_met() {
    let told = |links: u64, limited_link: bool, limit: bool| {
        let facts = facts(&["RATE-1", "RATE-2", "RATE-5"]);
        (0..10).for_each(|_| facts.token(true, false));
        if limit {
            facts.token(false, true);
        }
        (0..links).for_each(|_| facts.cached_link(&Outcome::Done));
        if limited_link {
            facts.cached_link(&Outcome::Limited(None));
        }
        verdicts(&facts)
    };
    assert_eq!(told(11, false, true), [Pass, Pass, Pass]);
    assert_eq!(told(10, false, true), [Pass, Inconclusive, Pass]);
    assert_eq!(told(11, true, true), [Pass, Fail, Pass]);
    assert_eq!(told(0, true, true), [Pass, Fail, Fail]);
    assert_eq!(told(11, false, false), [Inconclusive, Inconclusive, Inconclusive]);
}

#[test]
fn a_token_that_dies_with_the_next_one_is_found() {
    let told = |another: bool, after: &[Outcome]| {
        let facts = facts(&["AUTH-7"]);
        facts.cached_link(&Outcome::Done);
        if another {
            facts.token(true, false);
        }
        for outcome in after {
            facts.cached_link(outcome);
        }
        verdicts(&facts)
    };
    let refused = Outcome::Status(StatusCode::UNAUTHORIZED);
    assert_eq!(told(true, &[Outcome::Done]), [Pass]);
    assert_eq!(told(true, &[Outcome::Done, refused.clone()]), [Fail]);
    assert_eq!(told(true, &[Outcome::Status(StatusCode::BAD_GATEWAY)]), [Inconclusive]);
    assert_eq!(told(false, &[Outcome::Done]), [Inconclusive]);
    assert_eq!(told(false, &[refused]), [Inconclusive]);
}

#[test]
fn whose_the_keys_are_decides_where_it_is_told() {
    let told = |owners: Owners| {
        let facts = facts(&["HOOK-6"]);
        facts.delivery(Some(0), Some(&secret(1)), true);
        facts.delivery(Some(1), Some(&secret(2)), true);
        assert_eq!(facts.to_ask_about().len(), 2);
        facts.asked(owners);
        verdicts(&facts)
    };
    let own = || Owners { own: 2, ..Owners::default() };
    assert_eq!(told(own()), [Pass]);
    assert_eq!(told(Owners { anothers: 1, trouble: Some("a part".into()), ..own() }), [Fail]);
    assert_eq!(told(Owners { nobodys: 1, ..own() }), [Fail]);
    assert_eq!(told(Owners { trouble: Some("a part".into()), ..own() }), [Inconclusive]);
    assert_eq!(told(Owners { nobodys: 2, ..Owners::default() }), [Inconclusive]);
}

#[test]
fn of_many_keys_some_are_asked_about_spread_over_all() {
    let facts = facts(&["HOOK-6"]);
    (0..10_000).for_each(|number| facts.delivery(Some(number as usize), Some(&secret(number)), true));
    let kept = facts.to_ask_about();
    assert!((MOST_ASKED / 2..=MOST_ASKED).contains(&kept.len()), "{}", kept.len());
    let (first, last) = (kept[0].0, kept[kept.len() - 1].0);
    assert!(first < 100 && last > 9_900, "{first} {last}");
}

#[test]
fn keys_are_compared_over_accounts() {
    let told = |deliveries: &[(usize, u32)]| {
        let facts = facts(&["HOOK-2", "HOOK-5", "HOOK-6"]);
        for (account, key) in deliveries {
            facts.delivery(Some(*account), Some(&secret(*key)), true);
        }
        verdicts(&facts)
    };
    assert_eq!(told(&[(0, 1), (1, 2), (0, 1)]), [Pass, Pass, Pass]);
    assert_eq!(told(&[(0, 1), (1, 2), (1, 1)]), [Pass, Fail, Fail]);
    assert_eq!(told(&[(0, 1), (1, 2)]), [Pass, Pass, Inconclusive]);
    assert_eq!(told(&[(0, 1), (0, 1)]), [Pass, Inconclusive, Inconclusive]);
    let facts = facts(&["HOOK-2"]);
    facts.delivery(Some(0), None, true);
    assert_eq!(verdicts(&facts), [Fail]);
}

#[test]
fn what_was_accepted_must_be_there() {
    let told = |read_back: Option<ReadBack>| {
        let facts = facts(&["PUSH-6"]);
        facts.accepted(3, || "r-1".into());
        assert_eq!(facts.to_look_for(), BTreeMap::from([(3, vec!["r-1".to_owned()])]));
        if let Some(read_back) = read_back {
            facts.looked(read_back);
        }
        verdicts(&facts)
    };
    let whole = ReadBack { sought: 1, ..ReadBack::default() };
    assert_eq!(told(Some(whole.clone())), [Verdict::Pass]);
    assert_eq!(told(Some(ReadBack { lost: 1, missing: vec!["r-1".into()], ..whole.clone() })), [Verdict::Fail]);
    assert_eq!(told(Some(ReadBack { trouble: Some("a part".into()), ..whole })), [Verdict::Inconclusive]);
    assert_eq!(told(None), [Verdict::Inconclusive]);
}
