use super::*;
use crate::{
    scenario::load::{Amount, Bound, During, Expected, Pace, Relation, schema},
    syntax::render_all,
};

const WHOLE: &str = r"
title: Property push at a portal's pace
groups:
  - name: push
    setup: [ { connect: { agencies: 50 } } ]
    flow: [ { push_listing: { listing: fresh } }, push_listing, { update_listing: { as: change } } ]
    rate: 500/s
    pool: 128
    expect: [limited, refused, 503]
    polite: true
  - { name: browse, flow: [ read_listings ], users: 64 }
arrivals: { poisson: 7 }
stages: [ { ramp: 5s }, { hold: 30s, name: steady }, { hold: 1m, at: 150% } ]
thresholds:
  - { figure: push.push_listing-2.p99, below: 250ms }
  - { figure: push.change.error_rate, at_most: 0.1%, during: all, window: 10s, abort: true, abort_after: 30s }
  - { figure: browse.rate, above: 30/min, during: steady }
  - { figure: push.queued, at_least: 0 }
requirements: [LINK-4, HOOK-5]
max_response: 5s
";

fn read(text: &str) -> Result<LoadScenario, String> {
    Draft::open("mine", &Source::new("mine.yaml", text))
        .map(|draft| draft.finish(BTreeMap::new(), |_| {}))
        .and_then(|(scenario, mistakes)| if mistakes.is_empty() { Ok(scenario) } else { Err(mistakes) })
        .map_err(|mistakes| render_all(&mistakes))
}

#[test]
fn a_load_scenario_reads_as_it_is_written() {
    let scenario = read(WHOLE).unwrap();
    let [push, browse] = &scenario.groups[..] else { panic!("{:?}", scenario.groups) };
    assert_eq!(
        push.flow.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(),
        ["push_listing", "push_listing-2", "change"]
    );
    assert_eq!(push.setup[0].kind.text, "connect");
    assert_eq!(push.pace, Pace::Open { rate: 500.0, pool: Some(128) });
    assert_eq!(
        (&push.expect[..], push.polite),
        (&[Expected::Limited, Expected::Refused, Expected::Status(503)][..], true)
    );
    assert_eq!((browse.pace, browse.polite), (Pace::Closed { users: 64 }, false));
    assert_eq!(scenario.arrivals, Arrivals::Poisson { seed: 7 });
    let names: Vec<(&str, bool)> = scenario.stages.iter().map(|stage| (stage.name.as_str(), stage.is_hold)).collect();
    assert_eq!(names, [("ramp", false), ("steady", true), ("hold-2", true)]);
    let told: Vec<String> = scenario.thresholds.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "push.push_listing-2.p99 below 250ms",
            "push.change.error_rate at most 0.1%",
            "browse.rate above 0.5/s",
            "push.queued at least 0"
        ]
    );
    let during: Vec<During> = scenario.thresholds.iter().map(|one| one.during).collect();
    assert_eq!(during, [During::Holds, During::All, During::Stage(1), During::Holds]);
    let guard = &scenario.thresholds[1];
    assert_eq!(
        (guard.window, guard.abort, guard.abort_after),
        (Some(Duration::from_secs(10)), true, Duration::from_secs(30))
    );
    assert_eq!(scenario.requirements.iter().map(|row| row.id).collect::<Vec<_>>(), ["LINK-4", "HOOK-5"]);
    assert_eq!(scenario.max_response, Duration::from_secs(5));
}

#[test]
fn the_moments_of_a_load_have_their_levels() {
    let scenario = read(WHOLE).unwrap();
    let level = |seconds: f64| scenario.level_at(Duration::from_secs_f64(seconds));
    assert_eq!(
        [0.0, 2.5, 5.0, 35.0, 94.0, 95.0].map(level),
        [Some(0.0), Some(0.5), Some(1.0), Some(1.5), Some(1.5), None]
    );
    let due: f64 = scenario.segments(500.0).iter().map(crate::schedule::Segment::arrivals).sum();
    assert!((due - (1250.0 + 15_000.0 + 45_000.0)).abs() < 1e-6, "{due}");
    assert_eq!(scenario.duration(), Duration::from_secs(95));
}

