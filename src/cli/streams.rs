use std::io::{Stderr, Stdout};

use anstream::AutoStream;
use clap::ColorChoice;

use super::output::Output;

/// How wide a line is where no terminal says so: wide enough for a table, narrow enough for a log.
const WIDTH: usize = 110;

/// The streams of this process, which drop colours that nobody sees.
pub(super) struct Streams {
    out: AutoStream<Stdout>,
    err: AutoStream<Stderr>,
}

impl Streams {
    pub(super) fn new(color: ColorChoice) -> Self {
        let choice = match color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Self { out: AutoStream::new(std::io::stdout(), choice), err: AutoStream::new(std::io::stderr(), choice) }
    }

    pub(super) fn output(&mut self) -> Output<'_> {
        let width = console::Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| usize::from(columns));
        Output {
            color: self.out.current_choice() != anstream::ColorChoice::Never,
            width: if self.out.is_terminal() { width } else { WIDTH },
            watched: self.err.is_terminal(),
            out: &mut self.out,
            err: &mut self.err,
        }
    }
}
