use std::time::Duration;

use super::{
    SHAPES, Shape,
    reader::{Reader, entry},
    shape::Form,
    value::Name,
};
use crate::{
    schedule::Segment,
    syntax::{Kind, Node, Span},
};

/// One part of a load scenario's time.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name: the file's, or its shape's, with `-2` for the second of its shape.
    pub name: String,
    /// The name of its shape, such as `ramp`.
    pub shape: &'static str,
    /// Whether it holds levels, so that thresholds are judged over it without being told to.
    pub is_hold: bool,
    /// How the load goes.
    pub course: Course,
    /// Where it stands.
    pub span: Span,
}

impl Stage {
    /// Its levels; none for a search.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        match &self.course {
            Course::Levels(levels) => levels,
            Course::Search(_) => &[],
        }
    }
}

/// How the load goes in a stage.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// Known from the begin.
    Levels(Vec<Level>),
    /// Found while it runs.
    Search(Breakpoint),
}

/// A stretch of time over which the load goes in a straight line, as a factor of what the groups' pace says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// How long.
    pub duration: Duration,
    /// The factor at its begin; not negative.
    pub from: f64,
    /// The factor at its end; not negative.
    pub to: f64,
}

impl Level {
    /// The same factor all along.
    #[must_use]
    pub fn flat(duration: Duration, factor: f64) -> Self {
        Self { duration, from: factor, to: factor }
    }

    /// The factor at a moment since its begin; that of its end for any later one.
    #[must_use]
    pub fn at(&self, moment: Duration) -> f64 {
        if moment >= self.duration {
            return self.to;
        }
        self.from + (self.to - self.from) * moment.div_duration_f64(self.duration)
    }

    /// What it is for a group of `rate` arrivals per second.
    #[must_use]
    pub fn segment(&self, rate: f64, stage: usize) -> Segment {
        Segment { duration: self.duration, from: self.from * rate, to: self.to * rate, stage }
    }
}

/// A search for the highest rate under which the thresholds hold.
///
/// Rates are those of all groups together: a group takes its share of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakpoint {
    /// The first rate, in arrivals per second; more than 0.
    pub from: f64,
    /// The highest rate that is tried; more than `from`.
    pub to: f64,
    /// How long each rate is held.
    pub each: Duration,
    /// What a rate that held is multiplied with; more than 1.
    pub factor: f64,
    /// How near the highest rate that held and the lowest that did not must come, as a fraction of the rate; more than 0 and
    /// less than 1.
    pub precision: f64,
}

/// The word of `during` that no stage may have for its name.
pub(super) const ALL: &str = "all";

/// A stage that was read, before the levels around it are known.
struct Read {
    name: String,
    shape: &'static Shape,
    form: Box<dyn Form>,
    span: Span,
}

