//! Servers drawn at random: one that keeps the guide is never accused, and one with a defect never passes its rows.
//!
//! A case is a whole run, cheap only because it takes a few scenarios: those that a lawful case draws, or those that check
//! what a defect breaks. So cases are drawn with proptest's strategies, but run side by side and are not made smaller when
//! they fail: what is told is the whole case and the seed. There are 64 of each kind; `PROPTEST_CASES` sets another number,
//! and `MATCHPROOF_SEED` draws the same again:
//!
//! `PROPTEST_CASES=1000 cargo test --release --test integration -- lawful:: --nocapture`

use std::{collections::BTreeSet, env, time::Duration};

use futures::{StreamExt, stream};
use matchproof::{
    embedded::Pins,
    report::Report,
    scenario::{parse, shipped},
    selftest::Trial,
    simulator::{Behaviour, DEFECTS, DIALECTS, Defect},
    verdict::Verdict,
};
use proptest::{
    prelude::{Strategy, any},
    sample::{select, subsequence},
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Dialects that exclude one another stand in one row; a server speaks one of each row, or none.
const CHOICES: &[&[&str]] = &[
    &["token-under-access-token", "token-nested", "token-in-a-header", "token-as-text", "token-created"],
    &["link-under-signed-url", "link-nested", "link-in-location", "link-as-text", "link-in-a-page"],
    &["refusals-in-html", "refusals-as-problems", "refusals-all-400"],
    &["limit-until-a-date", "limit-in-ratelimit-fields"],
    &["limit-after-40"],
    // A page that waits for minutes answers nobody.
    &["three-attempts", "gaps-of-minutes", "gaps-of-one-length", "page-waits-for-delivery"],
    &["gaps-with-jitter"],
    &["gaps-as-asked"],
    &["two-delivery-workers"],
    &["deliveries-polled"],
    &["page-of-few-requests"],
    &["login-before-signature"],
    &["link-tracked"],
    &["link-used-once"],
    &["number-agency-ids"],
    &["agency-ids-in-ascii"],
    &["delivery-with-more-fields"],
    &["keys-with-a-word-in-front"],
    &["one-key-per-account"],
    &["two-keys-per-agency"],
    &["notice-after-three"],
    &["listings-put-in-an-envelope"],
];

/// Dialects under which some defect is lawful, or is not to be seen: one attempt more than three is the guide's other
/// reading, an id that is refused is not mangled, and whoever looks for deliveries by the second hides what holds them up, as
/// does who answers the agency late.
const HIDING: &[&str] = &[
    "three-attempts",
    "gaps-of-minutes",
    "agency-ids-in-ascii",
    "two-keys-per-agency",
    "notice-after-three",
    "deliveries-polled",
    "page-waits-for-delivery",
];

/// Defects that a dialect leaves no room for: a token that is the whole body, or leaves it empty, has nothing beside it.
const NO_ROOM: &[(&str, &str)] =
    &[("secret-echoed-in-the-body", "token-as-text"), ("secret-echoed-in-the-body", "token-in-a-header")];

/// How many cases of each kind are drawn where nothing says otherwise, and how many run at once.
const CASES: u32 = 64;
const AT_ONCE: usize = 10;

/// How often a case is run on a machine that does not let the harness run.
const MOST_TRIES: usize = 3;

/// How many scenarios a lawful server is met with.
const SCENARIOS: usize = 5;

/// A server as it was drawn.
#[derive(Clone, Debug)]
struct Drawn {
    dialects: Vec<&'static str>,
    /// The first gap, how each grows over the one before, and the time of an attempt, in milliseconds.
    gap: u64,
    growth: f64,
    attempt: u64,
    /// How long after the agreement a delivery begins, in milliseconds.
    delay: u64,
    /// The statuses of a token, of a refused credential and of a refused input.
    statuses: (u16, u16, u16),
    accounts: usize,
}

fn dialects() -> impl Strategy<Value = Vec<&'static str>> {
    let choice = |row: &'static [&'static str]| (any::<bool>(), select(row));
    CHOICES
        .iter()
        .map(|row| choice(row))
        .collect::<Vec<_>>()
        .prop_map(|drawn| drawn.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect())
}

fn servers() -> impl Strategy<Value = Drawn> {
    let statuses = (select(&[200, 201, 202][..]), select(&[400, 401, 403][..]), select(&[400, 422][..]));
    (dialects(), 60_u64..200, 1.0..2.5_f64, 500_u64..1200, 0_u64..400, statuses, select(&[0_usize, 0, 1, 2, 4][..]))
        .prop_map(|(dialects, gap, growth, attempt, delay, statuses, accounts)| Drawn {
            dialects,
            gap,
            growth,
            attempt,
            delay,
            statuses,
            accounts,
        })
}

impl Drawn {
    fn behaviour(&self) -> Behaviour {
        let mut behaviour = Behaviour::brisk();
        let gap = |number| Duration::from_millis(self.gap).mul_f64(self.growth.powi(number));
        behaviour.retry.gaps = (0..3).map(gap).collect();
        behaviour.retry.attempt_timeout = Duration::from_millis(self.attempt);
        behaviour.page.delay = Duration::from_millis(self.delay);
        let (token, unauthorized, invalid) = self.statuses;
        behaviour.auth.status = token;
        (behaviour.refusal.unauthorized, behaviour.refusal.invalid) = (unauthorized, invalid);
        for dialect in DIALECTS.iter().filter(|dialect| self.dialects.contains(&dialect.name)) {
            (dialect.alter)(&mut behaviour);
        }
        behaviour
    }

