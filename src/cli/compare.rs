use std::path::{Path, PathBuf};

use super::{Failure, Output, failure::Problems};
use crate::{
    compare::{self, Comparison, LEAST_RUNS, RECOMMENDED_RUNS, RunFigures},
    report::{Report, counted},
    verdict::Outcome,
};

/// The file of a run folder that is read.
const REPORT: &str = "report.json";

/// Tell whether load runs are slower than earlier ones, by the spread between them. Nothing is sent.
///
/// 10 runs on each side find 10 % more time in 95 of 100 cases, where runs vary by up to 5 %; 5 do where they vary by up to 2 %.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folders of the runs to compare with. Without any there is nothing to be slower than, and that passes.
    #[arg(long, value_name = "FOLDER", num_args = 0..)]
    base: Vec<PathBuf>,

    /// The folders of the new runs.
    #[arg(long, value_name = "FOLDER", num_args = 1.., required = true)]
    new: Vec<PathBuf>,

    /// End with 6 where any figure is worse, and with 3 where nothing could be told.
    #[arg(long)]
    fail_on_regression: bool,

    /// Print the comparison as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<Outcome, Failure> {
    let mut problems = Problems::default();
    let base = read(&arguments.base, &mut problems);
    let new = read(&arguments.new, &mut problems);
    let all: Vec<RunFigures> = base.iter().chain(&new).cloned().collect();
    problems.each(&compare::mismatches(&all));
    if !problems.is_empty() {
        return Err(Failure::all(problems));
    }
    let (base, new) = (usable(base, output), usable(new, output));
    let compared = compare::compare(&base, &new);
    let outcome = outcome(&compared, arguments.fail_on_regression);
    if arguments.json {
        let json = serde_json::json!({ "comparison": compared, "summary": summary(&compared), "outcome": outcome });
        output.say(&format!("{json:#}"));
        return Ok(outcome);
    }
    let width = compared.figures.iter().map(|one| one.figure.len()).max().unwrap_or_default();
    for one in &compared.figures {
        output.say(&format!("{:<width$}  {}", one.figure, one.words));
    }
    output.say(&summary(&compared));
    Ok(outcome)
}

fn read(folders: &[PathBuf], problems: &mut Problems) -> Vec<RunFigures> {
    let read = folders.iter().map(|folder| one(folder));
    read.filter_map(|run| run.map_err(|what| problems.push(what)).ok()).collect()
}

fn one(folder: &Path) -> Result<RunFigures, String> {
    let shown = folder.display();
    let text = std::fs::read(folder.join(REPORT))
        .map_err(|error| format!("{shown} has no {REPORT} that can be read: {error}; name the folder of a load run"))?;
    let report: Report = serde_json::from_slice(&text)
        .map_err(|error| format!("{shown}/{REPORT} is no report of this version: {error}; run the load again"))?;
    if report.load.is_empty() {
        return Err(format!("{shown} is no load run; name folders that `matchproof load` has left"));
    }
    Ok(RunFigures::of(&shown.to_string(), &report))
}

/// The runs whose figures are the target's; of the others a person is told.
fn usable(runs: Vec<RunFigures>, output: &mut Output<'_>) -> Vec<RunFigures> {
    let mut kept = Vec::new();
    for run in runs {
        match &run.unusable {
            Some(why) => output.tell(&format!("note: {} is left out: {why}", run.name)),
            None => kept.push(run),
        }
    }
    kept
}

fn outcome(compared: &Comparison, fail_on_regression: bool) -> Outcome {
    if compared.base == 0 || !fail_on_regression {
        Outcome::Conforms
    } else if compared.worse().next().is_some() {
        Outcome::ThresholdMissed
    } else if compared.tells_something() {
        Outcome::Conforms
    } else {
        Outcome::Incomplete
    }
}

fn summary(compared: &Comparison) -> String {
    let Comparison { base, new, figures } = compared;
    let sets = format!("{} against {} of the base", counted(*new, "run"), base);
    if *base == 0 {
        return format!("no base to compare with, so nothing is worse: {} for the next time", counted(*new, "run"));
    }
    let worse: Vec<String> = compared.worse().map(|one| format!("{} {}", one.figure, one.words)).collect();
    if let [first, rest @ ..] = &worse[..] {
        let more =
            if rest.is_empty() { String::new() } else { format!(", and {} more", counted(rest.len(), "figure")) };
        return format!("worse: {first}{more} ({sets})");
    }
    let untold = figures.iter().filter(|one| one.is_untold()).count();
    let cure = match compared.runs_needed() {
        Some(runs) => format!("; {runs} runs on each side would tell"),
        None => String::new(),
    };
    match untold {
        0 if figures.is_empty() => format!("cannot tell: the runs have no figure in common ({sets})"),
        0 => format!("same or better in all of {} ({sets})", counted(figures.len(), "figure")),
        all if all == figures.len() && (*base).min(*new) < LEAST_RUNS => {
            format!("cannot tell: too few runs ({sets}); at least {LEAST_RUNS} on each side, better {RECOMMENDED_RUNS}")
        }
        untold => format!(
            "nothing is told to be worse; {untold} of {} cannot be told ({sets}){cure}",
            counted(figures.len(), "figure")
        ),
    }
}
