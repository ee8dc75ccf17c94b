use std::{collections::BTreeMap, time::Duration};

use super::{
    Counts, LoadResult, Report, RequirementResult, Run, ScenarioRef, Score, Tool, VERSION, figures, sentence, timeline,
};
use crate::{
    dialect::{Dialect, Drift},
    evidence::Evidence,
    requirement::{self, Level, Requirement, Side},
    verdict::{Judgement, Outcome, Verdict},
};

/// Everything of which a report is made.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The version of the program.
    pub tool_version: String,
    /// What its selftest came to, where that is known.
    pub score: Option<Score>,
    /// The run's id.
    pub run_id: String,
    /// When the run began.
    pub began: jiff::Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The target's name.
    pub target: String,
    /// The target's base URL.
    pub base_url: String,
    /// The seed from which the agencies' ids are drawn.
    pub seed: u64,
    /// Whether a broken `should` counted as a failure. The judge has already applied it.
    pub strict: bool,
    /// The scenarios that were planned.
    pub planned: Vec<Planned>,
    /// What the checks came to.
    pub judgements: Vec<Judgement>,
    /// What the run saw.
    pub evidence: &'a Evidence,
    /// The requirements that the run was asked about.
    pub requirements: Vec<Asked>,
    /// Why nothing could be judged, where the surroundings did not let it.
    pub environment: Option<String>,
    /// Why the run is not whole: cut short, killed, evidence lost, not searched for secrets.
    pub incomplete: Vec<String>,
    /// Outcomes beside those of the verdicts, such as a secret that was found, or Ctrl-C.
    pub extra_outcomes: Vec<Outcome>,
    /// How the target answers where the guide leaves the form open.
    pub seen_dialect: Dialect,
    /// Where the target answered otherwise than the profile pins.
    pub drift: Vec<Drift>,
    /// What each load scenario came to.
    pub load: Vec<LoadResult>,
    /// What a reader should know beside the verdicts.
    pub notes: Vec<String>,
}

/// A scenario that was planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its path, such as `platform/retry-until-200`.
    pub path: String,
    /// Its title.
    pub title: String,
    /// How many checks it has.
    pub checks: usize,
}

/// A requirement that a run was asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its id, such as `RETRY-6`.
    pub id: String,
    /// What it came to where no judgement is about it.
    pub otherwise: Option<Skip>,
}

