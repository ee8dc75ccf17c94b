use rand::RngExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Cost, Need,
    context::{Context, Stop},
    facts::{Seen, Which, bound},
    integrate,
    kind::StepKind,
};
use crate::{
    dialect::Place,
    judge::{Type, facts},
    secret::{self, Secret},
    wire::{discover, guide, told_life},
};

/// Calls `/crm/oauth` (guide, step 1).
pub(super) struct Authenticate;

/// What to send as client id.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Id {
    /// The partner's own.
    #[default]
    Right,
    /// The header is left out.
    None,
    /// A random one that no partner has.
    Unknown,
    /// The second partner's.
    Second,
}

/// What to send as client secret.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SecretChoice {
    /// The partner's own.
    #[default]
    Right,
    /// The header is left out.
    None,
    /// A header with nothing in it.
    Empty,
    /// The right one without its last character.
    Prefix,
    /// The right one and one character more.
    Extended,
    /// The right one with a character in its middle changed.
    OneCharacter,
    /// The right one with the case of its letters turned; left out of `wrong` where it has none.
    Case,
    /// Each of the wrong ones in turn: `prefix`, `extended`, `one_character`, `case`, `empty`. Binds a list.
    Wrong,
}

impl SecretChoice {
    const WRONG: [SecretChoice; 5] = [
        SecretChoice::Prefix,
        SecretChoice::Extended,
        SecretChoice::OneCharacter,
        SecretChoice::Case,
        SecretChoice::Empty,
    ];

    /// The secret to send; nothing where the header is left out.
    fn derive(self, right: &Secret) -> Option<Secret> {
        let right = right.expose();
        let derived = match self {
            SecretChoice::Right | SecretChoice::Wrong => right.to_owned(),
            SecretChoice::None => return None,
            SecretChoice::Empty => String::new(),
            SecretChoice::Prefix => right.chars().take(right.chars().count().saturating_sub(1)).collect(),
            SecretChoice::Extended => format!("{right}x"),
            SecretChoice::OneCharacter => super::tamper::change_one(right),
            SecretChoice::Case => right.chars().map(turn_case).collect(),
        };
        Some(Secret::new(derived))
    }
}

fn turn_case(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// The arguments of `authenticate`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// What to send as `x-crm-client-id`.
    #[serde(default)]
    id: Id,
    /// What to send as `x-crm-client-secret`.
    #[serde(default)]
    secret: SecretChoice,
    /// Whether a limited answer is waited out in a scenario about the limit too; elsewhere it always is.
    #[serde(default)]
    patient: bool,
    /// The method.
    #[serde(default = "post")]
    method: String,
}

fn post() -> String {
    "POST".into()
}

/// What came of a call of `/crm/oauth`.
#[derive(Serialize, JsonSchema)]
struct Authentication {
    #[serde(flatten)]
    exchange: Seen,
    #[serde(flatten)]
    which: Which,
    /// Which secret was sent.
    variant: SecretChoice,
    /// The token that stands where this target puts it; nothing where none does.
    token: Option<String>,
    /// Where else in the answer a string stands that opened `/crm/integrate`; nothing where none did.
    opened: Option<String>,
    /// How long the token lives by the answer's own word, in milliseconds.
    told_life_ms: Option<f64>,
    /// Whether the secret that was sent stands in the answer.
    echoes_secret: bool,
    /// How long the answer says to wait, in milliseconds; nothing where it does not.
    told_wait_ms: Option<f64>,
}

impl Arguments {
    fn is_wrong(&self) -> bool {
        self.id != Id::Right || self.secret != SecretChoice::Right
    }
}

impl StepKind for Authenticate {
    const NAME: &'static str = "authenticate";
    const SUMMARY: &'static str =
        "calls /crm/oauth; headers may be left out or replaced, and the secret be wrong in derived ways";
    const EXAMPLE: &'static str = "{ secret: wrong, as: refusals }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        let one = facts::<Authentication>();
        if arguments.secret == SecretChoice::Wrong { Type::list(one) } else { one }
    }

    fn needs(arguments: &Arguments) -> Vec<Need> {
        if arguments.id == Id::Second { vec![Need::to_be_told("second")] } else { Vec::new() }
    }

    fn cost(arguments: &Arguments, _: usize) -> Cost {
        match (arguments.is_wrong(), arguments.secret) {
            (true, SecretChoice::Wrong) => Cost { refused_credentials: 5, links: 15, ..Cost::default() },
            (true, _) => Cost { refused_credentials: 1, links: 3, ..Cost::default() },
            _ => Cost { tokens: 1, ..Cost::default() },
        }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        if arguments.is_wrong() && !context.shared.may_probe_secrets {
            return Err(Stop::prerequisite(
                "deliberately wrong credentials go to another host than this machine only with `probe_secrets = true` in the profile",
            ));
        }
        if arguments.secret != SecretChoice::Wrong {
            return Ok(bound(&one(arguments, arguments.secret, context).await?));
        }
        let mut all = Vec::new();
        for variant in SecretChoice::WRONG {
            let right = &context.client()?.client_secret;
            if variant.derive(right).as_ref() != Some(right) {
                all.push(one(arguments, variant, context).await?);
            }
        }
        Ok(bound(&all))
    }
}