impl Reader<'_> {
    /// The stages, and whether all of them could be read.
    pub(super) fn stages(&mut self, node: &Node) -> (Vec<Stage>, bool) {
        let items = self.list(node, "stages", "stages: [ { ramp: 5s }, { hold: 30s } ]");
        let mut read: Vec<Read> = Vec::new();
        for item in items {
            if let Some(stage) = self.stage(item, &read) {
                read.push(stage);
            }
        }
        let all = !items.is_empty() && read.len() == items.len();
        let stages = draw(read);
        if stages.len() > 1
            && let Some(search) = stages.iter().find(|stage| matches!(stage.course, Course::Search(_)))
        {
            let cure = "give it a file of its own: it finds its own rates";
            self.told(&search.span, format!("`{}` is not the only stage", search.shape), cure);
        }
        (stages, all)
    }

    fn stage(&mut self, item: &Node, before: &[Read]) -> Option<Read> {
        let shapes = || SHAPES.iter().map(|shape| shape.name);
        let mut rest = item.clone();
        let Kind::Map(entries) = &mut rest.kind else {
            let what = format!("expected a stage, found {}", item.describe());
            self.told(&item.span, what, format!("write it as `{}`", SHAPES[0].example));
            return None;
        };
        let at = entries.iter().position(|entry| entry.key == "name");
        let name = at.map(|at| entries.remove(at));
        let mut found = SHAPES.iter().filter(|shape| entry(&rest, shape.name).is_some());
        let Some(shape) = found.next() else {
            match rest.entries() {
                [lead, ..] => self.unknown(&lead.key_span, "shape", &lead.key, shapes()),
                [] => self.told(&item.span, "a stage has a shape", format!("write it as `{}`", SHAPES[0].example)),
            }
            return None;
        };
        if let Some(other) = found.next().and_then(|other| entry(&rest, other.name)) {
            let what = format!("a stage has one shape, and this has `{}` too", other.key);
            self.told(&other.key_span, what, "begin a stage of its own for it: `- { … }`");
            return None;
        }
        let form = (shape.read)(self.source, &rest).map_err(|mistakes| self.mistakes.extend(mistakes)).ok();
        let given = name.as_ref().and_then(|entry| self.read::<Name>(&entry.value).map(|name| name.0));
        let span = name.map_or_else(|| item.span.clone(), |entry| entry.value.span);
        let name =
            given.unwrap_or_else(|| match before.iter().filter(|other| other.shape.name == shape.name).count() {
                0 => shape.name.to_owned(),
                some => format!("{}-{}", shape.name, some + 1),
            });
        let names: Vec<&str> = before.iter().map(|other| other.name.as_str()).collect();
        self.twice(&span, "stage", &name, &names);
        if name == ALL {
            self.told(&span, format!("`{ALL}` is the name of all stages"), "give it another name");
        }
        Some(Read { name, shape, form: form?, span })
    }
}

