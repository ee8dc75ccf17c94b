//! What of the guide is judged while load runs: noted as it happens, in bounded memory, and made judgements of at the end.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::StatusCode;
use sha2::{Digest, Sha256};

use super::engine::Outcome;
use crate::{
    requirement::{Level, Requirement},
    secret::Secret,
    verdict::{Judgement, Shown, Verdict},
};

/// So many links are compared: 128 bits of each are kept, about 40 MB in all.
const MOST_LINKS: usize = 1_000_000;
/// So many keys are told apart.
const MOST_KEYS: usize = 100_000;
/// So many listings are remembered, to be looked for afterwards.
const MOST_LISTINGS: usize = 200_000;
/// So many keys are asked about afterwards, spread over all that were delivered.
const MOST_ASKED: usize = 250;

/// A requirement that load can judge.
pub(super) struct Supported {
    /// Its id.
    pub(super) id: &'static str,
    /// What is looked at, as an expression of a check would say it.
    about: &'static str,
    judge: fn(&Seen) -> (Verdict, String),
}

/// Every requirement that load can judge.
pub(super) const SUPPORTED: &[Supported] = &[
    Supported {
        id: "AUTH-7",
        about: "the cached token makes links while other tokens are taken",
        judge: older_token_lives,
    },
    Supported { id: "RATE-1", about: "an authentication for every link meets a 429", judge: limit_met },
    Supported { id: "RATE-2", about: "no link on the cached token meets a 429", judge: links_free },
    Supported {
        id: "RATE-5",
        about: "links on the cached token come while authentication is limited",
        judge: links_meanwhile,
    },
    Supported { id: "LINK-2", about: "all links of different agencies differ", judge: links_differ },
    Supported { id: "LINK-2b", about: "all links of the same agency differ", judge: links_of_one_differ },
    Supported { id: "HOOK-2", about: "every delivery has a key and the agencyId of its link", judge: payloads_whole },
    Supported { id: "HOOK-5", about: "no key is delivered for two accounts", judge: keys_apart },
    Supported { id: "HOOK-6", about: "every key belongs to the account it is delivered for", judge: keys_uncrossed },
    Supported { id: "PUSH-6", about: "all that was accepted is there", judge: nothing_lost },
];

/// Whether load can judge a requirement.
pub(super) fn supports(id: &str) -> bool {
    SUPPORTED.iter().any(|row| row.id == id)
}

/// What is noted while load runs.
pub(super) struct Facts {
    wanted: Vec<&'static Requirement>,
    seen: Mutex<Seen>,
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    /// The first 128 bits of each link's digest, and whether it was for the agency that all share.
    links: HashMap<u128, bool>,
    fresh_links: u64,
    same_links: u64,
    unkept_links: u64,
    doubled: u64,
    doubled_of_one: u64,
    cached: Answers,
    /// Links on the cached token that came, and that were refused, once another token had been taken.
    cached_after: u64,
    cached_refused: u64,
    cached_meanwhile: u64,
    tokens: Answers,
    tokens_before_limit: u64,
    is_limited: bool,
    deliveries: u64,
    without_key: u64,
    of_another: u64,
    /// For each key the account for which it was delivered first.
    keys: HashMap<u128, usize>,
    accounts: std::collections::BTreeSet<usize>,
    repeated_keys: u64,
    crossed: u64,
    /// Keys with the accounts for which they were delivered, to be asked about; every so many-th of them.
    delivered: Vec<(usize, Secret)>,
    delivered_every: u64,
    owners: Option<Owners>,
    unkept_keys: u64,
    /// For each key's number the listings that were accepted with it.
    accepted: BTreeMap<usize, Vec<String>>,
    accepted_count: usize,
    unkept_listings: u64,
    read_back: Option<ReadBack>,
}

#[derive(Default)]
struct Answers {
    done: u64,
    limited: u64,
}

/// What came of asking whose the delivered keys are.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    /// Keys whose account was named.
    pub(super) own: u64,
    /// Keys that are another account's, of those that were delivered for.
    pub(super) anothers: u64,
    /// Keys for which neither was named.
    pub(super) nobodys: u64,
    /// Why no more could be told; nothing where all was.
    pub(super) trouble: Option<String>,
}

/// What came of looking for listings that were accepted.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadBack {
    /// So many were looked for.
    pub(super) sought: u64,
    /// References that were not found; some of them.
    pub(super) missing: Vec<String>,
    /// How many were not found.
    pub(super) lost: u64,
    /// Why no more could be told; nothing where all was.
    pub(super) trouble: Option<String>,
}

