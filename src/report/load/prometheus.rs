use std::fmt::{self, Write as _};

use super::{LoadResult, Timing, Total};
use crate::{
    report::{Format, RenderError, Report},
    verdict::{Held, Verdict},
};

pub(in crate::report) const FORMAT: Format = Format {
    name: "prometheus",
    file: "metrics.prom",
    about: "what the run came to as metrics, in the text form of Prometheus",
    render,
};

fn render(report: &Report) -> Result<Vec<u8>, RenderError> {
    let text = whole(report).map_err(|error| RenderError { format: FORMAT.name, reason: error.to_string() })?;
    Ok(text.into_bytes())
}

fn whole(report: &Report) -> Result<String, fmt::Error> {
    let mut page = Page::default();
    let target = [("target", report.run.target.as_str())];
    page.metric("matchproof_exit_code", "gauge", "The exit code of the run.")?;
    page.sample("", &target, report.exit_code)?;
    page.metric("matchproof_run_seconds", "gauge", "How long the run took.")?;
    page.sample("", &target, report.run.seconds)?;
    page.metric("matchproof_requirements", "gauge", "Requirements by what they came to.")?;
    for verdict in Verdict::ALL {
        let count = report.requirements.iter().filter(|row| row.verdict == verdict).count();
        if count > 0 {
            let name = serde_json::to_value(verdict).ok();
            let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or_default();
            page.sample("", &[target[0], ("verdict", name)], count)?;
        }
    }
    page.loads(&report.load)?;
    Ok(page.0)
}

/// Loads as metrics, in the text form of Prometheus 0.0.4: also of one that still runs. Times are in seconds, over the whole
/// load.
#[must_use]
pub fn metrics(loads: &[LoadResult]) -> String {
    let mut page = Page::default();
    // Writing to a text never fails.
    let _ = page.loads(loads);
    page.0
}

#[derive(Default)]
struct Page(String, &'static str);

/// A metric of a step: its name, what it counts, and how to read it.
type Counter = (&'static str, &'static str, fn(&Total) -> u64);

const COUNTERS: [Counter; 5] = [
    ("matchproof_load_ended_total", "Passes or steps that ended.", |total| total.counts.ended),
    ("matchproof_load_done_total", "Those that were done.", |total| total.counts.done),
    ("matchproof_load_errors_total", "Those that ended otherwise than was expected.", |total| total.counts.errors),
    ("matchproof_load_limited_total", "Those that were rate-limited.", |total| total.counts.limited),
    ("matchproof_load_queued_total", "Those that fell due while every user was waiting.", |total| total.counts.queued),
];

type Summary = (&'static str, &'static str, fn(&Total) -> &Timing);

const SUMMARIES: [Summary; 3] = [
    ("matchproof_load_response_seconds", "From when it was due to its whole answer.", |total| &total.response),
    ("matchproof_load_service_seconds", "From when it was sent to its whole answer.", |total| &total.service),
    ("matchproof_load_lateness_seconds", "From when it was due to when it was sent.", |total| &total.lateness),
];

impl Page {
    fn metric(&mut self, name: &'static str, kind: &str, help: &str) -> fmt::Result {
        self.1 = name;
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}")
    }

    fn sample(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl fmt::Display) -> fmt::Result {
        let labels: Vec<String> = labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
        writeln!(self.0, "{}{suffix}{{{}}} {value}", self.1, labels.join(","))
    }

    fn loads(&mut self, loads: &[LoadResult]) -> fmt::Result {
        if loads.is_empty() {
            return Ok(());
        }
        for (name, help, read) in COUNTERS {
            self.metric(name, "counter", help)?;
            each(loads, |labels, total| self.sample("", labels, read(total)))?;
        }
        for (name, help, read) in SUMMARIES {
            self.metric(name, "summary", help)?;
            each(loads, |labels, total| self.summary(labels, read(total)))?;
        }
        self.metric("matchproof_load_valid", "gauge", "Whether the figures can be trusted to be the target's.")?;
        for load in loads {
            self.sample("", &[("scenario", &load.scenario)], u8::from(load.validity.valid))?;
        }
        self.metric("matchproof_load_threshold", "gauge", "1 for a threshold that held, 0 for one that was missed.")?;
        for load in loads {
            for threshold in load.thresholds.iter().filter(|threshold| threshold.verdict != Held::Inconclusive) {
                let labels = [("scenario", load.scenario.as_str()), ("threshold", &threshold.title())];
                self.sample("", &labels, u8::from(threshold.verdict == Held::Pass))?;
            }
        }
        Ok(())
    }

    fn summary(&mut self, labels: &[(&str, &str)], timing: &Timing) -> fmt::Result {
        if timing.n == 0 {
            return Ok(());
        }
        let quantiles = [
            ("0.5", timing.p50),
            ("0.9", timing.p90),
            ("0.95", timing.p95),
            ("0.99", timing.p99),
            ("0.999", timing.p99_9),
        ];
        for (quantile, ms) in quantiles {
            let labels: Vec<(&str, &str)> = labels.iter().copied().chain([("quantile", quantile)]).collect();
            self.sample("", &labels, seconds(ms))?;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let n = timing.n as f64;
        self.sample("_sum", labels, seconds(timing.mean * n))?;
        self.sample("_count", labels, timing.n)
    }
}

fn seconds(ms: f64) -> f64 {
    (ms * 1e3).round() / 1e6
}

/// Goes through the passes and steps of all loads. Without a label `step` it is whole passes.
fn each(loads: &[LoadResult], mut tell: impl FnMut(&[(&str, &str)], &Total) -> fmt::Result) -> fmt::Result {
    for load in loads {
        for group in &load.groups {
            let of = [("scenario", load.scenario.as_str()), ("group", group.name.as_str())];
            tell(&of, &group.passes.all)?;
            for step in &group.steps {
                tell(&[of[0], of[1], ("step", &step.name)], &step.totals.all)?;
            }
        }
    }
    Ok(())
}

/// The text of a label, as the text form wants it.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}