/// Puts levels to stages: where one does not say its own, those around it do.
fn draw(read: Vec<Read>) -> Vec<Stage> {
    let begins: Vec<Option<f64>> = read.iter().map(|stage| stage.form.begin()).collect();
    let mut level = None;
    let mut stages = Vec::new();
    for (at, Read { name, shape, form, span }) in read.into_iter().enumerate() {
        let course = form.course(level, begins.get(at + 1).copied().flatten());
        level = form.leaves(level, &course);
        stages.push(Stage { name, shape: shape.name, is_hold: shape.is_hold, course, span });
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Source, parse_yaml, render_all};

    fn stages(text: &str) -> Vec<Stage> {
        let source = Source::new("mine.yaml", text);
        let mut reader = Reader { source: &source, mistakes: Vec::new() };
        let (stages, _) = reader.stages(&parse_yaml(&source).unwrap());
        assert!(reader.mistakes.is_empty(), "{}", render_all(&reader.mistakes));
        stages
    }

    /// `name 5s 0-0.5`, for each level.
    fn told(text: &str) -> String {
        let line =
            |stage: &Stage, level: &Level| format!("{} {:?} {}-{}", stage.name, level.duration, level.from, level.to);
        let stages = stages(text);
        let lines = stages.iter().flat_map(|stage| stage.levels().iter().map(move |level| line(stage, level)));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_shape_reads_its_own_example() {
        for shape in SHAPES {
            let stages = stages(&format!("- {}", shape.example));
            assert_eq!((stages[0].shape, stages[0].is_hold), (shape.name, shape.is_hold));
        }
    }

    #[test]
    fn levels_that_are_not_said_follow_from_those_around() {
        insta::assert_snapshot!(told("[{ ramp: 5s }, { hold: 30s }]"), @"
        ramp 5s 0-1
        hold 30s 1-1
        ");
        insta::assert_snapshot!(told("[{ ramp: 5s }, { hold: 1m, at: 50% }, { ramp: 1s, to: 80% }, { soak: 1h }]"), @"
        ramp 5s 0-0.5
        hold 60s 0.5-0.5
        ramp-2 1s 0.5-0.8
        soak 3600s 0.8-0.8
        ");
        insta::assert_snapshot!(told("[{ hold: 5s, at: 40% }, { spike: { for: 2s, to: 300% } }, { hold: 5s, name: calm }]"), @"
        hold 5s 0.4-0.4
        spike 2s 3-3
        calm 5s 0.4-0.4
        ");
        insta::assert_snapshot!(told("[{ spike: { for: 2s, to: 300% } }, { hold: 5s }, { ramp: 1s, to: 0% }]"), @"
        spike 2s 3-3
        hold 5s 1-1
        ramp 1s 1-0
        ");
        insta::assert_snapshot!(told("[{ ramp: 1s }, { stairs: { steps: 3, each: 1s, from: 20% } }, { hold: 1s }]"), @"
        ramp 1s 0-0.2
        stairs 1s 0.2-0.2
        stairs 1s 0.6000000000000001-0.6000000000000001
        stairs 1s 1-1
        hold 1s 1-1
        ");
        insta::assert_snapshot!(told("[{ stairs: { steps: 4, each: 1s, to: 200% } }, { stairs: { steps: 1, each: 1s } }]"), @"
        stairs 1s 0.5-0.5
        stairs 1s 1-1
        stairs 1s 1.5-1.5
        stairs 1s 2-2
        stairs-2 1s 1-1
        ");
    }

    #[test]
    fn a_search_has_no_levels_of_its_own() {
        let stages = stages("[{ breakpoint: { from: 100/s, to: 2000/s, each: 10s } }]");
        let each = Duration::from_secs(10);
        let search = Breakpoint { from: 100.0, to: 2000.0, each, factor: 1.5, precision: 0.05 };
        assert_eq!((stages[0].course.clone(), stages[0].levels()), (Course::Search(search), &[][..]));
    }

    /// Stages of all shapes that have levels, with the seconds that they last.
    fn any_stages() -> impl proptest::strategy::Strategy<Value = Vec<(String, u64)>> {
        use proptest::prelude::*;
        let one = (0_u8..6, 1_u64..5000, 0_u32..400, 1_u64..20).prop_map(|(kind, seconds, level, steps)| match kind {
            0 => (format!("{{ ramp: {seconds}s }}"), seconds),
            1 => (format!("{{ ramp: {seconds}s, to: {level}% }}"), seconds),
            2 => (format!("{{ hold: {seconds}s, at: {level}% }}"), seconds),
            3 => (format!("{{ soak: {seconds}s }}"), seconds),
            4 => (format!("{{ spike: {{ for: {seconds}s, to: {level}% }} }}"), seconds),
            _ => (format!("{{ stairs: {{ steps: {steps}, each: {seconds}s, to: {level}% }} }}"), seconds * steps),
        });
        proptest::collection::vec(one, 1..12)
    }

    proptest::proptest! {
        #[test]
        fn levels_last_as_long_as_stages_say(written in any_stages(), rate in 0.01_f64..1e4) {
            let text: Vec<&str> = written.iter().map(|(text, _)| text.as_str()).collect();
            let stages = stages(&format!("[{}]", text.join(", ")));
            let mut total = 0.0;
            let mut steps = 0.0;
            for (stage, (_, seconds)) in stages.iter().zip(&written) {
                let lasts: Duration = stage.levels().iter().map(|level| level.duration).sum();
                proptest::prop_assert_eq!(lasts, Duration::from_secs(*seconds));
                for level in stage.levels() {
                    proptest::prop_assert!(level.from >= 0.0 && level.to >= 0.0);
                    let (middle, seconds) = (level.at(level.duration / 2), level.duration.as_secs_f64());
                    total += middle * rate * seconds;
                    steps += level.segment(rate, 0).arrivals();
                }
            }
            proptest::prop_assert!((total - steps).abs() <= 1e-6 * total.max(1.0), "{} of {}", steps, total);
        }
    }
}
