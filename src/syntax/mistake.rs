use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Source, Span, source::floor_boundary};

/// Something wrong in a text that a person wrote: where, what, and what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The text.
    pub source: Source,
    /// The place in it.
    pub span: Span,
    /// What is wrong, as a sentence fragment without a full stop.
    pub what: String,
    /// What to do about it, if there is more to say than the fault itself says.
    pub cure: Option<String>,
}

impl Mistake {
    /// A mistake at `span` of `source`.
    pub fn new(source: &Source, span: Span, what: impl Into<String>) -> Self {
        Self { source: source.clone(), span, what: what.into(), cure: None }
    }

    /// The same mistake with what to do about it.
    #[must_use]
    pub fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }

    /// The same mistake with a cure that names the closest of `known`, or else lists them all.
    #[must_use]
    pub fn cure_from<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match closest(written, known.iter().copied()) {
            Some(name) => self.cure(format!("did you mean `{name}`?")),
            None if known.is_empty() => self,
            None => self.cure(format!("known here: {}", known.join(", "))),
        }
    }

    /// File, line, column, the line with the place marked, and the cure, as plain text.
    #[must_use]
    pub fn render(&self) -> String {
        let text = self.source.text();
        let start = floor_boundary(text, self.span.start);
        let end = floor_boundary(text, self.span.end).max(start);
        // An empty text has no line that could be shown.
        let snippet = Snippet::source(text)
            .path(self.source.name())
            .annotation(AnnotationKind::Primary.span(start..first_line_end(text, start, end)));
        let title = Level::ERROR.primary_title(&self.what).element(snippet);
        match &self.cure {
            Some(cure) => Renderer::plain().render(&[title.element(Level::HELP.message(cure))]),
            None => Renderer::plain().render(&[title]),
        }
    }
}

/// Where the marked part ends: a place that spans many lines is marked on its first.
fn first_line_end(text: &str, start: usize, end: usize) -> usize {
    text[start..end].find('\n').map_or(end, |at| start + at).max(start)
}

/// All mistakes, each rendered, with an empty line between two.
#[must_use]
pub fn render_all(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::render).collect::<Vec<_>>().join("\n\n")
}

/// The one of `known` that was probably meant by `written`, if one is close enough.
pub fn closest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (written.chars().count() / 3).max(1);
    let folded = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_shows_the_file_the_line_and_the_cure() {
        let source = Source::new("a.yaml", "title: x\nstepz: []\n");
        let mistake = Mistake::new(&source, 9..14, "unknown key `stepz`").cure_from("stepz", ["steps", "checks"]);
        insta::assert_snapshot!(mistake.render(), @r"
        error: unknown key `stepz`
         --> a.yaml:2:1
          |
        2 | stepz: []
          | ^^^^^
          |
          = help: did you mean `steps`?
        ");
    }

    #[test]
    fn a_place_beyond_the_text_does_not_panic() {
        let source = Source::new("a.yaml", "é");
        assert!(Mistake::new(&source, 1..90, "x").render().contains("a.yaml"));
        assert!(Mistake::new(&Source::new("a.yaml", ""), 0..0, "x").render().contains('x'));
    }
}
