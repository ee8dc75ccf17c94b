use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{ActionKind, Site, Wants};
use crate::{
    load::{
        engine::{Action, Call, Connections, Keep, Outcome, Pass},
        facts::Facts,
        ground::{Ground, raw},
        route::Route,
    },
    wire::{discover, guide},
};

/// Calls `/crm/oauth` (guide, step 1).
pub(super) struct Authenticate {
    route: Route,
    ground: Arc<Ground>,
    facts: Arc<Facts>,
    keeps: bool,
}

/// The arguments of `authenticate`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Whether later steps of the pass may use the token, by `token: own`.
    #[serde(default)]
    keep: bool,
}

impl ActionKind for Authenticate {
    const NAME: &'static str = "authenticate";
    const SUMMARY: &'static str = "calls /crm/oauth";
    const EXAMPLE: &'static str = "{ keep: true }";
    type Arguments = Arguments;

    fn wants(_: &Arguments) -> Wants {
        Wants { credentials: true, ..Wants::default() }
    }

    fn make(arguments: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let shared = &site.ground.shared;
        let client = &shared.client;
        let (id, secret) = (client.client_id.as_str(), client.client_secret.expose());
        let call = guide::oauth(shared.wire.base_url(), Ground::origin(), Some(id), Some(secret), "POST");
        Ok(Box::new(Self {
            route: site.ground.route(&call)?,
            ground: Arc::clone(&site.ground),
            facts: Arc::clone(&site.facts),
            keeps: arguments.keep,
        }))
    }
}

impl Action for Authenticate {
    fn prepare(&self, _: &mut Pass) -> Option<Call> {
        Some(self.route.call(Bytes::new()))
    }

    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        ready: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let answer = connections.send(&self.route.destination, ready, Keep::Answer).await;
            let outcome = Outcome::of(&answer);
            self.facts.token(outcome == Outcome::Done, matches!(outcome, Outcome::Limited(_)));
            let (Outcome::Done, Ok(answer)) = (&outcome, &answer) else { return outcome };
            let raw = raw(answer);
            let token = match &self.ground.shared.dialect.token {
                Some(place) => discover::value_at(&raw, place),
                None => discover::token_candidates(&raw).into_iter().next().map(|one| one.value),
            };
            let Some(token) = token.filter(|token| !token.is_empty()) else { return Outcome::Unreadable("no token") };
            if self.keeps {
                pass.token = Some(token);
            }
            Outcome::Done
        })
    }
}
