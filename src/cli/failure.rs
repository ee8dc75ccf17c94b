use std::{error::Error, fmt};

use crate::{
    syntax::{Mistake, closest, render_all},
    verdict::Outcome,
};

/// Why a command could not do its job, for the person who typed it.
#[derive(Debug)]
pub(super) struct Failure {
    /// What the process comes to.
    pub(super) outcome: Outcome,
    messages: Vec<String>,
}

impl Failure {
    /// Something typed or written is wrong.
    pub(super) fn usage(what: impl fmt::Display) -> Self {
        Self::new(Outcome::Usage, what)
    }

    /// This machine or the network does not play along.
    pub(super) fn environment(what: impl fmt::Display) -> Self {
        Self::new(Outcome::Environment, what)
    }

    pub(super) fn new(outcome: Outcome, what: impl fmt::Display) -> Self {
        Self { outcome, messages: vec![message(what)] }
    }

    /// Everything that is wrong, at once.
    pub(super) fn all(problems: Problems) -> Self {
        Self { outcome: Outcome::Usage, messages: problems.0 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.messages.join("\n\n"))
    }
}

/// What is wrong so far with what a person typed and wrote.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    /// Takes a problem in.
    pub(super) fn push(&mut self, what: impl fmt::Display) {
        self.0.push(message(what));
    }

    /// Takes several in.
    pub(super) fn each(&mut self, errors: &[impl fmt::Display]) {
        for error in errors {
            self.push(error);
        }
    }

    /// Takes mistakes in texts in.
    pub(super) fn mistakes(&mut self, mistakes: &[Mistake]) {
        if !mistakes.is_empty() {
            self.0.push(render_all(mistakes));
        }
    }

    /// Takes in what another part found.
    pub(super) fn extend(&mut self, others: Problems) {
        self.0.extend(others.0);
    }

    /// Whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn message(what: impl fmt::Display) -> String {
    format!("error: {what}")
}

/// What to do about a name that is unknown: take the one that was probably meant, or else do as is said otherwise.
pub(super) fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, otherwise: impl Into<String>) -> String {
    closest(name, known).map_or_else(|| otherwise.into(), |meant| format!("did you mean `{meant}`?"))
}

/// An error with what caused it.
pub(super) fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
