//! The harness tried on itself: no server that keeps the guide may be accused, and every defect must be found where it is
//! declared.

mod finding;
mod matrix;
mod trial;

use std::sync::Arc;

use futures::{StreamExt, stream};

pub use finding::{Finding, Shown};
pub use matrix::Matrix;
pub use trial::{Trial, TrialError};

use crate::{
    embedded::Pins,
    simulator::{Behaviour, DEFECTS, DIALECTS},
};

/// Hears of each trial as it ends.
pub type Listener<'a> = &'a (dyn Fn(&Finding) + Sync);

/// All trials: the clean simulator, each dialect, each defect.
#[must_use]
pub fn trials() -> Vec<Trial> {
    let clean = Trial {
        name: "clean",
        about: "The simulator as it is.",
        breaks: None,
        behaviour: Behaviour::brisk(),
        pins: Pins::default(),
        open: &[],
    };
    let dialects = DIALECTS.iter().map(|dialect| {
        let mut behaviour = Behaviour::brisk();
        (dialect.alter)(&mut behaviour);
        // A profile pins what its target promises, and a person who does not know the number of retries pins none.
        let pins = Pins { promised: behaviour.clone(), max_retries: "auto", ..Pins::default() };
        Trial { name: dialect.name, about: dialect.what, breaks: None, behaviour, pins, open: &[] }
    });
    let defects = DEFECTS.iter().map(|defect| {
        let mut behaviour = Behaviour::brisk();
        (defect.alter)(&mut behaviour);
        Trial {
            name: defect.name,
            about: defect.what,
            breaks: Some(defect.breaks),
            behaviour,
            pins: Pins::default(),
            open: &[],
        }
    });
    std::iter::once(clean).chain(dialects).chain(defects).collect()
}

/// Runs trials, so many at a time, and puts what was found together in their order.
///
/// # Errors
///
/// A trial could not be run at all.
pub async fn selftest(trials: Vec<Trial>, at_once: usize, listener: Listener<'_>) -> Result<Matrix, TrialError> {
    let runs = trials.into_iter().enumerate().map(|(place, trial)| async move {
        // A task of its own: judging is work, and may go on on any thread.
        let tried = tokio::spawn(async move { trial.run().await.map(|report| Finding::of(&trial, &report)) });
        let finding = tried.await.map_err(TrialError::of_task)??;
        listener(&finding);
        Ok((place, finding))
    });
    let runs: Vec<_> = runs.collect();
    let ended: Vec<_> = stream::iter(runs).buffer_unordered(at_once.max(1)).collect().await;
    let mut findings = ended.into_iter().collect::<Result<Vec<(usize, Finding)>, TrialError>>()?;
    findings.sort_by_key(|(place, _)| *place);
    Ok(Matrix::new(findings.into_iter().map(|(_, finding)| finding).collect()))
}

/// Nothing of the interrupt is passed on: a selftest ends with its process.
fn never_interrupted() -> (Arc<tokio::sync::watch::Sender<bool>>, tokio::sync::watch::Receiver<bool>) {
    let (sender, receiver) = tokio::sync::watch::channel(false);
    (Arc::new(sender), receiver)
}
