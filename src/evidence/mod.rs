//! What a run saw, as plain records in the order in which it saw them.
//!
//! Records are written as they happen; [`Evidence`] is what reading them back gives. Nothing in here is derived: policy
//! attempts, gaps and windows are computed where verdicts are made, so that a saved run can be judged again.

mod delivery;
mod exchange;
mod held_up;
mod mail;
mod recorder;
mod shallow;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use delivery::{Answered, Arrived, Delivery, Ended, KeyFacts, Knock};
pub use exchange::{Endpoint, Exchange, Trouble, TroubleKind};
pub use held_up::HeldUp;
pub use mail::{KeyInMail, Mail, MailWatch};
pub use recorder::Recorder;
pub use shallow::shallow;

/// A header as it stood on the wire: name in its own case, in its own place.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Header {
    /// The name, in the case in which it was sent.
    pub name: String,
    /// The value, secrets masked; bytes that are not UTF-8 are replaced.
    pub value: String,
}

/// One line of `evidence.jsonl`.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A request of ours and what came of it.
    Exchange(Box<Exchange>),
    /// A webhook attempt whose request was read.
    Arrived(Box<Arrived>),
    /// How we answered that attempt, and how its exchange ended.
    Answered(Answered),
    /// A connection of which nothing was read, since the receiver was told so.
    Knock(Knock),
    /// An e-mail that reached the developer's mailbox.
    Mail(Box<Mail>),
    /// A stretch of time in which the mailbox was watched.
    MailWatch(MailWatch),
    /// An agency that a scenario uses.
    Agency(Agency),
    /// A name that a step bound.
    Bound(Bound),
    /// A scenario came to its end, or could not.
    Finished(Finished),
    /// A stretch of time in which further deliveries would have been seen.
    Window(Window),
    /// A stretch of time in which the receiver was closed or disturbed.
    Blind(Blind),
    /// A stretch of time in which the harness itself was kept from running.
    HeldUp(HeldUp),
    /// The receiver answered, or did not answer, a request of our own.
    Probe(Probe),
    /// Where the target puts what the guide does not place.
    Found(Found),
    /// What became of the listings that the run has pushed.
    Removal(Removal),
    /// The run came to its end. A run that was killed lacks this record.
    End(End),
}

/// An agency of a scenario and the id under which it was made known to the target.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Agency {
    /// The path of the scenario.
    pub scenario: String,
    /// Its name within the scenario.
    pub name: String,
    /// The agencyId as sent; fresh for every run.
    pub id: String,
    /// The account at the target with which it connects: its number, from 0.
    pub account: usize,
}

/// A name that a step bound to raw facts.
///
/// Facts may refer to other records: `{"$exchange": 7}` stands for exchange 7 and may carry facts of its own beside it;
/// `{"$deliveries": ["<agencyId>", …]}` stands for the attempts for those agencies, until `until_ms` or however late;
/// `{"$mails": ["<agencyId>", …]}` for the e-mails that name them, and with no agency for those that name none.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Bound {
    /// The path of the scenario.
    pub scenario: String,
    /// The name.
    pub name: String,
    /// The facts.
    pub value: serde_json::Value,
}

/// How a scenario's steps ended.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Finished {
    /// The path of the scenario.
    pub scenario: String,
    /// When, in milliseconds of the run's clock.
    pub at_ms: f64,
    /// Why its steps were not all taken; absent when they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
}

/// Why a scenario's steps were not all taken.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Stopped {
    /// What kind of reason.
    pub kind: StopKind,
    /// The step at which it stopped, such as `step 2 (connect)`.
    pub step: String,
    /// What happened.
    pub reason: String,
}

/// What kind of reason ended a scenario early.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopKind {
    /// What the step rests on did not hold: no token, no link, no delivery.
    Prerequisite,
    /// The target was out of reach.
    Unreachable,
    /// The profile says that the target lacks what the step needs.
    Absent,
    /// Neither given nor declared absent, or given and not usable.
    CouldNotRun,
    /// A budget of time or count was used up.
    Budget,
    /// The run was interrupted.
    Interrupted,
    /// A fault of the harness.
    Harness,
}

/// A stretch of the run in which every armed agency was listened for.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Window {
    /// Its begin, in milliseconds of the run's clock.
    pub from_ms: f64,
    /// Its end.
    pub to_ms: f64,
    /// How far the target's own clock was moved on in it, in milliseconds; 0 where it has none.
    pub moved_ms: f64,
    /// What its length was reckoned from, for a reader.
    pub basis: String,
}

/// A stretch of time that no window may count.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Blind {
    /// Its begin, in milliseconds of the run's clock.
    pub from_ms: f64,
    /// Its end.
    pub to_ms: f64,
    /// What disturbed the receiver.
    pub why: String,
    /// The path of the scenario that did; empty where none did.
    #[serde(default)]
    pub scenario: String,
}

/// A request of our own to our own receiver.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Probe {
    /// When, in milliseconds of the run's clock.
    pub at_ms: f64,
    /// Whether it was answered as it should be.
    pub answered: bool,
    /// The URL that was asked.
    pub url: String,
    /// What came instead, where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// A part of the target's dialect, as found or as pinned.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Found {
    /// What was looked for: `token`, `link`.
    pub what: String,
    /// Where it stands.
    pub place: crate::dialect::Place,
    /// Whether the profile pinned it.
    pub pinned: bool,
    /// The number of the exchange that showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<u64>,
    /// Of a token, how long it lives by the answer's own word, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_life_ms: Option<f64>,
}

