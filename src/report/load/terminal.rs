use super::{GroupResult, LoadResult, ThresholdResult, Timing, Total, search::per_second};
use crate::{
    report::{
        sentence::duration,
        terminal::{Page, WORD, style_of},
        text::{clean, columns, pad},
    },
    verdict::{Held, Verdict},
};

/// How wide a number is.
const CELL: usize = 8;

/// Shows what a load came to.
pub(in crate::report) fn show(page: &mut Page, load: &LoadResult) {
    page.heading(&clean(&format!("Load {}: {}", load.scenario, load.title)));
    let stopped = load.stopped.as_ref().map(|why| format!("; ended early: {why}")).unwrap_or_default();
    let holds: f64 = load.stages.iter().filter(|stage| stage.hold).map(|stage| stage.seconds).sum();
    page.hanging("  ", 2, &format!("{}, {} of it at a held level{stopped}", duration(load.seconds), duration(holds)));
    validity(page, load);
    counts(page, load);
    times(page, load);
    search(page, load);
    thresholds(page, &load.thresholds);
    for note in &load.notes {
        page.hanging("  - ", 4, note);
    }
}

fn validity(page: &mut Page, load: &LoadResult) {
    let generator = &load.generator;
    if load.validity.valid {
        let cpu = generator.cpu.map(|cpu| format!(", its core {:.0} % busy", cpu * 100.0)).unwrap_or_default();
        let late = format!("{} of {} tickets late by the generator", generator.late, generator.free);
        page.hanging("  ", 2, &format!("valid: {late} (more than {} ms){cpu}", generator.late_after_ms));
        return;
    }
    let word = page.painted("INVALID", style_of(Verdict::Fail));
    page.line(&format!("  {word}: these figures are not the target's"));
    for cause in &load.validity.causes {
        page.hanging("  - ", 4, &format!("{}; {}", cause.what, cause.cure));
    }
}

/// A row of a table: its name, and its figures over the stages that are judged. Steps that send nothing have none, and a
/// pass of one step is that step: one row says it.
fn rows(load: &LoadResult) -> Vec<(String, &Total)> {
    let mut rows = Vec::new();
    for GroupResult { name, passes, steps, .. } in &load.groups {
        let of_step = |step: &str| format!("{name}.{step}");
        let steps: Vec<_> = steps.iter().filter(|step| step.totals.all.counts.ended > 0).collect();
        if let [only] = &steps[..] {
            rows.push((of_step(&only.name), &passes.holds));
            continue;
        }
        rows.push((name.clone(), &passes.holds));
        rows.extend(steps.iter().map(|step| (of_step(&step.name), &step.totals.holds)));
    }
    rows
}

fn cells<const N: usize>(cells: [String; N]) -> String {
    cells.map(|cell| format!("{cell:>CELL$}")).concat()
}

fn name_width(load: &LoadResult) -> usize {
    rows(load).iter().map(|(name, _)| columns(&clean(name))).max().unwrap_or_default()
}

fn counts(page: &mut Page, load: &LoadResult) {
    let width = name_width(load);
    page.line("");
    let heads = ["due/s", "done/s", "done", "errors", "limited", "queued"].map(str::to_owned);
    page.line(&format!("  {}{}", pad("held stages", width.max(11)), cells(heads)));
    for (name, total) in rows(load) {
        let tally = &total.counts;
        let due = tally.due_rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"));
        let numbers = [tally.done, tally.errors, tally.limited, tally.queued].map(|count| count.to_string());
        let [done, errors, limited, queued] = numbers;
        let row = cells([due, format!("{:.1}", tally.rate), done, errors, limited, queued]);
        page.line(&format!("  {}{row}", pad(&clean(&name), width.max(11))));
        let errors: Vec<String> =
            tally.errors_by_word.iter().map(|(word, count)| format!("{count} x {word}")).collect();
        if !errors.is_empty() {
            page.hanging("    ", 4, &format!("errors: {}", errors.join(", ")));
        }
    }
}

fn times(page: &mut Page, load: &LoadResult) {
    let width = name_width(load).max(8);
    page.line("");
    let heads = ["p50", "p90", "p95", "p99", "p99.9", "max"].map(str::to_owned);
    page.line(&format!("  {}  {}{}", pad("ms", width), pad("", 8), cells(heads)));
    for (name, total) in rows(load) {
        let mut name = pad(&clean(&name), width);
        let all = [("response", &total.response), ("service", &total.service), ("lateness", &total.lateness)];
        // Later steps are never late: each follows on the one before.
        for (word, timing) in
            all.into_iter().filter(|(word, timing)| timing.n > 0 && (*word != "lateness" || timing.max > 0.0))
        {
            page.line(&format!("  {name}  {}{}", pad(word, 8), cells(milliseconds(timing))));
            name = " ".repeat(width);
        }
    }
}

fn milliseconds(timing: &Timing) -> [String; 6] {
    let shown = |ms: f64| match ms {
        ms if ms < 10.0 => format!("{ms:.2}"),
        ms if ms < 1000.0 => format!("{ms:.1}"),
        ms => format!("{ms:.0}"),
    };
    [timing.p50, timing.p90, timing.p95, timing.p99, timing.p99_9, timing.max].map(shown)
}

/// What a search found, and what each rate came to.
fn search(page: &mut Page, load: &LoadResult) {
    let Some(search) = &load.search else { return };
    page.line("");
    page.hanging("  ", 2, &search.words());
    for tried in &search.tried {
        let (word, verdict) = match tried.held {
            Some(true) => ("holds", Verdict::Pass),
            Some(false) => ("breaks", Verdict::Fail),
            None => ("open", Verdict::Inconclusive),
        };
        let unsent = (tried.unsent > 0).then(|| format!("{} passes were not begun in time", tried.unsent));
        let figures = tried
            .thresholds
            .iter()
            .filter_map(|threshold| threshold.shown.as_ref().map(|shown| format!("{} {shown}", threshold.figure)));
        let told: Vec<String> = unsent.into_iter().chain(figures).collect();
        let word = page.painted(&pad(word, 6), style_of(verdict));
        let rate = per_second(tried.rate);
        page.hanging(&format!("  {rate:>9}  {word}  "), 21, &told.join(", "));
    }
}

fn thresholds(page: &mut Page, thresholds: &[ThresholdResult]) {
    page.line("");
    if thresholds.is_empty() {
        page.line("  no threshold: nothing of this load is judged");
    }
    for threshold in thresholds {
        let style = match threshold.verdict {
            Held::Pass => Verdict::Pass,
            Held::Inconclusive => Verdict::Inconclusive,
            Held::Missed => Verdict::Fail,
        };
        let word = page.painted(&pad(threshold.verdict.word(), WORD), style_of(style));
        let text = format!("{}: {}", threshold.title(), threshold.reason);
        page.hanging(&format!("  {word}  "), 2 + WORD + 2, &text);
    }
}
