use super::*;

fn mistakes(text: &str) -> String {
    let mistakes = parse("mine", &Source::new("mine.yaml", text)).unwrap_err();
    crate::syntax::render_all(&mistakes)
}

#[test]
fn a_scenario_reads_as_it_is_written() {
    let text = "title: T\nagencies: { odd: { id: 'x-{{ random }}' }, twin: { account_of: odd } }\nalone: clock\n\
                params: { n: 3 }\nsteps:\n  - connect: { agency: odd }\n  - abandon\n\
                checks:\n  - RETRY-6:\n    any_of: { three: 'a == 4', two: 'a == 3' }\n    due: got\n  - HOOK-1: true\n";
    let scenario = parse("mine", &Source::new("mine.yaml", text)).unwrap();
    assert_eq!(scenario.alone, Some(Alone::Clock));
    assert_eq!(scenario.agencies[1].account_of.as_ref().unwrap().text, "odd");
    assert_eq!(scenario.steps.iter().map(|step| step.kind.text.as_str()).collect::<Vec<_>>(), ["connect", "abandon"]);
    assert_eq!(
        scenario.checks[0].alternatives().map(|(name, _)| name).collect::<Vec<_>>(),
        [Some("three"), Some("two")]
    );
    assert_eq!(scenario.checks[1].expression.as_ref().unwrap().text, "true");
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    insta::assert_snapshot!(mistakes(
        "titel: x\nside: platfrom\nalone: 3\nagencies: flat\nsteps:\n  - [a]\nchecks:\n  - HOOK-1: true\n"
    ), @r#"
    error: unknown key `titel`
     --> mine.yaml:1:1
      |
    1 | titel: x
      | ^^^^^
      |
      = help: did you mean `title`?

    error: `title` is missing
     --> mine.yaml:1:1
      |
    1 | titel: x
      | ^

    error: unknown side `platfrom`
     --> mine.yaml:2:7
      |
    2 | side: platfrom
      |       ^^^^^^^^
      |
      = help: did you mean `platform`?

    error: unknown alone `3`
     --> mine.yaml:3:8
      |
    3 | alone: 3
      |        ^
      |
      = help: known here: receiver, hang, limit, token, clock

    error: expected the names of agencies, found the text "flat"
     --> mine.yaml:4:11
      |
    4 | agencies: flat
      |           ^^^^
      |
      = help: write `agencies: [flat, house]`, or a number from 1 to 1000

    error: expected a step, found a list
     --> mine.yaml:6:5
      |
    6 |   - [a]
      |     ^^
      |
      = help: write `- connect: { agency: flat }`: the kind, then its arguments
    "#);
}

#[test]
fn every_mistake_of_the_checks_is_told_too() {
    insta::assert_snapshot!(mistakes(
        "title: x\nchecks:\n  - RETRY-66: x\n  - HOOK-1: a\n    givn: b\n  - HOOK-2:\n"
    ), @r#"
    error: unknown requirement `RETRY-66`
     --> mine.yaml:3:5
      |
    3 |   - RETRY-66: x
      |     ^^^^^^^^
      |
      = help: did you mean `RETRY-6`?

    error: unknown key `givn`
     --> mine.yaml:5:5
      |
    5 |     givn: b
      |     ^^^^
      |
      = help: did you mean `given`?

    error: HOOK-2 needs an expression or `any_of`, and not both
     --> mine.yaml:6:5
      |
    6 |   - HOOK-2:
      |     ^^^^^^
      |
      = help: write the expression behind the requirement, or every acceptable outcome under `any_of:`
    "#);
}

#[test]
fn an_empty_file_says_how_to_begin() {
    insta::assert_snapshot!(mistakes(""), @"
    error: a scenario is a mapping, not nothing
     --> mine.yaml:1:1
      |
    1 |
      | ^
      |
      = help: begin with `title: …`
    ");
}

#[test]
fn a_load_scenario_is_told_from_others() {
    insta::assert_snapshot!(mistakes("title: T\ngroups: []\nstages: []\n"), @"
    error: this is a load scenario: it has `groups`
     --> mine.yaml:1:1
      |
    1 | title: T
      | ^
      |
      = help: run it by `matchproof load`
    ");
}