#[test]
fn groups_share_what_stands_at_the_top_by_their_weights() {
    let groups = "title: T\nstages: [ { hold: 1s } ]\ngroups:\n\
                  - { name: a, flow: [x], weight: 2 }\n- { name: b, flow: [x] }\n- { name: c, flow: [x], weight: 2 }\n";
    let paces = |total: &str| {
        read(&format!("{groups}{total}")).unwrap().groups.iter().map(|group| group.pace).collect::<Vec<_>>()
    };
    let open = |rate| Pace::Open { rate, pool: None };
    assert_eq!(paces("rate: 100/s"), [open(40.0), open(20.0), open(40.0)]);
    let closed = |users| Pace::Closed { users };
    assert_eq!(paces("users: 11"), [closed(4), closed(3), closed(4)]);
}

#[test]
fn a_search_gives_groups_shares_of_its_rates() {
    let text = "title: T\nstages: [ { breakpoint: { from: 100/s, to: 2000/s, each: 10s } } ]\n\
                groups: [ { name: a, flow: [x], weight: 3 }, { name: b, flow: [x] } ]\nthresholds: [ { figure: a.p50, below: 1s } ]\n";
    let scenario = read(text).unwrap();
    assert_eq!(scenario.groups[0].pace, Pace::Open { rate: 0.75, pool: None });
    assert!(scenario.breakpoint().is_some_and(|search| search.to > 1999.0) && scenario.duration().is_zero());
    let bare = text.replace("thresholds: [ { figure: a.p50, below: 1s } ]", "rate: 5/s");
    insta::assert_snapshot!(read(&bare).unwrap_err(), @"
    error: a search without thresholds finds no limit
     --> mine.yaml:2:11
      |
    2 | stages: [ { breakpoint: { from: 100/s, to: 2000/s, each: 10s } } ]
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: add `thresholds:`, such as `- { figure: push.p99, below: 250ms }`

    error: the rates are those of `breakpoint`
     --> mine.yaml:4:1
      |
    4 | rate: 5/s
      | ^^^^
      |
      = help: take `rate` away
    ");
}

#[test]
fn a_bound_knows_its_edge() {
    let limit = Amount::Fraction(0.01);
    let holds =
        |measured: f64| Relation::ALL.map(|relation| Bound { relation, limit }.holds(Amount::Fraction(measured)));
    assert_eq!(holds(0.009), [true, true, false, false]);
    assert_eq!(holds(0.01), [false, true, false, true]);
    assert_eq!(holds(0.011), [false, false, true, true]);
}

#[test]
fn expected_outcomes_are_told_by_their_status() {
    let named = |status: u16| [Expected::Limited, Expected::Refused, Expected::Status(503)].map(|one| one.is(status));
    assert_eq!(
        [200, 404, 429, 503].map(named),
        [[false; 3], [false, true, false], [true, false, false], [false, false, true]]
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "what one broken file is told")]
fn every_mistake_of_a_file_is_told_at_once() {
    let text = r"
titel: x
groups:
  - name: Push
    flow: [ { push_listing: {} } ]
    rate: 500
  - name: push
    setup: { connect: {} }
    flow: [ [a], { push_listing: { as: service } }, { wait: { as: w } }, { wait: { as: w } } ]
    rate: 10/s
    users: many
    weight: 0
    polite: perhaps
    expect: [limted, 42]
  - { name: push, flow: [], users: 5, pool: 3 }
arrivals: [odd]
stages:
  - { ramp: 5 }
  - { hodl: 5s }
  - { hold: 0s, at: 1 }
  - { ramp: 5s, hold: 5s }
  - { stairs: { steps: 1, each: 1s, from: 5% } }
  - { hold: 1s, name: all }
  - { breakpoint: { from: 10/s, to: 5/s, each: 1s } }
  - flat
thresholds:
  - { figure: push.p9x, below: 1s }
  - { figure: push.p99, below: 1s, above: 1ms }
  - { figure: push.error_rate, below: 0.1 }
  - { figure: push.count, atleast: 5 }
  - { figure: push.rate, at_least: 5/s, abort_after: 5s }
requirements: [LINK-44, HOOK-5, HOOK-5, CRM-HOOK-1]
max_response: none
";
    insta::assert_snapshot!(read(text).unwrap_err(), @r#"
    error: unknown key `titel`
     --> mine.yaml:2:1
      |
    2 | titel: x
      | ^^^^^
      |
      = help: did you mean `title`?

    error: `title` is missing
     --> mine.yaml:2:1
      |
    2 | titel: x
      | ^
      |
      = help: say in one line what the load is like

    error: expected a name of small letters, digits, `_` and `-`, found the text "Push"
     --> mine.yaml:4:11
      |
    4 |   - name: Push
      |           ^^^^
      |
      = help: write it small and without dots or spaces: figures are led by it

    error: expected a rate such as `500/s`, `30/min` or `0.5/s`, found the number 500
     --> mine.yaml:6:11
      |
    6 |     rate: 500
      |           ^^^

    error: expected a list of steps, found a mapping
     --> mine.yaml:8:12
      |
    8 |     setup: { connect: {} }
      |            ^^^^^^^^^^^^
      |
      = help: write it as `[ { connect: { agencies: 50 } } ]`

    error: expected a step, found a list
     --> mine.yaml:9:13
      |
    9 |     flow: [ [a], { push_listing: { as: service } }, { wait: { as: w } }, { wait: { as: w } } ]
      |             ^^
      |
      = help: write `- connect: { agency: flat }`: the kind, then its arguments

    error: `service` is a word of figures, and no step's name
     --> mine.yaml:9:40
      |
    9 |     flow: [ [a], { push_listing: { as: service } }, { wait: { as: w } }, { wait: { as: w } } ]
      |                                        ^^^^^^^
      |
      = help: give the step another name by `as`

    error: the step `w` stands here twice
     --> mine.yaml:9:88
      |
    9 |     flow: [ [a], { push_listing: { as: service } }, { wait: { as: w } }, { wait: { as: w } } ]
      |                                                                                        ^
      |
      = help: give one of them another name

    error: a group needs a `rate` or `users`, and not both
      --> mine.yaml:11:5
       |
    11 |     users: many
       |     ^^^^^
       |
       = help: `rate: 10/s` begins passes on time, `users: 10` when the last is done

    error: expected a whole number from 1 to 100000, found the text "many"
      --> mine.yaml:11:12
       |
    11 |     users: many
       |            ^^^^

    error: expected a whole number from 1 to 1000, found the number 0
      --> mine.yaml:12:13
       |
    12 |     weight: 0
       |             ^

    error: expected a boolean, found the text "perhaps"
      --> mine.yaml:13:13
       |
    13 |     polite: perhaps
       |             ^^^^^^^

    error: unknown value `limted`
      --> mine.yaml:14:14
       |
    14 |     expect: [limted, 42]
       |              ^^^^^^
       |
       = help: did you mean `limited`?

    error: expected `limited`, `refused` or a status from 100 to 599, found the number 42
      --> mine.yaml:14:22
       |
    14 |     expect: [limted, 42]
       |                      ^^

    error: the group `push` stands here twice
      --> mine.yaml:15:13
       |
    15 |   - { name: push, flow: [], users: 5, pool: 3 }
       |             ^^^^
       |
       = help: give one of them another name

    error: no steps here
      --> mine.yaml:15:25
       |
    15 |   - { name: push, flow: [], users: 5, pool: 3 }
       |                         ^
       |
       = help: write some, such as `[ { push_listing: { listing: fresh } } ]`

    error: a group of `users` waits for no arrivals
      --> mine.yaml:15:39
       |
    15 |   - { name: push, flow: [], users: 5, pool: 3 }
       |                                       ^^^^
       |
       = help: take it away: `users` are all there are

    error: unknown arrivals: a list
      --> mine.yaml:16:11
       |
    16 | arrivals: [odd]
       |           ^^^^
       |
       = help: write `even`, `poisson`, or `{ poisson: 7 }` with a seed

    error: expected a length of time such as `250ms`, `30s` or `5m`, found the number 5
      --> mine.yaml:18:13
       |
    18 |   - { ramp: 5 }
       |             ^

    error: unknown shape `hodl`
      --> mine.yaml:19:7
       |
    19 |   - { hodl: 5s }
       |       ^^^^
       |
       = help: did you mean `hold`?

    error: `0s` is no length for this: more than 0, and at most 31 days
      --> mine.yaml:20:13
       |
    20 |   - { hold: 0s, at: 1 }
       |             ^^

    error: expected a percentage such as `50%`, found the number 1
      --> mine.yaml:20:21
       |
    20 |   - { hold: 0s, at: 1 }
       |                     ^

    error: a stage has one shape, and this has `hold` too
      --> mine.yaml:21:17
       |
    21 |   - { ramp: 5s, hold: 5s }
       |                 ^^^^
       |
       = help: begin a stage of its own for it: `- { … }`

    error: a single step has no level from which it could begin
      --> mine.yaml:22:43
       |
    22 |   - { stairs: { steps: 1, each: 1s, from: 5% } }
       |                                           ^^
       |
       = help: take `from` away, or write more `steps`

    error: `all` is the name of all stages
      --> mine.yaml:23:23
       |
    23 |   - { hold: 1s, name: all }
       |                       ^^^
       |
       = help: give it another name

    error: the search ends where it begins
      --> mine.yaml:24:37
       |
    24 |   - { breakpoint: { from: 10/s, to: 5/s, each: 1s } }
       |                                     ^^^
       |
       = help: write a `to` above `from`

    error: expected a stage, found the text "flat"
      --> mine.yaml:25:5
       |
    25 |   - flat
       |     ^^^^
       |
       = help: write it as `{ ramp: 5s }`

    error: `p9x` is no percentile
      --> mine.yaml:27:15
       |
    27 |   - { figure: push.p9x, below: 1s }
       |               ^^^^^^^^
       |
       = help: take one above p0 and below p100, with at most three places, or `min` or `max`

    error: a threshold has one limit
      --> mine.yaml:28:36
       |
    28 |   - { figure: push.p99, below: 1s, above: 1ms }
       |                                    ^^^^^
       |
       = help: write one of `below`, `at_most`, `above`, `at_least`

    error: `error_rate` is a percentage, found the number 0.1
      --> mine.yaml:29:39
       |
    29 |   - { figure: push.error_rate, below: 0.1 }
       |                                       ^^^
       |
       = help: write it as `below: 0.1%`

    error: unknown key `atleast`
      --> mine.yaml:30:27
       |
    30 |   - { figure: push.count, atleast: 5 }
       |                           ^^^^^^^
       |
       = help: did you mean `at_least`?

    error: this threshold never ends the load
      --> mine.yaml:31:41
       |
    31 |   - { figure: push.rate, at_least: 5/s, abort_after: 5s }
       |                                         ^^^^^^^^^^^
       |
       = help: write `abort: true`, or take it away

    error: unknown requirement `LINK-44`
      --> mine.yaml:32:16
       |
    32 | requirements: [LINK-44, HOOK-5, HOOK-5, CRM-HOOK-1]
       |                ^^^^^^^
       |
       = help: did you mean `LINK-4`?

    error: HOOK-5 stands here twice
      --> mine.yaml:32:33
       |
    32 | requirements: [LINK-44, HOOK-5, HOOK-5, CRM-HOOK-1]
       |                                 ^^^^^^
       |
       = help: take one of them away

    error: CRM-HOOK-1 is the partner's to keep
      --> mine.yaml:32:41
       |
    32 | requirements: [LINK-44, HOOK-5, HOOK-5, CRM-HOOK-1]
       |                                         ^^^^^^^^^^
       |
       = help: take a requirement of the platform's side

    error: expected a length of time such as `30s`, `5m` or `1h 30m`, found `none`
      --> mine.yaml:33:15
       |
    33 | max_response: none
       |               ^^^^
    "#);
}

#[test]
fn figures_are_held_against_groups_and_stages() {
    let text = "title: T\ngroups: [ { name: push, flow: [ push_listing ], users: 5 } ]\nstages: [ { ramp: 5s } ]\nthresholds:\n\
                - { figure: psuh.p99, below: 1s, during: all }\n- { figure: push.push_listin.p99, below: 1s, during: rmap }\n\
                - { figure: push.queued, at_most: 0, during: ramp }\n- { figure: push.p99, below: 5% }\n";
    insta::assert_snapshot!(read(text).unwrap_err(), @r#"
    error: unknown group `psuh`
     --> mine.yaml:5:13
      |
    5 | - { figure: psuh.p99, below: 1s, during: all }
      |             ^^^^^^^^
      |
      = help: did you mean `push`?

    error: unknown step `push_listin`
     --> mine.yaml:6:13
      |
    6 | - { figure: push.push_listin.p99, below: 1s, during: rmap }
      |             ^^^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `push_listing`?

    error: unknown stage `rmap`
     --> mine.yaml:6:54
      |
    6 | - { figure: push.push_listin.p99, below: 1s, during: rmap }
      |                                                      ^^^^
      |
      = help: did you mean `ramp`?

    error: `push` has `users`, and nothing in it is due that could be late
     --> mine.yaml:7:13
      |
    7 | - { figure: push.queued, at_most: 0, during: ramp }
      |             ^^^^^^^^^^^
      |
      = help: give it a `rate`, or take another figure

    error: no stage holds a level, over which this would be judged
     --> mine.yaml:8:5
      |
    8 | - { figure: push.p99, below: 5% }
      |     ^^^^^^
      |
      = help: write `during: all`, or add a stage such as `{ hold: 30s }`

    error: `p99` is a length of time, found the text "5%"
     --> mine.yaml:8:30
      |
    8 | - { figure: push.p99, below: 5% }
      |                              ^^
      |
      = help: write it as `below: 250ms`
    "#);
}

#[test]
fn what_is_no_load_scenario_says_how_to_begin() {
    for text in
        ["", "[]", "3", "title: x\nchecks: []\n", "groups:", "params: 3\ngroups: 5\nstages: {}\nthresholds: x\n"]
    {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn editors_accept_what_is_accepted_here() {
    let kinds = ["connect", "push_listing", "update_listing", "read_listings"];
    let kinds = kinds.map(|name| (name, "x", serde_json::json!({ "type": "object" })));
    let schema = schema(kinds, requirement::all().map(|row| row.id));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json = |text: &str| parse_yaml(&Source::new("mine.yaml", text)).unwrap().to_json();
    let told: Vec<String> = validator.iter_errors(&json(WHOLE)).map(|error| error.to_string()).collect();
    assert!(told.is_empty(), "{told:?}");
    for (text, with) in [
        ("500/s", "'{{ rate }}'"),
        ("below: 250ms", "below: '{{ limit }}'"),
        ("ramp: 5s", "ramp: '{{ ramp }}'"),
        ("at: 150%", "at: '{{ at }}'"),
        ("users: 64", "users: '{{ users }}'"),
        ("5s\n", "'{{ max }}'\n"),
    ] {
        assert!(WHOLE.contains(text) && validator.is_valid(&json(&WHOLE.replace(text, with))), "{with}");
    }
    for (text, with) in [
        ("rate: 500/s", "rate: 500"),
        ("{ ramp: 5s }", "{ rmap: 5s }"),
        ("push_listing,", "push,"),
        ("LINK-4", "LINK-44"),
        ("below", "under"),
        ("polite: true", "polite: 3"),
        ("title", "titel"),
    ] {
        assert!(WHOLE.contains(text) && !validator.is_valid(&json(&WHOLE.replace(text, with))), "{with}");
    }
    for shape in crate::scenario::load::SHAPES {
        let text = format!("title: T\ngroups: [ {{ name: a, flow: [ connect ] }} ]\nstages: [ {} ]\n", shape.example);
        assert!(validator.is_valid(&json(&text)), "{text}");
    }
}