/// Why nothing was judged about a requirement.
#[derive(Clone, Debug, PartialEq)]
pub struct Skip {
    /// Not selected, not applicable or could not run.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

impl Report {
    /// Puts a run's judgements and evidence together.
    ///
    /// A requirement comes to the worst of its judgements. One that was asked about, and has neither judgement nor
    /// skip, could not run: silence is never a pass. A judgement about a requirement that nobody asked about is shown
    /// and counts.
    #[must_use]
    pub fn build(mut input: Input<'_>) -> Report {
        let checks = count(&input.planned, &input.judgements);
        let run = run_of(&mut input);
        let timelines = timeline::timelines(&input.judgements, input.evidence);
        let requirements = results(input.requirements, input.judgements);
        // A load is something that was judged, whatever of the guide was.
        let sent = (!input.load.is_empty()).then_some(Verdict::Pass);
        let outcome = Outcome::strongest(
            [Outcome::of_verdicts(requirements.iter().map(|row| row.verdict).chain(sent))]
                .into_iter()
                .chain(input.load.iter().flat_map(LoadResult::outcomes))
                .chain(input.extra_outcomes)
                .chain((!input.drift.is_empty()).then_some(Outcome::Drifted))
                .chain(input.environment.as_ref().map(|_| Outcome::Environment))
                .chain((!input.incomplete.is_empty()).then_some(Outcome::Incomplete)),
        );
        Report {
            version: VERSION,
            tool: Tool { name: "matchproof".to_owned(), version: input.tool_version, score: input.score },
            outcome,
            exit_code: outcome.code(),
            summary: sentence::summary(
                &run,
                outcome,
                (&requirements, &input.drift, &input.load),
                input.environment.iter().chain(&input.incomplete),
            ),
            headline: sentence::headline(&checks),
            checks,
            requirements,
            latency: figures::latency(input.evidence),
            dialect: input.evidence.found.clone(),
            seen_dialect: input.seen_dialect,
            drift: input.drift,
            unclaimed_deliveries: timeline::unclaimed(input.evidence),
            timelines,
            environment: input.environment,
            load: input.load,
            notes: input.notes,
            incomplete: input.incomplete,
            run,
        }
    }
}

impl Report {
    /// The same report with further loads in it, such as one whose result could not be written any more.
    #[must_use]
    pub fn with_loads(mut self, more: Vec<LoadResult>) -> Report {
        let outcomes: Vec<Outcome> = more.iter().flat_map(LoadResult::outcomes).collect();
        if more.is_empty() {
            return self;
        }
        self.outcome = Outcome::strongest(outcomes.into_iter().chain([self.outcome]));
        self.exit_code = self.outcome.code();
        // The evidence of a run that was killed ends with its setup.
        self.run.seconds = more.iter().map(|load| load.seconds).fold(self.run.seconds, f64::max);
        self.load.extend(more);
        self.summary = sentence::summary(
            &self.run,
            self.outcome,
            (&self.requirements, &self.drift, &self.load),
            self.environment.iter().chain(&self.incomplete),
        );
        self
    }
}

/// What a reader is told of the run itself.
fn run_of(input: &mut Input<'_>) -> Run {
    use std::mem::take;
    let scenarios = take(&mut input.planned).into_iter();
    Run {
        id: take(&mut input.run_id),
        began: input.began.to_string(),
        seconds: (input.duration.as_secs_f64() * 1e3).round() / 1e3,
        target: take(&mut input.target),
        base_url: take(&mut input.base_url),
        seed: input.seed,
        strict: input.strict,
        scenarios: scenarios.map(|Planned { path, title, .. }| ScenarioRef { path, title }).collect(),
    }
}

fn count(planned: &[Planned], judgements: &[Judgement]) -> Counts {
    let of = |word: &str| judgements.iter().filter(|judgement| judgement.verdict.word() == word).count();
    let planned = planned.iter().map(|scenario| scenario.checks).sum::<usize>().max(judgements.len());
    let executed = judgements
        .iter()
        .filter(|judgement| judgement.not_executed.is_none() && judgement.verdict.word() != "skip")
        .count();
    Counts {
        planned,
        executed,
        pass: of("pass"),
        warn: of("warn"),
        fail: of("fail"),
        inconclusive: of("inconclusive"),
        skip: of("skip") + planned - judgements.len(),
        info: of("info"),
        error: of("error"),
    }
}

/// One result for each requirement, in the catalogue's order; those that it does not know come last.
fn results(asked: Vec<Asked>, judgements: Vec<Judgement>) -> Vec<RequirementResult> {
    let mut found: BTreeMap<(usize, String), (Option<Skip>, Vec<Judgement>)> = BTreeMap::new();
    for asked in asked {
        found.entry(key(&asked.id)).or_default().0 = asked.otherwise;
    }
    for judgement in judgements {
        found.entry(key(&judgement.requirement)).or_default().1.push(judgement);
    }
    found.into_iter().map(|((_, id), (skip, judgements))| result(id, skip, judgements)).collect()
}

fn key(id: &str) -> (usize, String) {
    match requirement::all().enumerate().find(|(_, row)| row.id.eq_ignore_ascii_case(id)) {
        Some((at, row)) => (at, row.id.to_owned()),
        None => (usize::MAX, id.to_owned()),
    }
}

fn result(id: String, skip: Option<Skip>, mut judgements: Vec<Judgement>) -> RequirementResult {
    // A stable sort: of equals, the one that was judged first stays first.
    judgements.sort_by_key(|judgement| std::cmp::Reverse(judgement.verdict));
    let (verdict, reason) = match (judgements.first(), skip) {
        (Some(worst), _) => (worst.verdict, worst.reason.clone()),
        (None, Some(skip)) => (skip.verdict, skip.reason),
        (None, None) => (Verdict::CouldNotRun, "selected, and no check came to judge it".to_owned()),
    };
    let Requirement { side, level, text, origin, .. } =
        requirement::find(&id).copied().unwrap_or(Requirement { ..UNKNOWN });
    RequirementResult {
        id,
        level,
        side,
        text: text.to_owned(),
        origin: origin.to_owned(),
        verdict,
        word: verdict.word().to_owned(),
        reason,
        judgements,
    }
}

/// Stands for a requirement that this version does not know, such as in a run that another version saved.
const UNKNOWN: Requirement = Requirement {
    id: "",
    side: Side::Platform,
    level: Level::Must,
    text: "not in this version's catalogue",
    origin: "unknown",
    proof: "",
    about: None,
};
