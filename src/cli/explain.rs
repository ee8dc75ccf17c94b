use super::{Failure, Output, catalogue::SHELVES, failure::meant};

/// Explain a requirement, scenario, step, fault, function, defect or dialect.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Its id or name, such as `RETRY-6` or `connect`.
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<(), Failure> {
    match SHELVES.iter().find_map(|shelf| (shelf.explain)(&arguments.name)) {
        Some(text) => {
            output.say(&text);
            Ok(())
        }
        None => Err(unknown(&arguments.name)),
    }
}

fn unknown(name: &str) -> Failure {
    let names: Vec<String> = SHELVES.iter().flat_map(|shelf| (shelf.items)()).map(|item| item.name).collect();
    let lists: Vec<&str> = SHELVES.iter().map(|shelf| shelf.name).collect();
    let otherwise = format!("`matchproof list` shows what there is: {}", lists.join(", "));
    let cure = meant(name, names.iter().map(String::as_str), otherwise);
    Failure::usage(format!("nothing is called `{name}`; {cure}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::captured;

    fn explained(name: &str) -> String {
        let (ran, out, _) = captured(|output| run(&Arguments { name: name.into() }, output));
        ran.map_err(|failure| failure.to_string()).unwrap();
        out
    }

    #[test]
    fn a_requirement_tells_its_proof_and_what_breaks_it() {
        let text = explained("retry-7");
        assert!(text.starts_with("RETRY-7, a must of the platform\n"), "{text}");
        assert!(text.contains("platform/retry-until-200") && text.contains("attempt_counts("), "{text}");
        assert!(text.contains("Broken by these defects of the simulator\n"), "{text}");
    }

    #[test]
    fn a_step_tells_its_arguments() {
        let text = explained("deliveries");
        assert!(text.contains("- deliveries: {") && text.contains("until") && text.contains("as: "), "{text}");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_one_that_was_meant() {
        let told = |name: &str| unknown(name).to_string();
        assert_eq!(told("conect"), "error: nothing is called `conect`; did you mean `connect`?");
        assert!(told("xylophone").ends_with("functions, defects, dialects"), "{}", told("xylophone"));
    }
}
