use std::{
    io::Write,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use super::Output;
use crate::run::{Progress, Silent};

/// Lines tell of every so many.
const EVERY: usize = 10;

/// What tells on stderr how far something is that takes its time: `all` of `what` are to be done.
pub(super) fn progress<'a>(
    output: &'a mut Output<'_>,
    silent: bool,
    all: usize,
    what: &'static str,
) -> Box<dyn Progress + 'a> {
    match (silent, output.watched) {
        (true, _) => Box::new(Silent),
        (false, true) => Box::new(Bar::new(all)),
        (false, false) => Box::new(Lines { to: Mutex::new(&mut *output.err), what }),
    }
}

/// One line on a terminal that a person watches.
struct Bar(ProgressBar);

impl Bar {
    fn new(all: usize) -> Self {
        let bar = ProgressBar::new(all as u64);
        let style = ProgressStyle::with_template("{spinner} {elapsed:>4} [{bar:24}] {pos}/{len} {wide_msg}");
        // Without its style, which a test holds to be sound, it is only plainer.
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }
}

impl Progress for Bar {
    fn phase(&self, words: &str) {
        self.0.set_message(words.to_owned());
    }

    fn scenario(&self, _: &str, done: usize, _: usize) {
        self.0.set_position(done as u64);
    }

    fn second(&self, path: &str, figures: &str) {
        self.0.set_message(format!("{path} {figures}"));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Plain lines, for logs.
struct Lines<'a> {
    to: Mutex<&'a mut (dyn Write + Send)>,
    what: &'static str,
}

impl Lines<'_> {
    fn line(&self, text: &str) {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        // Progress that nobody reads is no reason to end a run.
        let _ = writeln!(to, "{text}");
    }
}

impl Progress for Lines<'_> {
    fn phase(&self, words: &str) {
        self.line(words);
    }

    fn scenario(&self, _: &str, done: usize, all: usize) {
        if done.is_multiple_of(EVERY) || done == all {
            self.line(&format!("  {done} of {all} {} done", self.what));
        }
    }

    fn second(&self, _: &str, figures: &str) {
        self.line(&format!("  {figures}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_tell_of_phases_and_of_every_tenth_scenario() {
        let mut told = Vec::new();
        let lines = Lines { to: Mutex::new(&mut told), what: "scenarios" };
        lines.phase("side by side");
        (1..=23).for_each(|done| lines.scenario("platform/x", done, 23));
        lines.second("load/x", "1 s: 40/s");
        insta::assert_snapshot!(String::from_utf8(told).unwrap(), @r"
        side by side
          10 of 23 scenarios done
          20 of 23 scenarios done
          23 of 23 scenarios done
          1 s: 40/s
        ");
    }

    #[test]
    fn the_style_of_the_bar_is_sound() {
        let bar = Bar::new(3);
        bar.phase("x");
        bar.scenario("platform/x", 2, 3);
        assert_eq!((bar.0.position(), bar.0.message().as_str()), (2, "x"));
    }
}
