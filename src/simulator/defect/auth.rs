use std::time::Duration;

use super::Defect;
use crate::simulator::behaviour::{Echo, IdCheck, Reaction, Refresh, SecretCheck, TokenForm};

const HOUR: Duration = Duration::from_hours(1);

pub(super) const ROWS: &[Defect] = &[
    Defect {
        name: "secret-cut-short-accepted",
        breaks: &["AUTH-2"],
        what: "A beginning of the right secret is taken for the whole.",
        alter: |b| b.auth.secret = SecretCheck::Beginning,
    },
    Defect {
        name: "secret-extended-accepted",
        breaks: &["AUTH-2"],
        what: "The right secret is taken with more behind it.",
        alter: |b| b.auth.secret = SecretCheck::Extended,
    },
    Defect {
        name: "secret-case-ignored",
        breaks: &["AUTH-2"],
        what: "Letter case does not matter in a secret.",
        alter: |b| b.auth.secret = SecretCheck::AnyCase,
    },
    Defect {
        name: "secret-one-character-off-accepted",
        breaks: &["AUTH-2"],
        what: "A secret with one wrong character is taken.",
        alter: |b| b.auth.secret = SecretCheck::OneOff,
    },
    Defect {
        name: "secret-empty-accepted",
        breaks: &["AUTH-2"],
        what: "An empty secret is taken.",
        alter: |b| b.auth.secret = SecretCheck::OrEmpty,
    },
    Defect {
        name: "secret-unchecked",
        breaks: &["AUTH-2", "AUTH-3"],
        what: "Any secret that is not empty is taken, another partner's too.",
        alter: |b| b.auth.secret = SecretCheck::Unchecked,
    },
    Defect {
        name: "client-id-unchecked",
        breaks: &["AUTH-3"],
        what: "A known secret is enough, whatever the client id.",
        alter: |b| b.auth.id = IdCheck::Unchecked,
    },
    Defect {
        name: "secret-of-another-partner-accepted",
        breaks: &["AUTH-3"],
        what: "A known client id takes the secret of any partner.",
        alter: |b| b.auth.id = IdCheck::AnySecret,
    },
    Defect {
        name: "client-id-missing-accepted",
        breaks: &["AUTH-4"],
        what: "A known secret is enough without a client id.",
        alter: |b| b.auth.missing_id = Reaction::Accept,
    },
    Defect {
        name: "secret-missing-accepted",
        breaks: &["AUTH-4"],
        what: "A known client id is enough without a secret.",
        alter: |b| b.auth.missing_secret = Reaction::Accept,
    },
    Defect {
        name: "token-empty",
        breaks: &["AUTH-1"],
        what: "The token is an empty string.",
        alter: |b| b.auth.token = TokenForm::Empty,
    },
    Defect {
        name: "oauth-wants-a-body",
        breaks: &["AUTH-1"],
        what: "A token call without a JSON body is refused.",
        alter: |b| b.auth.missing_body = Reaction::Refuse,
    },
    Defect {
        name: "token-told-for-an-hour",
        breaks: &["AUTH-5"],
        what: "Tokens are said to live for one hour, and do.",
        alter: |b| {
            b.auth.life = Some(HOUR);
            b.auth.told_life = Some(("expires_in", HOUR));
        },
    },
    Defect {
        name: "token-dies-after-an-hour",
        breaks: &["AUTH-5"],
        what: "Tokens are said to live for 6 hours, and die after one.",
        alter: |b| b.auth.life = Some(HOUR),
    },
    Defect {
        name: "token-dies-after-five-hours",
        breaks: &["AUTH-5"],
        what: "Tokens die before the advised refresh at 5.5 hours.",
        alter: |b| b.auth.life = Some(Duration::from_hours(5)),
    },
    Defect {
        name: "token-never-expires",
        breaks: &["AUTH-6"],
        what: "Tokens live for ever.",
        alter: |b| b.auth.life = None,
    },
    Defect {
        name: "token-outlives-its-term",
        breaks: &["AUTH-6"],
        what: "Tokens are said to live for 6 hours, and live for 12.",
        alter: |b| b.auth.life = Some(Duration::from_hours(12)),
    },
    Defect {
        name: "token-dies-on-refresh",
        breaks: &["AUTH-7"],
        what: "A new token kills the older ones at once.",
        alter: |b| b.auth.refresh = Refresh::Kills(Duration::ZERO),
    },
    Defect {
        name: "token-dies-soon-after-refresh",
        breaks: &["AUTH-7"],
        what: "A new token kills the older ones after a minute.",
        alter: |b| b.auth.refresh = Refresh::Kills(Duration::from_mins(1)),
    },
    Defect {
        name: "get-gives-token",
        breaks: &["AUTH-8"],
        what: "GET gives a token too.",
        alter: |b| b.auth.methods = &["POST", "GET"],
    },
    Defect {
        name: "put-gives-token",
        breaks: &["AUTH-8"],
        what: "PUT gives a token too.",
        alter: |b| b.auth.methods = &["POST", "PUT"],
    },
    Defect {
        name: "any-method-gives-token",
        breaks: &["AUTH-8"],
        what: "GET, PUT, PATCH and DELETE give a token too.",
        alter: |b| b.auth.methods = &["POST", "GET", "PUT", "PATCH", "DELETE"],
    },
    Defect {
        name: "secret-echoed-in-a-header",
        breaks: &["AUTH-9"],
        what: "The answer repeats the secret in a header.",
        alter: |b| b.auth.echo = Echo::Header,
    },
    Defect {
        name: "secret-echoed-in-base64",
        breaks: &["AUTH-9"],
        what: "The answer repeats id and secret in a header, in base64.",
        alter: |b| b.auth.echo = Echo::EncodedHeader,
    },
    Defect {
        name: "secret-echoed-in-the-body",
        breaks: &["AUTH-9"],
        what: "The answer repeats the secret beside the token.",
        alter: |b| b.auth.echo = Echo::Body,
    },
    Defect {
        name: "token-answer-cacheable",
        breaks: &["AUTH-10"],
        what: "The token answer says nothing of caching.",
        alter: |b| b.auth.cache_control = None,
    },
    Defect {
        name: "token-answer-cached-publicly",
        breaks: &["AUTH-10"],
        what: "The token answer may be cached by anybody.",
        alter: |b| b.auth.cache_control = Some("public, max-age=21600"),
    },
    Defect {
        name: "token-opens-late",
        breaks: &["LINK-1", "RATE-2", "RATE-5"],
        what: "A token does not work for the first second of its life.",
        alter: |b| b.auth.opens_after = Duration::from_secs(1),
    },
];