    fn trial(&self, scenarios: Vec<String>) -> Trial {
        let behaviour = self.behaviour();
        let keys = u32::try_from(behaviour.keys.per_agency).ok().filter(|keys| *keys > 1);
        let pins = Pins { promised: behaviour.clone(), max_retries: "auto", keys_per_agency: keys, ..Pins::default() };
        Trial {
            behaviour,
            pins,
            accounts: self.accounts,
            scenarios,
            ..Trial::of_brisk("drawn", "A server drawn at random.")
        }
    }

    /// The same where no defect is hidden: with dialects under which each is to be seen, and an account for each agency.
    fn open(mut self) -> Self {
        self.dialects.retain(|name| !HIDING.contains(name));
        Self { accounts: 0, ..self }
    }
}

/// The paths of the shipped scenarios that check any of these requirements; all where none is given.
fn scenarios(checking: Option<&[&str]>) -> Vec<String> {
    let parsed = shipped().into_iter().map(|(path, source)| parse(&path, &source).unwrap());
    let checks = |id: &str| checking.is_none_or(|ids| ids.contains(&id));
    parsed.filter(|one| one.checks.iter().any(|check| checks(check.requirement.id))).map(|one| one.path).collect()
}

/// So many values, and the seed that draws them again.
fn drawn<S: Strategy>(strategy: &S) -> (Vec<S::Value>, u64) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse().unwrap());
    let cases = number("PROPTEST_CASES").unwrap_or(u64::from(CASES));
    let seed = number("MATCHPROOF_SEED").unwrap_or_else(rand::random);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    ((0..cases).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect(), seed)
}

/// Runs a trial, and again where the machine held the harness up and something is not as it should be.
async fn reported(trial: Trial, is_right: impl Fn(&Report) -> bool) -> Report {
    let mut tries = 1;
    loop {
        let report = trial.run().await.unwrap();
        let held_up = report.requirements.iter().flat_map(|row| &row.judgements).any(|judgement| judgement.held_up);
        if is_right(&report) || !held_up || tries == MOST_TRIES {
            return report;
        }
        tries += 1;
    }
}

/// Runs all cases, so many at once, and fails with every one that is blamed.
fn assert_none_blamed<C: std::fmt::Debug + Send + Sync>(
    (cases, seed): (Vec<C>, u64),
    trial: impl Fn(&C) -> Trial + Sync,
    blame: impl Fn(&C, &Report) -> Vec<String> + Sync,
) {
    let (blame, trial) = (&blame, &trial);
    let runs = cases.iter().map(|case| async move {
        let report = reported(trial(case), |report| blame(case, report).is_empty()).await;
        let blamed = blame(case, &report);
        (!blamed.is_empty()).then(|| format!("{case:?}:\n  {}", blamed.join("\n  ")))
    });
    let runs: Vec<_> = runs.collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended: Vec<_> = runtime.block_on(stream::iter(runs).buffer_unordered(AT_ONCE).collect());
    let wrong: Vec<String> = ended.into_iter().flatten().collect();
    let all = cases.len();
    assert!(wrong.is_empty(), "{} of {all} cases (MATCHPROOF_SEED={seed}):\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_dialect_may_be_drawn() {
    let rows: Vec<&str> = CHOICES.concat();
    let all: BTreeSet<&str> = DIALECTS.iter().map(|dialect| dialect.name).collect();
    assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), all);
    assert_eq!(rows.len(), all.len(), "and each in one row");
    assert!(HIDING.iter().all(|name| all.contains(name)));
    for (defect, dialect) in NO_ROOM {
        assert!(all.contains(dialect) && DEFECTS.iter().any(|one| one.name == *defect), "{defect}, {dialect}");
    }
}

#[test]
fn a_lawful_server_is_not_accused() {
    let cases = (servers(), subsequence(scenarios(None), SCENARIOS));
    assert_none_blamed(
        drawn(&cases),
        |(server, scenarios)| server.trial(scenarios.clone()),
        |_, report| {
            let accused = |verdict| matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Error);
            let rows = report.requirements.iter().filter(|row| accused(row.verdict));
            rows.map(|row| format!("{} {:?}: {}", row.id, row.verdict, row.reason)).collect()
        },
    );
}

#[test]
fn a_server_with_a_defect_does_not_pass() {
    let defects: Vec<&'static Defect> = DEFECTS.iter().collect();
    let cases = (
        servers().prop_map(Drawn::open),
        select(defects).prop_map(|defect| (defect.name, defect.breaks, defect.alter)),
    );
    let cases = cases.prop_map(|(mut server, defect)| {
        server.dialects.retain(|dialect| !NO_ROOM.contains(&(defect.0, dialect)));
        (server, defect)
    });
    assert_none_blamed(
        drawn(&cases),
        |(server, (_, breaks, alter))| {
            let mut trial = server.trial(scenarios(Some(breaks)));
            alter(&mut trial.behaviour);
            trial.pins.max_retries = "3";
            trial
        },
        |(_, (_, breaks, _)), report| {
            let rows: Vec<_> = report.requirements.iter().filter(|row| breaks.contains(&row.id.as_str())).collect();
            let passed = rows.iter().all(|row| row.verdict == Verdict::Pass);
            if passed { rows.iter().map(|row| format!("{} passed", row.id)).collect() } else { Vec::new() }
        },
    );
}
