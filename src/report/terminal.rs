use anstyle::{AnsiColor, Effects};

use super::{
    DRIFT_CURE, Latency, Report, RequirementResult, Timeline, load,
    sentence::{self, duration},
    text::{clean, columns, counted, pad, wrap},
};
use crate::{
    requirement,
    verdict::{Judgement, Outcome, Verdict},
};

/// How a report is shown on a terminal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Whether colours may be used. Nothing is told by colour alone.
    pub color: bool,
    /// How many columns a line may take; fewer than 60 are not heeded.
    pub width: usize,
}

/// A report as text for a terminal: the table, what stands out explained, figures, and the answer as the last line.
///
/// Command lines to repeat an exchange, and the last two lines, are not broken, so that they can be copied and searched.
#[must_use]
pub fn render(report: &Report, style: Style) -> String {
    let mut page = Page { style: Style { width: style.width.max(60), ..style }, out: String::new() };
    page.head(report);
    page.environment(report);
    // Where nothing was executed, a row for each requirement says no more than that.
    if report.environment.is_none() || report.checks.executed > 0 {
        page.table(&report.requirements);
    }
    report.load.iter().for_each(|load| load::show(&mut page, load));
    page.explanations(report);
    page.not_executed(report);
    // Of a load this is its setup alone, beside whose own table it would mislead.
    if report.load.is_empty() {
        page.latency(&report.latency);
    }
    page.dialect(report);
    page.drift(report);
    page.unclaimed(report);
    page.list("This run is not whole", &report.incomplete);
    page.list("Notes", &report.notes);
    page.line("");
    if report.checks.planned > 0 || report.load.is_empty() {
        page.line(&clean(&report.headline));
    }
    let paint = match report.outcome {
        Outcome::Conforms => style_of(Verdict::Pass),
        Outcome::DoesNotConform | Outcome::Drifted | Outcome::Harness => style_of(Verdict::Fail),
        _ => style_of(Verdict::Inconclusive),
    };
    let summary = page.painted(&clean(&report.summary), paint);
    page.line(&summary);
    page.out
}

/// What a verdict looks like.
pub(super) fn style_of(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Warn => AnsiColor::Yellow.on_default(),
        Verdict::Fail => AnsiColor::Red.on_default().effects(Effects::BOLD),
        Verdict::Error => AnsiColor::Magenta.on_default().effects(Effects::BOLD),
        Verdict::Inconclusive | Verdict::CouldNotRun => AnsiColor::Cyan.on_default(),
        Verdict::Info => AnsiColor::Blue.on_default(),
        Verdict::NotSelected | Verdict::NotApplicable => anstyle::Style::new().effects(Effects::DIMMED),
    }
}

const HEADING: anstyle::Style = anstyle::Style::new().effects(Effects::BOLD);

/// The longest word for a verdict: `inconclusive`.
pub(super) const WORD: usize = 12;
/// The longest word for a level: `should`.
const LEVEL: usize = 6;
/// The longest label of an explanation: `expression`.
const LABEL: usize = 10;

/// How many lines of the table a remark may take that is repeated below.
const MOST_REMARK: usize = 2;

/// How many records to which one failure is put down are shown.
const MOST_OFFENDERS: usize = 6;

pub(super) struct Page {
    style: Style,
    out: String,
}

impl Page {
    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    pub(super) fn painted(&self, text: &str, style: anstyle::Style) -> String {
        if self.style.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.line("");
        let heading = self.painted(text, HEADING);
        self.line(&heading);
    }

    /// Lines of `text` from column `indent` on, the first of them after `first`.
    pub(super) fn hanging(&mut self, first: &str, indent: usize, text: &str) {
        let mut begin = first.to_owned();
        for line in wrap(&clean(text), self.style.width.saturating_sub(indent)) {
            self.line(&format!("{begin}{line}"));
            begin = " ".repeat(indent);
        }
    }

