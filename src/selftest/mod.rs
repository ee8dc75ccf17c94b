//! The harness tried on itself: no server that keeps the guide may be accused, and every defect must be found where it is
//! declared.

mod finding;
mod matrix;
mod trial;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, stream};

pub use finding::{Finding, Shown};
pub use matrix::Matrix;
pub use trial::{Trial, TrialError};

use crate::{
    embedded::{Listings, Pins},
    simulator::{DEFECTS, DIALECTS},
};

/// Hears of each trial as it ends.
pub type Listener<'a> = &'a (dyn Fn(&Finding) + Sync);

/// All trials: the clean simulator, each dialect, profiles that know less, each defect.
#[must_use]
pub fn trials() -> Vec<Trial> {
    let clean = Trial::of_brisk("clean", "The simulator as it is.");
    let dialects = DIALECTS.iter().map(|dialect| {
        let mut trial = Trial::of_brisk(dialect.name, dialect.what);
        (dialect.alter)(&mut trial.behaviour);
        // A profile pins what its target promises, and a person who does not know the number of retries pins none.
        let keys = u32::try_from(trial.behaviour.keys.per_agency).ok().filter(|keys| *keys > 1);
        trial.pins =
            Pins { promised: trial.behaviour.clone(), max_retries: "auto", keys_per_agency: keys, ..Pins::default() };
        trial.open = LEFT_OPEN.iter().find(|(name, _)| *name == trial.name).map_or(&[], |(_, open)| open);
        trial
    });
    let defects = DEFECTS.iter().map(|defect| {
        let mut trial = Trial { breaks: Some(defect.breaks), ..Trial::of_brisk(defect.name, defect.what) };
        // Fewer requests for each of many trials: no defect is about the pages between a link and its question, nor about removing
        // listings, which end with the simulator.
        trial.behaviour.page.brief = true;
        trial.pins.removes = false;
        (defect.alter)(&mut trial.behaviour);
        trial
    });
    std::iter::once(clean).chain(dialects).chain(profiles()).chain(defects).collect()
}

/// What an agreement of one account with each of two agencies cannot show: keys of different accounts.
const NEEDS_ACCOUNTS: &[&str] = &["HOOK-5", "HOOK-6", "PUSH-4"];

/// A stranger's update that is not refused may have made a listing of its own.
const NEEDS_READING: &[&str] = &["PUSH-4"];

/// Whatever is counted by delivery, which several keys of unknown number blur.
const NEEDS_KEYS: &[&str] = &[
    "HOOK-4", "HOOK-4b", "RETRY-1", "RETRY-2", "RETRY-3", "RETRY-4", "RETRY-4b", "RETRY-5", "RETRY-6", "RETRY-7",
    "RETRY-8", "RETRY-11", "RETRY-12",
];

/// What a lawful dialect leaves open: what is seen at a port that nothing is read from is a number of connections alone.
const LEFT_OPEN: &[(&str, &[&str])] = &[
    // A port is not kept down for minutes, and no clock is moved while it is.
    ("gaps-of-minutes", &["RETRY-4", "RETRY-11"]),
    // The port is up again only when the page has answered, and no attempt is left by then.
    ("page-waits-for-delivery", &["RETRY-3", "RETRY-4"]),
    // Which of two deliveries knocked cannot be told.
    ("two-keys-per-agency", &["RETRY-3", "RETRY-4", "RETRY-11"]),
];

/// The simulator as it is, or nearly, under profiles that say less than they might.
fn profiles() -> Vec<Trial> {
    let trial = |name, about, change: fn(&mut Trial)| {
        let mut trial = Trial::of_brisk(name, about);
        change(&mut trial);
        trial
    };
    vec![
        trial("nothing-pinned", "The profile pins neither deadlines nor the retry policy.", |trial| {
            trial.pins.deadlines = false;
        }),
        trial("no-clock", "The clock cannot be moved.", |trial| trial.pins.clock = false),
        trial("no-listing-api", "There is no Listing API.", |trial| trial.pins.listing = Listings::Absent),
        trial("no-read-back", "Listings cannot be read back.", |trial| {
            (trial.pins.listing, trial.open) = (Listings::Written, NEEDS_READING);
        }),
        trial("one-account", "All agencies share one account.", |trial| {
            (trial.accounts, trial.open) = (1, NEEDS_ACCOUNTS);
        }),
        trial("two-accounts", "All agencies share two accounts.", |trial| {
            (trial.accounts, trial.open) = (2, &["HOOK-5"]);
        }),
        trial("two-keys-not-pinned", "An agreement delivers two keys, and the profile does not say so.", |trial| {
            trial.behaviour.keys.per_agency = 2;
            trial.open = NEEDS_KEYS;
        }),
    ]
}

