use std::{
    num::NonZero,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{
    Failure, Output,
    failure::{Problems, meant},
    files::runs_at_once,
    progress::progress,
};
use crate::{
    journal::Folder,
    selftest::{Matrix, Trial, selftest, trials},
    verdict::Outcome,
};

/// More of them would hold one another up.
const AT_ONCE_A_CORE: usize = 14;

/// Try the harness on itself: every lawful server must be left alone, every defect found.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The trials to run, by their names in the matrix: `clean`, dialects, profiles, defects. Default: all.
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// How many trials run at a time, and half as many besides (1 or more) that mostly wait. Default: 14 for each core.
    #[arg(long, value_name = "NUMBER")]
    at_once: Option<NonZero<usize>>,

    /// Keep the run folders of trials that are not as they should be in this one, which is new or empty.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Print the matrix as JSON.
    #[arg(long)]
    json: bool,

    /// Do not tell on stderr how far it is.
    #[arg(long)]
    no_progress: bool,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<Outcome, Failure> {
    let trials = chosen(&arguments.names).map_err(Failure::all)?;
    let folder = arguments.out.as_deref().map(Folder::create).transpose().map_err(Failure::usage)?;
    let matrix = tried(trials, arguments, output)?;
    if arguments.json {
        let matrix = serde_json::to_string_pretty(&matrix).map_err(|error| Failure::new(Outcome::Harness, error))?;
        output.say(&matrix);
    } else {
        output.say(&matrix.render());
        output.say(&matrix.summary());
    }
    if let Some(folder) = folder.filter(|_| !matrix.is_sound()) {
        output.tell(&format!("the runs behind it are in {}", folder.path().display()));
    }
    Ok(if matrix.is_sound() { Outcome::Conforms } else { Outcome::DoesNotConform })
}

/// The trials of these names; all without names.
fn chosen(names: &[String]) -> Result<Vec<Trial>, Problems> {
    let mut trials = trials();
    let mut problems = Problems::default();
    for name in names.iter().filter(|name| !trials.iter().any(|trial| trial.name == **name)) {
        let otherwise = "the names are `clean` and those of `matchproof list defects` and `list dialects`";
        problems
            .push(format!("unknown trial `{name}`; {}", meant(name, trials.iter().map(|trial| trial.name), otherwise)));
    }
    trials.retain(|trial| names.is_empty() || names.iter().any(|name| name == trial.name));
    if problems.is_empty() { Ok(trials) } else { Err(problems) }
}

fn tried(trials: Vec<Trial>, arguments: &Arguments, output: &mut Output<'_>) -> Result<Matrix, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::environment(format!("no threads for the trials: {error}")))?;
    let (all, done) = (trials.len(), AtomicUsize::new(0));
    let progress = progress(output, arguments.no_progress, all, "trials");
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    // Half as many run besides.
    let most = (runs_at_once(2)? * 2 / 3).max(1);
    let at_once = arguments.at_once.map_or(AT_ONCE_A_CORE * cores, NonZero::get).min(most);
    let ended = runtime.block_on(selftest(trials, at_once, arguments.out.as_deref(), &|finding| {
        progress.scenario(&finding.name, done.fetch_add(1, Ordering::Relaxed) + 1, all);
    }));
    ended.map_err(|error| Failure::new(Outcome::Harness, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_chosen_by_name() {
        let names = |names: &[&str]| chosen(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["clean", "no-retries"]).unwrap().len(), 2);
        assert!(names(&[]).unwrap().len() > 100);
        let told = Failure::all(names(&["no-retrys"]).unwrap_err()).to_string();
        assert_eq!(told, "error: unknown trial `no-retrys`; did you mean `no-retries`?");
    }
}
