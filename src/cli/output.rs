use std::io::Write;

/// What a command prints to, so that nothing else prints.
///
/// A reader that has gone away, such as `head`, is no fault of a command: what cannot be written is dropped.
pub(super) struct Output<'a> {
    pub(super) out: &'a mut (dyn Write + Send),
    pub(super) err: &'a mut (dyn Write + Send),
    /// Whether stdout shows colours.
    pub(super) color: bool,
    /// How many columns a line of stdout may take.
    pub(super) width: usize,
    /// Whether a person watches stderr, so that a progress bar may be drawn there.
    pub(super) watched: bool,
}

impl Output<'_> {
    /// A line, or several, of the answer: on stdout.
    pub(super) fn say(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    /// A line, or several, beside the answer: on stderr.
    pub(super) fn tell(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
    }

    /// The answer as bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.out.write_all(bytes);
    }

    /// Lets a reader have all that was said so far.
    pub(super) fn flush(&mut self) {
        let _ = self.out.flush();
    }
}
