use std::{fmt, time::Duration};

use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::Mutex;

use super::{
    Origin, Reply, Wire,
    discover::{token_candidates, value_at},
    guide,
    life::told_life,
};
use crate::{
    dialect::Place,
    evidence::Trouble,
    secret::{Secret, SecretKind},
};

/// How long a token is used that does not tell its life: the guide advises a refresh every 5.5 hours.
const ADVISED: Duration = Duration::from_mins(330);

/// How long limits of `/crm/oauth` are waited out.
const PATIENCE: Duration = Duration::from_mins(2);

/// How many candidates of one answer are offered as the token.
pub(super) const MOST_OFFERED: usize = 3;

/// What a partner shows to `/crm/oauth`.
#[derive(Clone, Debug)]
pub struct Partner {
    /// The x-crm-client-id.
    pub client_id: String,
    /// The x-crm-client-secret.
    pub secret: Secret,
}

/// A token, by its fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Its fingerprint in the run's vault.
    pub fingerprint: String,
    /// Where in the answer it stood.
    pub place: Place,
    /// How long the answer, or the token itself, says that it lives.
    pub told_life: Option<Duration>,
    /// The number of the exchange that gave it.
    pub exchange: u64,
}

/// The shared token of one partner, cached as the guide asks of every client.
pub struct Tokens {
    wire: Wire,
    client_id: String,
    /// The fingerprint of the client secret.
    secret: String,
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    place: Option<Place>,
    cached: Option<Cached>,
    offered: Vec<Token>,
}

struct Cached {
    token: Token,
    /// When it is to be fetched anew, on the run's clock.
    until: Duration,
}

impl Tokens {
    /// The tokens of `partner`. A pinned place is the only one at which a token is looked for.
    #[must_use]
    pub fn new(wire: Wire, partner: Partner, pinned: Option<Place>) -> Self {
        let secret = if partner.secret.is_empty() {
            String::new()
        } else {
            wire.vault().keep(SecretKind::Client, &partner.secret)
        };
        let state = Mutex::new(State { place: pinned, ..State::default() });
        Self { wire, client_id: partner.client_id, secret, patience: PATIENCE, state }
    }

    /// The same with another budget for waiting out limits than two minutes.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The shared token: one call of `/crm/oauth` for all who ask, until eleven twelfths of its told life are over, or
    /// 5.5 hours where none is told. (Eleven twelfths of the guide's 6 hours are its 5.5.)
    ///
    /// # Errors
    ///
    /// Where the target gave no token; the error says why. The next who asks tries again.
    pub async fn shared(&self, origin: Origin) -> Result<Token, NoToken> {
        let mut state = self.state.lock().await;
        let now = self.wire.recorder().clock().now();
        if let Some(cached) = state.cached.as_ref().filter(|cached| now < cached.until) {
            return Ok(cached.token.clone());
        }
        let reply = self.call(origin).await;
        let token = self.pick(&reply, state.place.as_ref())?;
        state.place = Some(token.place.clone());
        state.cached = Some(self.cache(token.clone()));
        Ok(token)
    }

    /// A token from a call of its own, which is not cached.
    ///
    /// # Errors
    ///
    /// Where the target gave no token; the error says why.
    pub async fn fresh(&self, origin: Origin) -> Result<Token, NoToken> {
        let place = self.state.lock().await.place.clone();
        let reply = self.call(origin).await;
        self.pick(&reply, place.as_ref())
    }

    /// What may be the token, best first and three at most, from a call of its own; what stands at a pinned place comes before
    /// all else. Whoever finds out which of them opens `/crm/integrate` tells [`settle`](Self::settle).
    ///
    /// # Errors
    ///
    /// Where the answer holds no candidate; the error says why.
    pub async fn offers(&self, origin: Origin) -> Result<Vec<Token>, NoToken> {
        let mut state = self.state.lock().await;
        let reply = self.call(origin).await;
        let pinned = match self.pick(&reply, state.place.as_ref()) {
            // The target may have moved it since it was pinned.
            Err(NoToken { why: WhyNoToken::NotThere(_), .. }) => None,
            picked => Some(picked?),
        };
        let others = token_candidates(&reply.raw).into_iter();
        let others = others.filter(|other| pinned.as_ref().is_none_or(|pinned| other.place != pinned.place));
        let others = others.take(MOST_OFFERED - usize::from(pinned.is_some()));
        let others: Vec<Token> = others.map(|other| self.token(&reply, other.place, &other.value)).collect();
        state.offered = pinned.into_iter().chain(others).collect();
        match (&state.place, state.offered.is_empty()) {
            (Some(place), true) => {
                Err(NoToken { exchange: reply.exchange.id, why: WhyNoToken::NotThere(place.clone()) })
            }
            _ => Ok(state.offered.clone()),
        }
    }