/// Trials that take half a minute and more, and mostly wait: for a schedule, or for deliveries that never come.
const LONG: &[&str] = &[
    "gaps-of-minutes",
    "nothing-pinned",
    "limit-after-40",
    "agreement-delivers-nothing",
    "agency-id-missing-in-delivery",
    "registering-agency-forgotten",
    "delivered-on-the-second-agreement-only",
    "delivered-hours-later",
    "one-agreement-in-three-forgotten",
    "failing-agency-holds-up-others",
    "deliveries-polled",
    "page-waits-for-delivery",
    "no-retries",
];

/// Runs trials, so many at a time and half as many that mostly wait, and puts what was found together in their order. What is
/// not as it should be stays in a folder of `out`, named for the trial.
///
/// # Errors
///
/// A trial could not be run at all.
pub async fn selftest(
    trials: Vec<Trial>,
    at_once: usize,
    out: Option<&Path>,
    listener: Listener<'_>,
) -> Result<Matrix, TrialError> {
    let runs = trials.into_iter().enumerate().map(|(place, trial)| {
        let name = trial.name;
        let out = out.map(|out| out.join(name));
        let run = async move {
            // A task of its own: judging is work, and may go on on any thread.
            let tried = tokio::spawn(tried(trial, out));
            let finding = tried.await.map_err(|error| TrialError::of_task(name, &error))??;
            listener(&finding);
            Ok((place, finding))
        };
        (LONG.contains(&name), run)
    });
    // From the last on: those that break retries take longer than most, and begun last they would be waited for alone.
    let (long, short): (Vec<_>, Vec<_>) = runs.rev().partition(|(is_long, _)| *is_long);
    let all = |runs: Vec<(bool, _)>, at_once| ended(runs.into_iter().map(|(_, run)| run), at_once);
    // Who waits does little: among the others such trials would keep the machine idle, and begun last be waited for alone.
    let (long, short) = futures::join!(all(long, at_once / 2), all(short, at_once));
    let ended = long.into_iter().chain(short);
    let mut findings = ended.collect::<Result<Vec<(usize, Finding)>, TrialError>>()?;
    findings.sort_by_key(|(place, _)| *place);
    Ok(Matrix::new(findings.into_iter().map(|(_, finding)| finding).collect()))
}

/// The first trials begin spread over this time, and each of the others as one ends. Were they to begin together, they would all
/// work at the same time, and then all wait.
const SPREAD: Duration = Duration::from_secs(5);

/// Waits for all, so many at a time.
async fn ended<T>(runs: impl ExactSizeIterator<Item = impl Future<Output = T>>, at_once: usize) -> Vec<T> {
    let at_once = u32::try_from(at_once).unwrap_or(u32::MAX).max(1);
    let many = runs.len() > at_once as usize;
    let spread = runs.zip(0..).map(|(run, place)| async move {
        if many && place < at_once {
            tokio::time::sleep(SPREAD * place / at_once).await;
        }
        run.await
    });
    stream::iter(spread).buffer_unordered(at_once as usize).collect().await
}

/// How often a trial is run of which too little could be told.
const MOST_TRIES: usize = 3;

/// Runs a trial, and again where another try may tell more. The matrix tells how often.
async fn tried(trial: Trial, out: Option<PathBuf>) -> Result<Finding, TrialError> {
    let mut tries = 1;
    loop {
        let report = match &out {
            Some(folder) => trial.run_in(folder).await?,
            None => trial.run().await?,
        };
        let finding = Finding { tries, ..Finding::of(&trial, &report) };
        let is_last = tries == MOST_TRIES || !finding.may_be_told(&trial, &report);
        if let Some(folder) = out.as_ref().filter(|_| !is_last || !finding.shown.is_wrong()) {
            std::fs::remove_dir_all(folder).map_err(|error| TrialError::of_folder(trial.name, folder, &error))?;
        }
        if is_last {
            return Ok(finding);
        }
        tries += 1;
    }
}

/// Nothing of the interrupt is passed on: a selftest ends with its process.
fn never_interrupted() -> (Arc<tokio::sync::watch::Sender<bool>>, tokio::sync::watch::Receiver<bool>) {
    let (sender, receiver) = tokio::sync::watch::channel(false);
    (Arc::new(sender), receiver)
}
