use super::*;
use crate::{scenario::shipped, syntax::render_all};

#[test]
fn every_shipped_scenario_is_sound() {
    let settings = Settings::default();
    match plan(&shipped(), Side::Platform, &settings, &Terms::bare(), &|_| true) {
        Ok(plan) => assert_eq!(plan.scenarios.len(), shipped().len()),
        Err(mistakes) => panic!("{}", render_all(&mistakes)),
    }
}

const TUNED: &str = "title: T\nparams: { speed: 3 }\nsteps:\n  - wait: { for: 1s }\nchecks:\n  - AUTH-1: speed == 3\n";

fn planned(text: &str, settings: &Settings, only: &dyn Fn(&Requirement) -> bool) -> Result<Plan, String> {
    let files = [("mine".to_owned(), Source::new("mine.yaml", text))];
    plan(&files, Side::Platform, settings, &Terms::bare(), only).map_err(|mistakes| render_all(&mistakes))
}

#[test]
fn a_parameter_of_the_profile_has_the_shape_of_its_default() {
    let with = |value: Value| {
        let settings = Settings::new(BTreeMap::from([("speed".to_owned(), value)]), &[]).unwrap();
        planned(TUNED, &settings, &|_| true)
    };
    let plan = with(Value::from(5)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(plan.scenarios[0].case.params["speed"], 5);
    insta::assert_snapshot!(with(Value::from("fast")).err().unwrap(), @"
    error: `speed` of mine takes a number, as its default 3 does; the profile's `params` give it text
     --> mine.yaml:2:18
      |
    2 | params: { speed: 3 }
      |                  ^
      |
      = help: give a number in the profile
    ");
}

#[test]
fn a_setting_of_a_scenario_that_only_leaves_out_is_no_mistake() {
    let settings = |given: &str| Settings::new(BTreeMap::new(), &[given.to_owned()]).unwrap();
    let plan = planned(TUNED, &settings("speed=4"), &|_| false).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(plan.scenarios.len(), 0);
    let unknown = planned(TUNED, &settings("sped=4"), &|_| false).err().unwrap();
    assert!(unknown.contains("no selected scenario has a parameter `sped`"), "{unknown}");
    assert!(unknown.contains("did you mean `speed`?"), "{unknown}");
}

#[test]
fn what_is_repeated_over_is_linted_before_anything_is_sent() {
    let over = |item: &str| {
        let text = format!(
            "title: T\nsteps:\n  - authenticate: {{ as: right }}\n  - repeat: {{ over: ['{item}'], steps: \
             [{{ wait: {{ for: 1s }} }}], as: rounds }}\nchecks:\n  - AUTH-1: rounds | length == 1\n"
        );
        planned(&text, &Settings::default(), &|_| true).err().unwrap_or_default()
    };
    assert_eq!(over("{{ right.status }}"), "");
    assert!(over("{{ rihgt.status }}").contains("unknown name `rihgt`"));
    assert!(over("{{ item }}").contains("unknown name `item`"), "an item is not among the items");
}