    fn head(&mut self, report: &Report) {
        let run = &report.run;
        self.hanging(
            "",
            0,
            &format!("{} {}: {} at {}", report.tool.name, report.tool.version, run.target, run.base_url),
        );
        if let Some(score) = &report.tool.score {
            self.hanging("", 0, &sentence::score(score));
        }
        let strict = if run.strict { ", strict" } else { "" };
        let scenarios = counted(run.scenarios.len(), "scenario");
        self.hanging("", 0, &format!("run {}, began {}, seed {}{strict}, {scenarios}", run.id, run.began, run.seed));
    }

    fn environment(&mut self, report: &Report) {
        if let Some(reason) = &report.environment {
            self.heading("Nothing could be judged");
            self.hanging("  ", 2, reason);
        }
    }

    /// One entry for each reason for which checks were not executed, with the requirements that it left open.
    fn not_executed(&mut self, report: &Report) {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for row in &report.requirements {
            for reason in
                row.judgements.iter().filter(|one| stands_out(one)).filter_map(|one| one.not_executed.as_deref())
            {
                match reasons.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, rows)) if rows.contains(&row.id.as_str()) => {}
                    Some((_, rows)) => rows.push(&row.id),
                    None => reasons.push((reason, vec![&row.id])),
                }
            }
        }
        if !reasons.is_empty() {
            self.heading("Not executed");
        }
        for (reason, rows) in reasons {
            self.hanging("  - ", 4, &format!("{reason}: {}", rows.join(", ")));
        }
    }

    fn table(&mut self, rows: &[RequirementResult]) {
        let id = rows.iter().map(|row| columns(&clean(&row.id))).max().unwrap_or_default();
        let indent = 2 + id + 2 + WORD + 2 + LEVEL + 2;
        for family in rows.chunk_by(|one, next| requirement::family(&one.id) == requirement::family(&next.id)) {
            self.heading(&clean(requirement::family(&family[0].id)));
            for row in family {
                let word = self.painted(&pad(&row.word, WORD), style_of(row.verdict));
                let level = pad(&row.level.to_string(), LEVEL);
                let first = format!("  {}  {word}  {level}  ", pad(&clean(&row.id), id));
                self.hanging(&first, indent, &row.text);
                if let Some(remark) = remark(row) {
                    self.remark(row, indent, &format!("({remark})"));
                }
                for figure in measured(row) {
                    self.hanging(&format!("{}- ", " ".repeat(indent)), indent + 2, &figure);
                }
            }
        }
    }

    /// A remark below a requirement's text: in whole, or its begin where the row is explained further down.
    fn remark(&mut self, row: &RequirementResult, indent: usize, remark: &str) {
        let mut lines = wrap(&clean(remark), self.style.width.saturating_sub(indent));
        if row.judgements.iter().any(is_explained) && lines.len() > MOST_REMARK {
            lines.truncate(MOST_REMARK);
            lines.push("…".to_owned());
        }
        for line in lines {
            self.line(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    fn explanations(&mut self, report: &Report) {
        let mut rows: Vec<&RequirementResult> =
            report.requirements.iter().filter(|row| row.judgements.iter().any(is_explained)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.verdict));
        if !rows.is_empty() {
            self.heading("What stands out, the worst first");
        }
        for row in rows {
            self.line("");
            let word = self.painted(&row.word, style_of(row.verdict));
            let id = self.painted(&clean(&row.id), HEADING);
            self.line(&format!("{id}: {word}"));
            self.hanging("  ", 2, &format!("{}: {}", row.level, row.text));
            self.hanging("  ", 2, &format!("origin: {}", row.origin));
            for judgement in row.judgements.iter().filter(|judgement| is_explained(judgement)) {
                self.judgement(report, judgement);
            }
        }
    }

    fn judgement(&mut self, report: &Report, judgement: &Judgement) {
        let title = report.run.scenarios.iter().find(|scenario| scenario.path == judgement.scenario);
        let title = title.map(|scenario| format!(" ({})", scenario.title)).unwrap_or_default();
        let Judgement { scenario, check, verdict, .. } = judgement;
        self.hanging("  ", 4, &format!("{scenario}, check {check}: {}{title}", verdict.word()));
        self.fact("reason", &judgement.reason);
        self.fact("expression", &judgement.expression);
        for shown in &judgement.values {
            self.fact("value", &format!("{} = {}", shown.part, shown.value));
        }
        for offender in judgement.offenders.iter().take(MOST_OFFENDERS) {
            let seen = if offender.seen.is_empty() { String::new() } else { format!(": {}", offender.seen) };
            self.fact("offender", &format!("{}{seen}", offender.title()));
        }
        if let more @ 1.. = judgement.offenders.len().saturating_sub(MOST_OFFENDERS) {
            self.fact("offender", &format!("and {more} more"));
        }
        if let Some(seen) = &judgement.outcome {
            self.fact("seen", seen);
        }
        if let Some(window) = &judgement.window {
            self.fact("window", window);
        }
        if !judgement.evidence.is_empty() {
            let numbers: Vec<String> = judgement.evidence.iter().map(u64::to_string).collect();
            self.fact("evidence", &numbers.join(", "));
        }
        for timeline in report.timelines.iter().filter(|timeline| is_about(timeline, judgement)) {
            self.fact("attempts", &drawn(timeline));
            if let Some(line) = time_line(timeline) {
                self.fact("", &line);
            }
        }
        if let Some(repeat) = &judgement.repeat {
            self.line(&format!("    {}  {}", pad("repeat", LABEL), clean(repeat)));
        }
    }

    fn fact(&mut self, label: &str, text: &str) {
        self.hanging(&format!("    {}  ", pad(label, LABEL)), 4 + LABEL + 2, text);
    }

    fn latency(&mut self, rows: &[Latency]) {
        if rows.is_empty() {
            return;
        }
        self.heading("Latency in ms");
        let right = |cells: [String; 5]| cells.map(|cell| format!("{cell:>9}")).concat();
        let names = ["n", "p50", "p95", "p99", "max"].map(str::to_owned);
        self.line(&format!("  {:<10}{}", "endpoint", right(names)));
        for row in rows {
            let ms = |value: f64| format!("{value:.1}");
            let cells = [row.n.to_string(), ms(row.p50), ms(row.p95), ms(row.p99), ms(row.max)];
            self.line(&format!("  {:<10}{}", row.endpoint.word(), right(cells)));
        }
    }

    fn dialect(&mut self, report: &Report) {
        if report.dialect.is_empty() {
            return;
        }
        self.heading("Dialect");
        for found in &report.dialect {
            let how = if found.pinned { "pinned by the profile" } else { "found" };
            self.hanging("  ", 4, &format!("{} at {} ({how})", found.what, found.place));
        }
    }

    fn drift(&mut self, report: &Report) {
        if report.drift.is_empty() {
            return;
        }
        self.heading("Drift from the pinned dialect");
        for drift in &report.drift {
            self.hanging("  - ", 4, &drift.to_string());
        }
        self.hanging("  ", 2, DRIFT_CURE);
    }

    fn unclaimed(&mut self, report: &Report) {
        let unclaimed = &report.unclaimed_deliveries;
        if unclaimed.count == 0 {
            return;
        }
        let attempts = if unclaimed.count == 1 { "attempt belongs" } else { "attempts belong" };
        self.heading(&format!("{} webhook {attempts} to no agency of this run", unclaimed.count));
        for stray in &unclaimed.first {
            let at = duration(stray.at_ms / 1e3);
            self.hanging("  ", 4, &format!("after {at}: {} {} from {}", stray.method, stray.target, stray.peer));
        }
        let more = unclaimed.count.saturating_sub(unclaimed.first.len());
        if more > 0 {
            self.line(&format!("  and {more} more"));
        }
    }

    fn list(&mut self, heading: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.heading(heading);
        for item in items {
            self.hanging("  - ", 4, item);
        }
    }
}

/// Whether a judgement is one that a reader has to look into by itself.
fn is_explained(judgement: &Judgement) -> bool {
    stands_out(judgement) && judgement.not_executed.is_none()
}

/// Whether a judgement is one that a reader has to look into.
fn stands_out(judgement: &Judgement) -> bool {
    judgement.verdict > Verdict::Pass
}

/// Whether a timeline shows attempts on which a judgement rests.
fn is_about(timeline: &Timeline, judgement: &Judgement) -> bool {
    timeline.attempts.iter().any(|attempt| judgement.evidence.contains(&attempt.id))
}

/// What the table says beside the requirement's text, in few words.
fn remark(row: &RequirementResult) -> Option<String> {
    let whole = match row.verdict {
        Verdict::NotSelected => Some(format!("not selected: {}", row.reason)),
        Verdict::NotApplicable => return Some(format!("not applicable: {}", row.reason)),
        // Below, one line tells it of all that it keeps from being executed.
        _ if row.judgements.first().is_some_and(|worst| worst.not_executed.is_some()) => {
            Some("not executed".to_owned())
        }
        Verdict::CouldNotRun => Some(format!("could not run: {}", row.reason)),
        Verdict::Inconclusive => Some(row.reason.clone()),
        // Each figure has a line of its own.
        Verdict::Info => None,
        Verdict::Pass | Verdict::Warn | Verdict::Fail | Verdict::Error => {
            let seen: Vec<&str> = row.judgements.iter().filter_map(|judgement| judgement.outcome.as_deref()).collect();
            (!seen.is_empty()).then(|| format!("seen: {}", seen.join(", ")))
        }
    };
    let mut parts: Vec<String> = whole.into_iter().collect();
    for judgement in row.judgements.iter().filter(|judgement| judgement.verdict == Verdict::NotApplicable) {
        parts.push(format!("not applicable in {}: {}", judgement.scenario, judgement.reason));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What was measured about a requirement, each figure with the scenario that it is from.
fn measured(row: &RequirementResult) -> Vec<String> {
    let figures = row.judgements.iter().filter(|judgement| judgement.verdict == Verdict::Info);
    let figure = |judgement: &Judgement| {
        let figure = judgement.outcome.as_ref().unwrap_or(&judgement.reason);
        let scenario = judgement.scenario.rsplit('/').next().unwrap_or_default();
        format!("{scenario}: {figure}")
    };
    figures.map(figure).collect()
}

/// So many columns show the time from the first attempt to the last one shown.
const TIME_LINE: usize = 48;

/// The attempts of a timeline to scale; nothing for fewer than two.
#[expect(clippy::cast_precision_loss, reason = "columns are few")]
fn time_line(timeline: &Timeline) -> Option<String> {
    let last_ms = timeline.attempts.last().map(|attempt| attempt.offset_ms).filter(|last| *last > 0.0)?;
    let mut columns = ['-'; TIME_LINE];
    for attempt in &timeline.attempts {
        let share = (attempt.offset_ms / last_ms).clamp(0.0, 1.0);
        // The share of a column that is nearest; never beyond the last.
        let column = (0..TIME_LINE).find(|column| (*column + 1) as f64 >= share * TIME_LINE as f64);
        columns[column.unwrap_or(TIME_LINE - 1)] = 'o';
    }
    let drawn: String = columns.iter().collect();
    Some(format!("|{drawn}| {}", duration(last_ms / 1e3)))
}

/// The attempts of a timeline in one line: when each came, and what we answered.
fn drawn(timeline: &Timeline) -> String {
    let mut parts: Vec<String> = timeline
        .attempts
        .iter()
        .map(|attempt| format!("+{} {}", duration(attempt.offset_ms / 1e3), attempt.answer))
        .collect();
    if timeline.count > timeline.attempts.len() {
        parts.push(format!("and {} more", timeline.count - timeline.attempts.len()));
    }
    format!("{}: {}", timeline.agency, parts.join("; "))
}