    /// Takes a place as the one where the token stands. The token that was last offered from there becomes the shared one.
    pub async fn settle(&self, place: Place) {
        let mut state = self.state.lock().await;
        let offered = std::mem::take(&mut state.offered);
        state.cached = offered.into_iter().find(|token| token.place == place).map(|token| self.cache(token));
        state.place = Some(place);
    }

    /// Where the token stands, as pinned, settled or found.
    pub async fn place(&self) -> Option<Place> {
        self.state.lock().await.place.clone()
    }

    /// Drops the cached token, such as after the target's clock was moved.
    pub async fn forget(&self) {
        self.state.lock().await.cached = None;
    }

    async fn call(&self, origin: Origin) -> Reply {
        let call = guide::oauth(self.wire.base_url(), origin, Some(&self.client_id), Some(&self.secret), "POST");
        self.wire.send_patiently(call, self.patience).await
    }

    fn pick(&self, reply: &Reply, place: Option<&Place>) -> Result<Token, NoToken> {
        let none = |why| NoToken { exchange: reply.exchange.id, why };
        // A body that was cut short may still hold its token; a status alone may not.
        if let Some(trouble) = reply.exchange.trouble.clone() {
            return Err(none(WhyNoToken::Trouble(trouble)));
        }
        if !reply.raw.is_success() {
            return Err(none(WhyNoToken::Status(reply.raw.status)));
        }
        if let Some(place) = place {
            let value = value_at(&reply.raw, place).ok_or_else(|| none(WhyNoToken::NotThere(place.clone())))?;
            return Ok(self.token(reply, place.clone(), &value));
        }
        let first = token_candidates(&reply.raw).into_iter().next().ok_or_else(|| none(WhyNoToken::NoCandidate))?;
        Ok(self.token(reply, first.place, &first.value))
    }

    fn token(&self, reply: &Reply, place: Place, value: &Secret) -> Token {
        Token {
            fingerprint: self.wire.vault().keep(SecretKind::Token, value),
            place,
            told_life: told_life(&reply.raw, Timestamp::now()),
            exchange: reply.exchange.id,
        }
    }

