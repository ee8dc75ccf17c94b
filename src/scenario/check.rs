use super::Text;
use crate::{requirement::Requirement, syntax::Span};

/// One check: an expression over what the steps bound, led by the requirement that it proves.
#[derive(Clone, Debug)]
pub struct Check {
    /// The requirement.
    pub requirement: &'static Requirement,
    /// What must be true; absent where `any_of` stands instead.
    pub expression: Option<Text>,
    /// Every acceptable outcome, by a name for the report.
    pub any_of: Vec<(String, Text)>,
    /// What must hold for the evidence to tell anything; false makes the check inconclusive.
    pub given: Option<Text>,
    /// A negative over these deliveries: true only for a window that was watched to its end.
    pub window: Option<Text>,
    /// The same, where one delivery more than the step allows fails it at once.
    pub at_most: Option<Text>,
    /// A positive over these deliveries: false only when the profile's own deadline was watched whole.
    pub due: Option<Text>,
    /// What deviation is allowed, for the reader of the verdict.
    pub tolerance: Option<Text>,
    /// Where the check stands.
    pub span: Span,
}

/// What may stand beside a check's expression: a field of [`Check`], and a row in [`QUALIFIERS`].
pub struct Qualifier {
    /// The key under which a scenario gives it.
    pub key: &'static str,
    /// What is expected there, for a mistake.
    pub(super) expected: &'static str,
    /// The JSON types that the value may have.
    pub(super) types: &'static [&'static str],
    pub(super) place: fn(&mut Check) -> &mut Option<Text>,
    get: fn(&Check) -> Option<&Text>,
}

impl Qualifier {
    /// What a check says under this key.
    #[must_use]
    pub fn of<'c>(&self, check: &'c Check) -> Option<&'c Text> {
        (self.get)(check)
    }
}

/// What is expected where an expression stands.
pub(super) const EXPRESSION: &str = "an expression";

/// The JSON types of an expression: `true` and numbers are ones too.
pub(super) const EXPRESSION_TYPES: &[&str] = &["string", "boolean", "number"];

const DELIVERIES: &str = "the name of deliveries";

/// Everything that may stand beside a check's expression.
pub const QUALIFIERS: &[Qualifier] = &[
    Qualifier {
        key: "given",
        expected: EXPRESSION,
        types: EXPRESSION_TYPES,
        place: |check| &mut check.given,
        get: |check| check.given.as_ref(),
    },
    Qualifier {
        key: "window",
        expected: DELIVERIES,
        types: &["string"],
        place: |check| &mut check.window,
        get: |check| check.window.as_ref(),
    },
    Qualifier {
        key: "at_most",
        expected: DELIVERIES,
        types: &["string"],
        place: |check| &mut check.at_most,
        get: |check| check.at_most.as_ref(),
    },
    Qualifier {
        key: "due",
        expected: DELIVERIES,
        types: &["string"],
        place: |check| &mut check.due,
        get: |check| check.due.as_ref(),
    },
    Qualifier {
        key: "tolerance",
        expected: "what deviation is allowed",
        types: &["string", "number"],
        place: |check| &mut check.tolerance,
        get: |check| check.tolerance.as_ref(),
    },
];

impl Check {
    /// A check that says nothing yet.
    pub(super) fn new(requirement: &'static Requirement, span: Span) -> Self {
        Self {
            requirement,
            expression: None,
            any_of: Vec::new(),
            given: None,
            window: None,
            at_most: None,
            due: None,
            tolerance: None,
            span,
        }
    }

    /// The check's expressions that decide it, with the outcome that each names.
    pub fn alternatives(&self) -> impl Iterator<Item = (Option<&str>, &Text)> {
        self.expression
            .iter()
            .map(|text| (None, text))
            .chain(self.any_of.iter().map(|(name, text)| (Some(name.as_str()), text)))
    }

    /// Every expression of the check, `given` included.
    pub fn expressions(&self) -> impl Iterator<Item = &Text> {
        self.given.iter().chain(self.alternatives().map(|(_, text)| text))
    }

    /// The deliveries that a window, a bound or a deadline of the check is about.
    pub fn watched(&self) -> impl Iterator<Item = &Text> {
        [&self.window, &self.at_most, &self.due].into_iter().flatten()
    }
}