async fn one(arguments: &Arguments, variant: SecretChoice, context: &Context) -> Result<Authentication, Stop> {
    let client = context.client()?;
    let vault = context.shared.wire.vault();
    let id = match arguments.id {
        Id::Right => Some(client.client_id.clone()),
        Id::None => None,
        Id::Unknown => Some(format!("unknown-{:016x}", rand::rng().random::<u64>())),
        Id::Second => Some(context.as_second().client()?.client_id.clone()),
    };
    let secret = variant.derive(&client.client_secret).map(|secret| {
        // Nothing is no secret.
        if secret.is_empty() { String::new() } else { vault.keep(secret::SecretKind::Client, &secret) }
    });
    let call = guide::oauth(
        context.shared.wire.base_url(),
        context.origin(),
        id.as_deref(),
        secret.as_deref(),
        &arguments.method,
    );
    let reply = if arguments.patient { context.send_patiently(call).await } else { context.send(call).await };
    let tried_wrongly = arguments.is_wrong() || arguments.method != "POST";
    let token = match &context.shared.dialect.token {
        // Where the token is the whole body, so is what a refusal says: whether that is a token, only its use tells.
        Some(Place::Text) if tried_wrongly || !reply.raw.is_success() => None,
        Some(place) => discover::value_at(&reply.raw, place),
        None if reply.raw.is_success() => {
            discover::token_candidates(&reply.raw).into_iter().next().map(|candidate| candidate.value)
        }
        None => None,
    };
    let opened = if token.is_none() && tried_wrongly { opened_by(&reply.raw, context).await? } else { None };
    let secret = secret.filter(|_| variant != SecretChoice::Empty);
    Ok(Authentication {
        which: Which(tried(arguments, variant)),
        variant,
        token: token.map(|token| vault.keep(secret::SecretKind::Token, &token)),
        opened,
        told_life_ms: told_life(&reply.raw, jiff::Timestamp::now()).map(crate::clock::milliseconds),
        echoes_secret: secret.and_then(|name| vault.secret(&name)).is_some_and(|secret| echoes(&reply.raw, &secret)),
        told_wait_ms: crate::wire::told_wait(&reply.exchange, jiff::Timestamp::now()).map(crate::clock::milliseconds),
        exchange: Seen(reply.exchange.id),
    })
}

/// What was sent, in words: `secret prefix`, `id unknown`.
fn tried(arguments: &Arguments, variant: SecretChoice) -> String {
    let mut words = Vec::new();
    if arguments.method != "POST" {
        words.push(format!("by {}", arguments.method));
    }
    if arguments.id != Id::Right {
        words.push(format!("id {}", bound(&arguments.id).as_str().unwrap_or_default()));
    }
    if variant != SecretChoice::Right || words.is_empty() {
        words.push(format!("secret {}", bound(&variant).as_str().unwrap_or_default()));
    }
    words.join(", ")
}

/// Whether a secret stands in an answer, in whichever encoding.
fn echoes(raw: &crate::wire::Raw, secret: &Secret) -> bool {
    let mut needles = secret::Needles::default();
    for (_, form) in secret::encodings(secret.expose()) {
        needles.add(form, ());
    }
    let mut texts = raw.headers.values().map(http::HeaderValue::as_bytes).chain([raw.body.expose().as_bytes()]);
    texts.any(|text| !needles.leftmost_longest(text).is_empty())
}

/// Where the first of the best candidate strings stands that opens `/crm/integrate`.
async fn opened_by(raw: &crate::wire::Raw, context: &Context) -> Result<Option<String>, Stop> {
    for candidate in discover::tokens_to_try(raw) {
        let token = context.shared.wire.vault().keep(secret::SecretKind::Token, &candidate.value);
        if integrate::opens(context, &token).await {
            return Ok(Some(candidate.place.to_string()));
        }
    }
    Ok(None)
}