/// What became, at the end of a run, of the listings that the target had taken in it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Removal {
    /// How many it had taken.
    pub taken: usize,
    /// How many of them are gone again.
    pub removed: usize,
    /// Why some are left, for a reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_left: Option<String>,
}

/// How a run ended.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct End {
    /// When, in milliseconds of the run's clock.
    pub at_ms: f64,
    /// What ended it.
    pub how: Ending,
    /// More about it, for a reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What ended a run.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Everything planned was done.
    Complete,
    /// A budget ended it.
    CutShort,
    /// Ctrl-C.
    Interrupted,
    /// The target or the receiver could not be used at all.
    Environment,
    /// Evidence was lost between the run and its file.
    EvidenceLost,
}

/// Everything that a run saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Requests of ours, by number.
    pub exchanges: BTreeMap<u64, Exchange>,
    /// Webhook attempts, by number; numbers rise with arrival.
    pub deliveries: BTreeMap<u64, Delivery>,
    /// Connections of which nothing was read, by number.
    pub knocks: BTreeMap<u64, Knock>,
    /// E-mails to the developer, by number; numbers rise with arrival.
    pub mails: BTreeMap<u64, Mail>,
    /// The times in which the mailbox was watched.
    pub mail_watches: Vec<MailWatch>,
    /// The agencies of all scenarios.
    pub agencies: Vec<Agency>,
    /// The names that steps bound.
    pub bound: Vec<Bound>,
    /// How scenarios ended.
    pub finished: Vec<Finished>,
    /// The windows that were watched.
    pub windows: Vec<Window>,
    /// The times that no window may count.
    pub blind: Vec<Blind>,
    /// The times in which the harness itself was held up: they accuse nobody.
    pub held_up: Vec<HeldUp>,
    /// The receiver's probes.
    pub probes: Vec<Probe>,
    /// The dialect, part by part.
    pub found: Vec<Found>,
    /// What became of the listings that were pushed.
    pub removal: Option<Removal>,
    /// How the run ended; absent when it was killed.
    pub end: Option<End>,
    /// The numbers of the webhook attempts for each agencyId: a run has many of both, and is asked for one agency's again
    /// and again.
    of_agency: BTreeMap<String, BTreeSet<u64>>,
}

impl Evidence {
    /// Takes one record in. The order of records does not matter, but for names bound twice: the later one counts.
    pub fn take(&mut self, record: Record) {
        match record {
            Record::Exchange(exchange) => {
                self.exchanges.insert(exchange.id, *exchange);
            }
            Record::Arrived(arrived) => {
                let id = arrived.id;
                if let Some(agency) = &arrived.agency {
                    match self.of_agency.get_mut(agency) {
                        Some(ids) => _ = ids.insert(id),
                        None => _ = self.of_agency.insert(agency.clone(), [id].into()),
                    }
                }
                match self.deliveries.get_mut(&id) {
                    Some(delivery) => delivery.arrived = *arrived,
                    None => {
                        self.deliveries.insert(id, Delivery { arrived: *arrived, answered: Answered::open(id) });
                    }
                }
            }
            Record::Answered(answered) => {
                let id = answered.id;
                self.deliveries.entry(id).or_insert_with(|| Delivery::unseen(id)).answered = answered;
            }
            Record::Knock(knock) => {
                self.knocks.insert(knock.id, knock);
            }
            Record::Mail(mail) => {
                self.mails.insert(mail.id, *mail);
            }
            Record::MailWatch(watch) => self.mail_watches.push(watch),
            Record::Agency(agency) => self.agencies.push(agency),
            Record::Bound(bound) => self.bound.push(bound),
            Record::Finished(finished) => self.finished.push(finished),
            Record::Window(window) => self.windows.push(window),
            Record::Blind(blind) => self.blind.push(blind),
            Record::HeldUp(held_up) => self.held_up.push(held_up),
            Record::Probe(probe) => self.probes.push(probe),
            Record::Found(found) => self.found.push(found),
            Record::Removal(removal) => self.removal = Some(removal),
            Record::End(end) => self.end = Some(end),
        }
    }

    /// The attempts for one agencyId, in the order of their arrival.
    pub fn deliveries_of<'a>(&'a self, agency: &'a str) -> impl Iterator<Item = &'a Delivery> {
        // One whose record was written again may stand under two.
        let all = self.of_agency.get(agency).into_iter().flatten().filter_map(|id| self.deliveries.get(id));
        all.filter(move |delivery| delivery.arrived.agency.as_deref() == Some(agency))
    }
}

impl Evidence {
    /// How far the target's own clock was moved on between two moments, in milliseconds of its clock.
    #[must_use]
    pub fn moved_between(&self, from_ms: f64, to_ms: f64) -> f64 {
        let begun = |window: &&Window| window.from_ms >= from_ms && window.from_ms <= to_ms;
        self.windows.iter().filter(begun).map(|window| window.moved_ms).sum()
    }
}

impl FromIterator<Record> for Evidence {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut evidence = Self::default();
        for record in records {
            evidence.take(record);
        }
        evidence
    }
}
