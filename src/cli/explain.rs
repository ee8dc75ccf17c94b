use super::{Failure, Output, catalogue::SHELVES};
use crate::syntax::closest;

/// Explain a requirement, scenario, step, shape, fault, function, defect or dialect.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Its id or name, such as `RETRY-6` or `connect`.
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<(), Failure> {
    let texts: Vec<String> = SHELVES.iter().filter_map(|shelf| (shelf.explain)(&arguments.name)).collect();
    if texts.is_empty() {
        return Err(unknown(&arguments.name));
    }
    output.say(&texts.join("\n\n"));
    Ok(())
}

fn unknown(name: &str) -> Failure {
    let names: Vec<String> = SHELVES.iter().flat_map(|shelf| (shelf.items)()).map(|item| item.name).collect();
    let lists: Vec<&str> = SHELVES.iter().map(|shelf| shelf.name).collect();
    let otherwise = format!("`matchproof list` shows what there is: {}", lists.join(", "));
    // A scenario is spoken of by its own name too, without its folder.
    let own = |whole: &str| whole.rsplit('/').next().unwrap_or_default().to_owned();
    let spoken: Vec<(String, &str)> =
        names.iter().flat_map(|whole| [(whole.clone(), whole.as_str()), (own(whole), whole.as_str())]).collect();
    let whole = closest(name, spoken.iter().map(|(spoken, _)| spoken.as_str()))
        .and_then(|close| spoken.iter().find(|(spoken, _)| spoken == close));
    let cure = whole.map_or(otherwise, |(_, whole)| format!("did you mean `{whole}`?"));
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
    fn a_name_that_load_has_too_is_explained_as_both() {
        let text = explained("push_listing");
        for part in ["push_listing, a step: ", "push_listing, a step of a load's flow: ", "size: "] {
            assert!(text.contains(part), "`{part}` is missing in:\n{text}");
        }
        assert!(explained("ramp").contains("stages: [ { ramp: 5s } ]"));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_one_that_was_meant() {
        let told = |name: &str| unknown(name).to_string();
        assert_eq!(told("conect"), "error: nothing is called `conect`; did you mean `connect`?");
        assert!(told("rate-limit").ends_with("did you mean `platform/rate-limit`?"), "{}", told("rate-limit"));
        assert!(told("rate-limt").ends_with("did you mean `platform/rate-limit`?"), "{}", told("rate-limt"));
        assert!(told("xylophone").ends_with("shapes, defects, dialects"), "{}", told("xylophone"));
    }
}