impl Facts {
    /// Facts for these requirements.
    pub(super) fn new(wanted: &[&'static Requirement]) -> Self {
        Self { wanted: wanted.to_vec(), seen: Mutex::default() }
    }

    fn wants(&self, ids: &[&str]) -> bool {
        self.wanted.iter().any(|row| ids.contains(&row.id))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what came of asking for a link on the shared token.
    pub(super) fn cached_link(&self, outcome: &Outcome) {
        if !self.wants(&["AUTH-7", "RATE-2", "RATE-5"]) {
            return;
        }
        let (is_done, is_limited) = (*outcome == Outcome::Done, matches!(outcome, Outcome::Limited(_)));
        let is_refused = matches!(outcome, Outcome::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN));
        let mut seen = self.seen();
        seen.cached.done += u64::from(is_done);
        seen.cached.limited += u64::from(is_limited);
        if seen.tokens.done > 0 {
            seen.cached_after += u64::from(is_done);
            seen.cached_refused += u64::from(is_refused);
        }
        if seen.is_limited {
            seen.cached_meanwhile += u64::from(is_done);
        }
    }

    /// Notes what came of an authentication.
    pub(super) fn token(&self, is_done: bool, is_limited: bool) {
        if !self.wants(&["AUTH-7", "RATE-1", "RATE-2", "RATE-5"]) {
            return;
        }
        let mut seen = self.seen();
        if is_done {
            seen.tokens.done += 1;
            seen.tokens_before_limit += u64::from(seen.tokens.limited == 0);
            seen.is_limited = false;
        }
        if is_limited {
            seen.tokens.limited += 1;
            seen.is_limited = true;
        }
    }

    /// Notes a link, and whether it was for the agency that all passes share.
    pub(super) fn link(&self, link: &Secret, is_same: bool) {
        if self.wants(&["LINK-2", "LINK-2b"]) {
            self.seen().link(digest(link), is_same);
        }
    }

    /// Notes what was delivered for an account's agency.
    pub(super) fn delivery(&self, account: Option<usize>, key: Option<&Secret>, is_exact: bool) {
        if !self.wants(&["HOOK-2", "HOOK-5", "HOOK-6"]) {
            return;
        }
        let mut seen = self.seen();
        seen.deliveries += 1;
        seen.of_another += u64::from(!is_exact);
        match key.filter(|key| !key.is_empty()) {
            None => seen.without_key += 1,
            Some(key) => {
                if let Some(account) = account {
                    seen.key(digest(key), account);
                    if self.wants(&["HOOK-6"]) {
                        seen.keep(key, account);
                    }
                }
            }
        }
    }

    /// Notes that a listing was accepted with the key of this number.
    pub(super) fn accepted(&self, key: usize, reference: impl FnOnce() -> String) {
        if !self.wants(&["PUSH-6"]) {
            return;
        }
        let mut seen = self.seen();
        if seen.accepted_count >= MOST_LISTINGS {
            seen.unkept_listings += 1;
            return;
        }
        seen.accepted_count += 1;
        seen.accepted.entry(key).or_default().push(reference());
    }

    /// What is to be looked for: for each key's number its listings. Empty unless it is asked for.
    pub(super) fn to_look_for(&self) -> BTreeMap<usize, Vec<String>> {
        std::mem::take(&mut self.seen().accepted)
    }

    /// Notes what came of it.
    pub(super) fn looked(&self, read_back: ReadBack) {
        self.seen().read_back = Some(read_back);
    }

    /// The keys to ask about, with the accounts for which they were delivered. Empty unless it is asked for.
    pub(super) fn to_ask_about(&self) -> Vec<(usize, Secret)> {
        std::mem::take(&mut self.seen().delivered)
    }

    /// Notes what came of it.
    pub(super) fn asked(&self, owners: Owners) {
        self.seen().owners = Some(owners);
    }

    /// What the requirements of a scenario came to.
    pub(super) fn judge(&self, scenario: &str, strict: bool) -> Vec<Judgement> {
        let seen = self.seen();
        let rows = self.wanted.iter().enumerate().filter_map(|(at, row)| {
            let supported = SUPPORTED.iter().find(|one| one.id == row.id)?;
            let (verdict, reason) = (supported.judge)(&seen);
            let lenient = row.level == Level::Should && !strict && verdict == Verdict::Fail;
            Some(Judgement {
                requirement: row.id.to_owned(),
                scenario: scenario.to_owned(),
                check: at + 1,
                verdict: if lenient { Verdict::Warn } else { verdict },
                reason,
                not_executed: None,
                expression: supported.about.to_owned(),
                outcome: None,
                values: seen.shown(),
                offenders: Vec::new(),
                evidence: Vec::new(),
                window: None,
                repeat: None,
                held_up: false,
            })
        });
        rows.collect()
    }
}

fn digest(secret: &Secret) -> u128 {
    let whole: [u8; 32] = Sha256::digest(secret.expose().as_bytes()).into();
    whole[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

impl Seen {
    fn link(&mut self, digest: u128, is_same: bool) {
        if is_same {
            self.same_links += 1;
        } else {
            self.fresh_links += 1;
        }
        match self.links.get(&digest) {
            Some(true) if is_same => self.doubled_of_one += 1,
            Some(_) => self.doubled += 1,
            None if self.links.len() >= MOST_LINKS => self.unkept_links += 1,
            None => {
                self.links.insert(digest, is_same);
            }
        }
    }

    fn key(&mut self, digest: u128, account: usize) {
        self.accounts.insert(account);
        match self.keys.get(&digest) {
            Some(first) if *first == account => self.repeated_keys += 1,
            Some(_) => self.crossed += 1,
            None if self.keys.len() >= MOST_KEYS => self.unkept_keys += 1,
            None => {
                self.keys.insert(digest, account);
            }
        }
    }

    /// Keeps a key to be asked about: of many, every second, then every fourth, and so on.
    fn keep(&mut self, key: &Secret, account: usize) {
        let every = self.delivered_every.max(1);
        if !self.deliveries.is_multiple_of(every) {
            return;
        }
        self.delivered.push((account, key.clone()));
        if self.delivered.len() > MOST_ASKED {
            let mut is_kept = false;
            self.delivered.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
            self.delivered_every = every * 2;
        }
    }

    /// The counts that are not 0.
    fn shown(&self) -> Vec<Shown> {
        let all = [
            ("links of different agencies", self.fresh_links),
            ("links of one agency", self.same_links),
            ("links on the cached token", self.cached.done),
            ("429s for them", self.cached.limited),
            ("authentications", self.tokens.done),
            ("429s for authentications", self.tokens.limited),
            ("deliveries", self.deliveries),
            ("accounts", self.accounts.len() as u64),
            ("listings accepted", self.accepted_count as u64),
        ];
        let counted = all.into_iter().filter(|(_, count)| *count > 0);
        counted.map(|(part, count)| Shown { part: part.into(), value: count.to_string() }).collect()
    }
}

type Answer = (Verdict, String);

fn no(what: &str) -> Answer {
    (Verdict::Inconclusive, format!("there was no {what} to judge by"))
}

/// The cached token is within its life, and made a link before the load began.
fn older_token_lives(seen: &Seen) -> Answer {
    let (tokens, links, refused) = (seen.tokens.done, seen.cached_after, seen.cached_refused);
    match (links, refused) {
        (_, 1..) => {
            let all = links + refused;
            (Verdict::Fail, format!("once other tokens had been taken, {refused} of {all} links on it were refused"))
        }
        (0, 0) => no("link on the cached token after another token"),
        _ => (Verdict::Pass, format!("{links} links came on it while {tokens} other tokens were taken")),
    }
}

fn limit_met(seen: &Seen) -> Answer {
    match (seen.tokens.done, seen.tokens.limited) {
        (0, 0) => no("authentication"),
        (done, 0) => (Verdict::Inconclusive, format!("{done} authentications met no limit")),
        (done, limited) => {
            (Verdict::Pass, format!("{limited} of {} authentications were answered 429", done + limited))
        }
    }
}

fn links_free(seen: &Seen) -> Answer {
    let (done, limited) = (seen.cached.done, seen.cached.limited);
    match () {
        () if limited > 0 => {
            (Verdict::Fail, format!("{limited} of {} links on the cached token were answered 429", done + limited))
        }
        () if done == 0 => no("link on the cached token"),
        () if seen.tokens.limited == 0 => (
            Verdict::Inconclusive,
            format!("{done} links met no 429, but the limit of authentications was not met either"),
        ),
        () if done <= seen.tokens_before_limit => {
            let limit = seen.tokens_before_limit;
            (
                Verdict::Inconclusive,
                format!("{done} links are no more than the {limit} authentications before the limit"),
            )
        }
        () => (Verdict::Pass, format!("{done} links on the cached token met no 429")),
    }
}

fn links_meanwhile(seen: &Seen) -> Answer {
    match (seen.tokens.limited, seen.cached_meanwhile) {
        (0, _) => (Verdict::Inconclusive, "authentication was never limited".into()),
        (_, 0) if seen.cached.limited > 0 => {
            (Verdict::Fail, "while authentication was limited, no link came on the cached token".into())
        }
        (_, 0) => no("link while authentication was limited"),
        (_, links) => (Verdict::Pass, format!("{links} links came while authentication was limited")),
    }
}

fn differ(count: u64, doubled: u64, seen: &Seen) -> Answer {
    match () {
        () if doubled > 0 => (Verdict::Fail, format!("{doubled} of {count} links had been given before")),
        () if count < 2 => no("second link"),
        () if seen.unkept_links > 0 => (
            Verdict::Inconclusive,
            format!("the first {MOST_LINKS} links differ; {} more were not kept to be compared", seen.unkept_links),
        ),
        () => (Verdict::Pass, format!("{count} links differ (128 bits of each compared)")),
    }
}

fn links_differ(seen: &Seen) -> Answer {
    differ(seen.fresh_links, seen.doubled, seen)
}

fn links_of_one_differ(seen: &Seen) -> Answer {
    differ(seen.same_links, seen.doubled_of_one, seen)
}

fn payloads_whole(seen: &Seen) -> Answer {
    match (seen.deliveries, seen.without_key, seen.of_another) {
        (0, _, _) => no("delivery"),
        (all, 0, 0) => (Verdict::Pass, format!("{all} deliveries had a key and their agencyId")),
        (all, without, another) => {
            (Verdict::Fail, format!("of {all} deliveries {without} had no key, and {another} not their very agencyId"))
        }
    }
}

fn keys_apart(seen: &Seen) -> Answer {
    match () {
        () if seen.crossed > 0 => {
            (Verdict::Fail, format!("{} deliveries had a key that another account had got before", seen.crossed))
        }
        () if seen.accounts.len() < 2 => (Verdict::Inconclusive, "needs 2 accounts".into()),
        () if seen.unkept_keys > 0 => {
            (Verdict::Inconclusive, format!("only the first {MOST_KEYS} keys were kept to be compared"))
        }
        () => (Verdict::Pass, format!("the keys of {} accounts differ", seen.accounts.len())),
    }
}

fn keys_uncrossed(seen: &Seen) -> Answer {
    match keys_apart(seen) {
        (Verdict::Pass, _) => match &seen.owners {
            Some(owners) => of_owners(owners, seen.repeated_keys),
            None => of_repetition(seen.repeated_keys),
        },
        other => other,
    }
}

/// What the Listing API's word on whose the keys are comes to.
fn of_owners(owners: &Owners, repeated_keys: u64) -> Answer {
    let Owners { own, anothers, nobodys, trouble } = owners;
    let asked = own + anothers + nobodys;
    match (own, anothers, nobodys, trouble) {
        (_, 1.., _, _) => {
            (Verdict::Fail, format!("of {asked} keys that were asked about {anothers} belong to another account"))
        }
        (_, _, _, Some(trouble)) => (Verdict::Inconclusive, trouble.clone()),
        (0, ..) => of_repetition(repeated_keys),
        (_, _, 1.., _) => {
            (Verdict::Fail, format!("of {asked} keys that were asked about {nobodys} do not belong to their account"))
        }
        _ => (Verdict::Pass, format!("all {asked} keys that were asked about belong to their account")),
    }
}

fn of_repetition(repeated_keys: u64) -> Answer {
    match repeated_keys {
        0 => (
            Verdict::Inconclusive,
            "every delivery had a key of its own, and nothing tells whose it is: `listing.owner` in the profile would"
                .into(),
        ),
        again => (Verdict::Pass, format!("{again} deliveries had the very key that their account had got before")),
    }
}

fn nothing_lost(seen: &Seen) -> Answer {
    let Some(read_back) = &seen.read_back else {
        return match seen.accepted_count {
            0 => no("accepted listing"),
            count => {
                (Verdict::Inconclusive, format!("of {count} accepted listings none was looked for: it was cut short"))
            }
        };
    };
    let ReadBack { sought, missing, lost, trouble } = read_back;
    match (trouble, lost) {
        (_, 1..) => (
            Verdict::Fail,
            format!("{lost} of {sought} accepted listings are not there, such as {}", missing.join(", ")),
        ),
        (Some(trouble), _) => (Verdict::Inconclusive, trouble.clone()),
        _ if *sought == 0 => no("accepted listing"),
        _ if seen.unkept_listings > 0 => (
            Verdict::Inconclusive,
            format!(
                "{sought} accepted listings are there; {} more were not kept to be looked for",
                seen.unkept_listings
            ),
        ),
        _ => (Verdict::Pass, format!("all {sought} accepted listings that were looked for are there")),
    }
}

#[cfg(test)]
mod tests;
