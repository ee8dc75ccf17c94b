use super::Output;
use crate::{selftest, verdict::Outcome};

/// Try the harness on itself: every dialect must be left alone, every defect found.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The trials to run, by name; all without.
    names: Vec<String>,
    /// How many trials run at a time.
    #[arg(long, default_value_t = 12)]
    at_once: usize,
    /// Print the matrix as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments, output: &mut Output<'_>) -> u8 {
    let mut trials = selftest::trials();
    if !arguments.names.is_empty() {
        trials.retain(|trial| arguments.names.iter().any(|name| name == trial.name));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let matrix = runtime.block_on(selftest::selftest(trials, arguments.at_once, &|finding| {
        eprintln!(
            "{} {:?} acc {:?} missed {:?} shadow {:?} {:?}",
            finding.name, finding.shown, finding.accused, finding.missed, finding.shadowed, finding.reasons
        )
    }));
    match matrix {
        Ok(matrix) => {
            let text = if arguments.json {
                serde_json::to_string_pretty(&matrix).unwrap_or_default()
            } else {
                matrix.render()
            };
            let _ = writeln!(output.out, "{text}\n{}", matrix.summary());
            if matrix.is_sound() { Outcome::Conforms.code() } else { Outcome::DoesNotConform.code() }
        }
        Err(error) => {
            let _ = writeln!(output.err, "{error}");
            Outcome::Harness.code()
        }
    }
}