    fn cache(&self, token: Token) -> Cached {
        let use_for = token.told_life.map_or(ADVISED, |life| life / 12 * 11);
        let until = self.wire.recorder().clock().now().saturating_add(use_for);
        Cached { token, until }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// The target gave no token.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("no token: {why} (exchange {exchange})")]
pub struct NoToken {
    /// The number of the exchange that should have given one.
    pub exchange: u64,
    /// Why there is none.
    pub why: WhyNoToken,
}

/// Why there is no token.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum WhyNoToken {
    /// No whole answer came.
    #[error("`/crm/oauth` did not answer: {}", .0.detail)]
    Trouble(Trouble),
    /// The answer was none of success.
    #[error("`/crm/oauth` answered {0}")]
    Status(u16),
    /// Nothing in the answer can be a token.
    #[error("nothing in the answer of `/crm/oauth` looks like a token; pin its place in the profile if it is there")]
    NoCandidate,
    /// Nothing stands where the token is pinned, or stood before.
    #[error("nothing stands at `{0}` in the answer of `/crm/oauth`, where the token is pinned or stood before")]
    NotThere(Place),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{Bench, answer};

    fn tokens(bench: &Bench, pinned: Option<&str>) -> Tokens {
        let partner = Partner { client_id: "id".into(), secret: Secret::new("client-secret-1") };
        Tokens::new(bench.wire.clone(), partner, pinned.map(|place| place.parse().unwrap()))
    }

    fn numbered(life: &'static str) -> impl Fn(usize) -> Option<Vec<u8>> {
        move |number| {
            answer(
                "200 OK",
                &format!(r#"{{"id": "0123456789abcdef", "token": "token-{number}", "expires_in": {life}}}"#),
            )
        }
    }

    #[tokio::test]
    async fn many_who_ask_cost_one_call() {
        let bench = Bench::new(numbered("21600")).await;
        let tokens = tokens(&bench, None);
        let asked = futures::future::join_all((0..50).map(|_| tokens.shared(Origin::default()))).await;
        assert!(asked.iter().all(|token| token == &asked[0]), "{asked:?}");
        let token = asked[0].clone().unwrap();
        assert_eq!(bench.wire.vault().secret(&token.fingerprint).unwrap().expose(), "token-0");
        assert_eq!((token.place.to_string().as_str(), token.told_life), ("json:/token", Some(Duration::from_hours(6))));
        assert_eq!(bench.requests().len(), 1);
        assert!(bench.requests()[0].contains("x-crm-client-secret: client-secret-1"), "{}", bench.requests()[0]);
        assert!(!bench.written().contains("client-secret-1"));
    }

    #[tokio::test]
    async fn a_fresh_token_leaves_the_shared_one_alone() {
        let bench = Bench::new(numbered("21600")).await;
        let tokens = tokens(&bench, None);
        let shared = tokens.shared(Origin::default()).await.unwrap();
        assert_ne!(tokens.fresh(Origin::default()).await.unwrap().fingerprint, shared.fingerprint);
        assert_eq!(tokens.shared(Origin::default()).await.unwrap(), shared);
        tokens.forget().await;
        assert_ne!(tokens.shared(Origin::default()).await.unwrap().fingerprint, shared.fingerprint);
        assert_eq!(bench.requests().len(), 3);
    }

    #[tokio::test]
    async fn a_token_whose_life_is_over_is_not_shared() {
        let bench = Bench::new(numbered("0")).await;
        let tokens = tokens(&bench, None);
        tokens.shared(Origin::default()).await.unwrap();
        tokens.shared(Origin::default()).await.unwrap();
        assert_eq!(bench.requests().len(), 2);
    }

    #[tokio::test]
    async fn what_opens_the_next_door_is_settled() {
        let body = r#"{"token": "wrong-token-1", "key": "right-token-0123456789"}"#;
        let bench = Bench::new(move |_| answer("200 OK", body)).await;
        let tokens = tokens(&bench, None);
        let offers = tokens.offers(Origin::default()).await.unwrap();
        let places: Vec<String> = offers.iter().map(|token| token.place.to_string()).collect();
        assert_eq!(places, ["json:/token", "json:/key"]);
        tokens.settle(offers[1].place.clone()).await;
        assert_eq!(tokens.shared(Origin::default()).await.unwrap(), offers[1]);
        assert_eq!(bench.requests().len(), 1, "the offered token is the shared one");
        let fresh = tokens.fresh(Origin::default()).await.unwrap();
        assert_eq!((fresh.place, bench.requests().len()), (offers[1].place.clone(), 2));
    }

    #[tokio::test]
    async fn what_stands_at_a_pinned_place_comes_first_and_else_it_is_looked_for() {
        let body = r#"{"token": "token-0123456789", "key": "key-0123456789ab"}"#;
        for (pinned, offered) in
            [("json:/key", ["json:/key", "json:/token"]), ("header:x-crm-token", ["json:/token", "json:/key"])]
        {
            let bench = Bench::new(move |_| answer("200 OK", body)).await;
            let tokens = tokens(&bench, Some(pinned));
            let places: Vec<String> =
                tokens.offers(Origin::default()).await.unwrap().iter().map(|token| token.place.to_string()).collect();
            assert_eq!(places, offered);
        }
        let bench = Bench::new(|_| answer("200 OK", "{}")).await;
        let none = tokens(&bench, Some("json:/key")).offers(Origin::default()).await.unwrap_err();
        assert_eq!(none.why, WhyNoToken::NotThere(Place::Json("/key".into())));
    }

    #[tokio::test]
    async fn no_token_says_why() {
        let bench = Bench::new(|number| match number {
            0 => answer("403 Forbidden", r#"{"token": "token-0"}"#),
            1 => answer("200 OK", "{}"),
            2 => answer("200 OK", r#"{"data": {"token": "token-0"}}"#),
            _ => Some(Vec::new()),
        })
        .await;
        let pinned = tokens(&bench, Some("header:x-crm-token"));
        let free = tokens(&bench, None);
        let reasons = [
            free.shared(Origin::default()).await.unwrap_err(),
            free.shared(Origin::default()).await.unwrap_err(),
            pinned.shared(Origin::default()).await.unwrap_err(),
            free.fresh(Origin::default()).await.unwrap_err(),
        ];
        assert_eq!(reasons[0].why, WhyNoToken::Status(403));
        assert_eq!(reasons[1].why, WhyNoToken::NoCandidate);
        assert_eq!(reasons[2].why, WhyNoToken::NotThere(Place::Header("x-crm-token".into())));
        assert!(matches!(reasons[3].why, WhyNoToken::Trouble(_)));
        insta::assert_snapshot!(
            NoToken { exchange: 7, ..reasons[2].clone() },
            @"no token: nothing stands at `header:x-crm-token` in the answer of `/crm/oauth`, where the token is pinned or stood before (exchange 7)"
        );
    }
}
