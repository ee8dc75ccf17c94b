//! One report with every verdict in it, over which each format is shown.

use std::time::Duration;

use super::{Asked, Input, Planned, Report, Skip};
use crate::{
    dialect::{Dialect, Place},
    evidence::{Agency, Answered, Arrived, Ended, Endpoint, Evidence, Exchange, Found, Record},
    verdict::{Judgement, Offender, Shown, Verdict},
};

pub(super) fn judgement(requirement: &str, scenario: &str, verdict: Verdict, reason: &str) -> Judgement {
    Judgement {
        requirement: requirement.into(),
        scenario: format!("platform/{scenario}"),
        check: 1,
        verdict,
        reason: reason.into(),
        not_executed: None,
        held_up: false,
        expression: "answer.status == 200".into(),
        outcome: None,
        values: Vec::new(),
        offenders: Vec::new(),
        evidence: Vec::new(),
        window: None,
        repeat: None,
    }
}

fn judgements() -> Vec<Judgement> {
    vec![
        judgement("AUTH-1", "token", Verdict::Pass, "true"),
        Judgement {
            expression: "\"no-store\" in answer.headers[\"cache-control\"]".into(),
            values: vec![Shown { part: "answer.headers".into(), value: "{\"server\": \"x\u{1b}[31m\"}".into() }],
            offenders: vec![Offender {
                name: "answers[1]".into(),
                which: Some("secret case".into()),
                seen: "exchange 1: POST https://staging.example/api/crm/oauth answered 200".into(),
            }],
            evidence: vec![1],
            repeat: Some(
                "curl -i -X POST -H \"x-crm-client-id: $MATCHOUSE_CLIENT_ID\" -H \"x-crm-client-secret: \
                 $MATCHOUSE_CLIENT_SECRET\" https://staging.example/api/crm/oauth"
                    .into(),
            ),
            ..judgement("AUTH-10", "token-answer", Verdict::Warn, "the answer may be cached")
        },
        judgement("RATE-1", "rate-limit", Verdict::Inconclusive, "50 calls met no limit; pin `rate.limit` to judge it"),
        judgement("RETRY-6", "refused", Verdict::Pass, "true"),
        Judgement {
            check: 2,
            expression: "policy_attempts(got) | length == 4".into(),
            values: vec![Shown { part: "policy_attempts(got) | length".into(), value: "3".into() }],
            evidence: vec![11, 12, 13],
            window: Some("45 s after the last attempt, from the pinned gaps".into()),
            ..judgement("RETRY-6", "exhausted", Verdict::Fail, "2 retries came, and 3 are due")
        },
        Judgement {
            outcome: Some("three retries".into()),
            ..judgement("RETRY-5", "exhausted", Verdict::Pass, "no more came")
        },
        judgement("RETRY-11", "exhausted", Verdict::Info, "gaps 1.0 s, 2.0 s; no jitter seen"),
        judgement("PUSH-1", "push", Verdict::Error, "the listing\nwas not \"built\" <here> ]]> \u{ffff}"),
    ]
}

pub(super) fn evidence() -> Evidence {
    let exchange = |id, ms, endpoint| {
        Record::Exchange(Box::new(Exchange { id, ms, endpoint, status: 200, ..Exchange::default() }))
    };
    let arrived = |id, agency: Option<&str>, at_ms| {
        Record::Arrived(Box::new(Arrived {
            id,
            agency: agency.map(str::to_owned),
            at_ms,
            method: "POST".into(),
            target: "/hook?x=\u{1b}]0;owned\u{7}".into(),
            peer: "203.0.113.9:55012".into(),
            ..Arrived::default()
        }))
    };
    let answered = |id, status, fault: &str| {
        Record::Answered(Answered { status, fault: fault.into(), ended: Ended::Answered, ..Answered::open(id) })
    };
    let found = |what: &str, place: &str, pinned| {
        let place = place.parse::<Place>().expect("a place");
        Record::Found(Found { what: what.into(), place, pinned, exchange: None, told_life_ms: None })
    };
    [
        exchange(1, 12.345, Endpoint::Oauth),
        exchange(2, 8.0, Endpoint::Oauth),
        exchange(3, 101.25, Endpoint::Integrate),
        Record::Agency(Agency {
            scenario: "platform/exhausted".into(),
            name: "flat".into(),
            id: "mp-7".into(),
            account: 0,
        }),
        arrived(11, Some("mp-7"), 1000.0),
        answered(11, 503, ""),
        arrived(12, Some("mp-7"), 2010.0),
        answered(12, 0, "reset"),
        arrived(13, Some("mp-7"), 4020.0),
        answered(13, 200, "slow"),
        arrived(14, None, 5000.0),
        found("token", "header:x-crm-token", false),
        found("link", "json:/url", true),
    ]
    .into_iter()
    .collect()
}

pub(super) fn input(evidence: &Evidence) -> Input<'_> {
    let asked = |id: &str| Asked { id: id.into(), otherwise: None };
    let skipped = |id: &str, verdict, reason: &str| Asked {
        id: id.into(),
        otherwise: Some(Skip { verdict, reason: reason.into() }),
    };
    let planned =
        |path: &str, title: &str| Planned { path: format!("platform/{path}"), title: title.into(), checks: 3 };
    Input {
        tool_version: "0.1.0".into(),
        score: None,
        run_id: "20261123-180000-3f9a".into(),
        began: "2026-11-23T18:00:00Z".parse().expect("a time"),
        duration: Duration::from_millis(7_432),
        target: "staging".into(),
        base_url: "https://staging.example/api".into(),
        seed: 42,
        strict: false,
        planned: vec![
            planned("token", "A token is given"),
            planned("exhausted", "A receiver that never answers 200 gets every attempt"),
            planned("rate-limit", "Tokens until the limit"),
        ],
        judgements: judgements(),
        evidence,
        requirements: vec![
            asked("AUTH-1"),
            skipped("AUTH-2", Verdict::NotSelected, "`probe_secrets` is not set"),
            asked("AUTH-10"),
            asked("RATE-1"),
            skipped("RATE-6", Verdict::CouldNotRun, "the second credentials were refused"),
            asked("RETRY-5"),
            asked("RETRY-6"),
            asked("RETRY-11"),
            skipped("NOTICE-1", Verdict::NotApplicable, "staging sends no mail"),
            asked("PUSH-1"),
        ],
        environment: None,
        incomplete: Vec::new(),
        extra_outcomes: Vec::new(),
        load: Vec::new(),
        seen_dialect: Dialect {
            token: "header:x-crm-token".parse().ok(),
            token_answer: "200 empty".parse().ok(),
            link: "json:/url".parse().ok(),
            ..Dialect::default()
        },
        drift: Vec::new(),
        notes: vec!["secrets under 8 characters were not searched for".into()],
    }
}

pub(super) fn report() -> Report {
    Report::build(input(&evidence()))
}
