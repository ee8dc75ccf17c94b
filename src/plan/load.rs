use std::collections::BTreeSet;

use serde_json::Value;

use super::{Settings, scope};
use crate::{
    judge::{TARGET, Templates, Terms, lint_template},
    scenario::load::{Draft, LoadScenario},
    syntax::{Mistake, Source},
};

/// A load scenario as far as it could be read.
pub struct LoadRead {
    /// The scenario; nothing where the file is none at all. Its steps are left to be compiled.
    pub scenario: Option<LoadScenario>,
    /// What is wrong outside of its steps' arguments.
    pub mistakes: Vec<Mistake>,
}

/// Reads load scenarios, each with its parameters put in; and tells of every `--set` for which none of them has a parameter.
#[must_use]
pub fn loads(files: &[(String, Source)], settings: &Settings, terms: &Terms) -> (Vec<LoadRead>, Vec<Mistake>) {
    let templates = Templates::new(terms);
    let mut names = BTreeSet::new();
    let read = files.iter().map(|(path, source)| match Draft::open(path, source) {
        Ok(draft) => {
            names.extend(draft.params().iter().map(|param| param.name.clone()));
            one(draft, settings, terms, &templates)
        }
        Err(mistakes) => LoadRead { scenario: None, mistakes },
    });
    let read: Vec<LoadRead> = read.collect();
    (read, settings.unused(&names))
}

/// Reads one load scenario, with its parameters put in.
///
/// # Errors
///
/// Every mistake of the file outside of its steps' arguments, and every `--set` that it has no parameter for.
pub fn load(path: &str, source: &Source, settings: &Settings, terms: &Terms) -> Result<LoadScenario, Vec<Mistake>> {
    let (read, mut mistakes) = loads(&[(path.to_owned(), source.clone())], settings, terms);
    let mut scenario = None;
    for one in read {
        mistakes.extend(one.mistakes);
        scenario = one.scenario;
    }
    scenario.filter(|_| mistakes.is_empty()).ok_or(mistakes)
}

fn one(draft: Draft, settings: &Settings, terms: &Terms, templates: &Templates) -> LoadRead {
    let source = draft.source().clone();
    let (params, mut mistakes) = settings.params_of(draft.path(), &source, draft.params());
    let scope = scope(&params, &BTreeSet::new());
    let mut faulty = Vec::new();
    let mut places = Vec::new();
    for text in draft.templates() {
        let found = lint_template(&source, &text, &scope);
        places.extend((!found.is_empty()).then_some(text.span));
        faulty.extend(found);
    }
    let mut known = params.clone();
    known.insert(TARGET.into(), serde_json::to_value(terms).unwrap_or(Value::Null));
    let (scenario, further) = draft.finish(params, |node| templates.fill_known(node, &known));
    // A template that is wrong stays as it is, and is no rate or length either: that need not be told.
    faulty.extend(further.into_iter().filter(|mistake| !places.contains(&mistake.span)));
    faulty.sort_by_key(|mistake| mistake.span.start);
    mistakes.extend(faulty);
    LoadRead { scenario: Some(scenario), mistakes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scenario::load::Pace, syntax::render_all};

    const TEXT: &str = "title: T\nparams: { rate: 500/s, hold: 30s, users: 5 }\ngroups:\n\
        \x20 - { name: a, flow: [ { push_listing: { listing: '{{ got }}' } } ], rate: '{{ rate }}' }\n\
        \x20 - { name: b, flow: [ { push_listing: { agency: '{{ users }}' } } ], users: '{{ users }}' }\n\
        stages: [ { hold: '{{ hold }}' } ]\n";

    fn read(text: &str, set: &[&str]) -> Result<LoadScenario, String> {
        let given: Vec<String> = set.iter().map(|&text| text.to_owned()).collect();
        let settings = Settings::new(std::collections::BTreeMap::new(), &given).unwrap();
        load("mine", &Source::new("mine.yaml", text), &settings, &Terms::bare()).map_err(|told| render_all(&told))
    }

    #[test]
    fn parameters_are_put_in_first_and_keep_their_type() {
        let scenario = read(TEXT, &["rate=50/s", "users=7"]).unwrap();
        assert_eq!(scenario.groups[0].pace, Pace::Open { rate: 50.0, pool: None });
        assert_eq!(scenario.groups[1].pace, Pace::Closed { users: 7 });
        assert_eq!(scenario.duration(), std::time::Duration::from_secs(30));
        let argument =
            |group: usize, key: &str| scenario.groups[group].flow[0].step.arguments.get(key).unwrap().to_json();
        assert_eq!((argument(0, "listing"), argument(1, "agency")), ("{{ got }}".into(), 7.into()));
        assert_eq!(scenario.params["rate"], "50/s");
    }

    #[test]
    fn what_is_set_wrongly_and_what_is_written_wrongly_is_told_together() {
        let text = TEXT.replace("rate: '{{ rate }}'", "rate: '{{ raet }}', pol: 3");
        insta::assert_snapshot!(read(&text, &["hodl=3s", "users=many", "hold=soon"]).unwrap_err(), @"
        error: no selected scenario has a parameter `hodl`
         --> --set:1:1
          |
        1 | hodl=3s
          | ^^^^
          |
          = help: did you mean `hold`?

        error: `users` of mine takes a number, as its default 5 does
         --> --set:1:1
          |
        1 | users=many
          | ^^^^^^^^^^

        error: unknown name `raet`
         --> mine.yaml:4:80
          |
        4 |   - { name: a, flow: [ { push_listing: { listing: '{{ got }}' } } ], rate: '{{ raet }}', pol: 3 }
          |                                                                                ^^^^
          |
          = help: did you mean `rate`?

        error: unknown key `pol`
         --> mine.yaml:4:90
          |
        4 |   - { name: a, flow: [ { push_listing: { listing: '{{ got }}' } } ], rate: '{{ raet }}', pol: 3 }
          |                                                                                          ^^^
          |
          = help: did you mean `pool`?

        error: expected a length of time such as `30s`, `5m` or `1h 30m`, found `soon`
         --> mine.yaml:6:19
          |
        6 | stages: [ { hold: '{{ hold }}' } ]
          |                   ^^^^^^^^^^^^
        ");
    }
}
