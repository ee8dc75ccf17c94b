use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value};

use super::{Refused, either, read, text_of, wrong_method};
use crate::{
    secret::Secret,
    simulator::{
        Partner, answer,
        behaviour::{Echo, IdCheck, Refresh, SecretCheck, TokenForm},
        limit::Limited,
        platform::Platform,
        state, text,
    },
};

/// `POST /crm/oauth`: a token for a partner's credentials.
pub(super) async fn token(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    either(grant(&platform, request).await)
}

async fn grant(platform: &Platform, request: Request) -> Result<Response, Refused> {
    let auth = &platform.behaviour.auth;
    if !auth.methods.contains(&request.method().as_str()) {
        return Err(wrong_method(&auth.methods.join(", ")).into());
    }
    let (head, body) = request.into_parts();
    let body = read(body, 1 << 16).await;
    let id = text_of(&head.headers, "x-crm-client-id");
    platform.limits.token_call(id.unwrap_or_default()).map_err(|limited| refuse_for_now(platform, id, &limited))?;
    let partner = identify(platform, &head.headers)?;
    if body.is_none_or(|body| serde_json::from_slice::<Value>(&body).is_err()) {
        answer::reaction(auth.missing_body, || answer::invalid(platform.behaviour.refusal, "a JSON body is missing"))?;
    }
    let token = issue(platform, partner);
    Ok(answer_with(platform, partner, &token))
}

fn refuse_for_now(platform: &Platform, id: Option<&str>, limited: &Limited) -> Response {
    if let Some(id) = id.filter(|_| platform.behaviour.rate.kills_tokens) {
        platform.state().shorten_tokens(id, platform.time.now());
    }
    platform.limits.answer(limited, platform.behaviour.refusal)
}

/// The partner whose credentials stand in the headers.
fn identify<'a>(platform: &'a Platform, headers: &HeaderMap) -> Result<&'a Partner, Refused> {
    let (auth, partners) = (&platform.behaviour.auth, &platform.partners);
    let refuse = || answer::unauthorized(platform.behaviour.refusal, "unknown client id or wrong client secret");
    let id = text_of(headers, "x-crm-client-id");
    let secret = text_of(headers, "x-crm-client-secret").map(Secret::new);
    let knows = |partner: &&Partner, secret: &Secret| matches(auth.secret, &partner.client_secret, secret);
    let found = match (id, &secret) {
        (None, None) => None,
        (None, Some(secret)) => {
            answer::reaction(auth.missing_id, refuse)?;
            partners.iter().find(|partner| knows(partner, secret))
        }
        (Some(id), None) => {
            answer::reaction(auth.missing_secret, refuse)?;
            platform.partner(id)
        }
        (Some(id), Some(secret)) => match auth.id {
            IdCheck::Exact => platform.partner(id).filter(|partner| knows(partner, secret)),
            IdCheck::AnySecret => {
                platform.partner(id).filter(|_| partners.iter().any(|partner| knows(&partner, secret)))
            }
            IdCheck::Unchecked => partners.iter().find(|partner| knows(partner, secret)),
        },
    };
    found.ok_or_else(|| refuse().into())
}

fn matches(check: SecretCheck, right: &Secret, given: &Secret) -> bool {
    let (right, given) = (right.expose(), given.expose());
    match check {
        SecretCheck::Exact => state::equal(right, given),
        SecretCheck::AnyCase => right.eq_ignore_ascii_case(given),
        SecretCheck::Beginning => !given.is_empty() && right.starts_with(given),
        SecretCheck::Extended => given.starts_with(right),
        SecretCheck::OneOff => {
            right.len() == given.len()
                && right.bytes().zip(given.bytes()).filter(|(one, other)| one != other).count() <= 1
        }
        SecretCheck::OrEmpty => given.is_empty() || right == given,
        SecretCheck::Unchecked => !given.is_empty(),
    }
}

fn issue(platform: &Platform, partner: &Partner) -> Secret {
    let (auth, now) = (&platform.behaviour.auth, platform.time.now());
    let token = Secret::new(match auth.token {
        TokenForm::Random => text::unguessable(),
        TokenForm::Empty => String::new(),
    });
    let mut state = platform.state();
    if let Refresh::Kills(after) = auth.refresh {
        state.shorten_tokens(&partner.client_id, now + after);
    }
    state.put_token(&token, &partner.client_id, auth.life.map(|life| now + life), now);
    drop(state);
    platform.changed();
    token
}

fn answer_with(platform: &Platform, partner: &Partner, token: &Secret) -> Response {
    let auth = &platform.behaviour.auth;
    let mut others = Map::new();
    if let Some((name, life)) = auth.told_life {
        others.insert(name.to_owned(), life.as_secs().into());
    }
    if auth.echo == Echo::Body {
        others.insert("client_secret".to_owned(), partner.client_secret.expose().into());
    }
    let mut response = answer::placed(auth.status, auth.place, token.expose(), others);
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    if let Some(directive) = auth.cache_control {
        put(header::CACHE_CONTROL, directive);
    }
    match auth.echo {
        Echo::Header => put(HeaderName::from_static("x-crm-client-secret"), partner.client_secret.expose()),
        Echo::EncodedHeader => {
            let pair = format!("{}:{}", partner.client_id, partner.client_secret.expose());
            put(HeaderName::from_static("x-debug-credentials"), &STANDARD.encode(pair));
        }
        Echo::Nowhere | Echo::Body => {}
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comparison_takes_the_right_secret_and_its_own_kind_of_wrong_one() {
        let lenient: &[(SecretCheck, &[&str])] = &[
            (SecretCheck::Exact, &[]),
            (SecretCheck::AnyCase, &["s3CRET-SECRET"]),
            (SecretCheck::Beginning, &["S3cret-secre", "S"]),
            (SecretCheck::Extended, &["S3cret-secret!"]),
            (SecretCheck::OneOff, &["S3cret-Xecret"]),
            (SecretCheck::OrEmpty, &[""]),
            (SecretCheck::Unchecked, &["s3CRET-SECRET", "S3cret-secre", "S", "S3cret-secret!", "S3cret-Xecret", "no"]),
        ];
        let wrong = ["s3CRET-SECRET", "S3cret-secre", "S", "S3cret-secret!", "S3cret-Xecret", "", "no"];
        let right = Secret::new("S3cret-secret");
        for (check, taken) in lenient {
            assert!(matches(*check, &right, &right), "{check:?}");
            for given in wrong {
                assert_eq!(matches(*check, &right, &Secret::new(given)), taken.contains(&given), "{check:?} {given}");
            }
        }
    }
}
