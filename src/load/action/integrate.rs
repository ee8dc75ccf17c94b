use std::sync::Arc;

use futures::future::BoxFuture;
use http::{HeaderValue, header::AUTHORIZATION};
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{ActionKind, Site, Wants};
use crate::{
    load::{
        engine::{Action, Call, Connections, Keep, Outcome, Pass},
        facts::Facts,
        ground::{Ground, raw},
        route::{Route, value},
    },
    step::{link_at, standard_body},
    wire::guide,
};

/// Calls `/crm/integrate` (guide, step 2).
pub(super) struct Integrate {
    route: Route,
    ground: Arc<Ground>,
    facts: Arc<Facts>,
    token: Token,
    agency: Agency,
}

/// The arguments of `integrate`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// `cached`: the token that all passes share. `own`: the one that `authenticate: { keep: true }` got in this pass.
    #[serde(default)]
    token: Token,
    /// `fresh`: an agencyId of the pass's own. `same`: one that all passes share.
    #[serde(default)]
    agency: Agency,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Token {
    #[default]
    Cached,
    Own,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Agency {
    #[default]
    Fresh,
    Same,
}

impl ActionKind for Integrate {
    const NAME: &'static str = "integrate";
    const SUMMARY: &'static str = "calls /crm/integrate for a signed link";
    const EXAMPLE: &'static str = "{ token: cached, agency: fresh }";
    type Arguments = Arguments;

    fn wants(arguments: &Arguments) -> Wants {
        let after = (arguments.token == Token::Own).then_some("authenticate");
        Wants { after, credentials: true, ..Wants::default() }
    }

    fn make(arguments: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let call = guide::integrate(site.ground.shared.wire.base_url(), Ground::origin(), None, String::new());
        Ok(Box::new(Self {
            route: site.ground.route(&call)?,
            ground: Arc::clone(&site.ground),
            facts: Arc::clone(&site.facts),
            token: arguments.token,
            agency: arguments.agency,
        }))
    }
}

impl Integrate {
    fn authorization(&self, pass: &Pass) -> Option<HeaderValue> {
        match self.token {
            Token::Cached => self.ground.bearer(),
            Token::Own => value(&format!("Bearer {}", pass.token.as_ref()?.expose())).ok(),
        }
    }
}

impl Action for Integrate {
    fn prepare(&self, pass: &mut Pass) -> Option<Call> {
        let authorization = self.authorization(pass)?;
        if self.agency == Agency::Same {
            pass.agency_id = Some(self.ground.same_agency());
        }
        let mut call = self.route.call(standard_body(self.ground.agency_of(pass)).into());
        call.headers_mut().insert(AUTHORIZATION, authorization);
        Some(call)
    }

    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        ready: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            if ready.is_none() {
                return Outcome::Unreadable("no token");
            }
            let answer = connections.send(&self.route.destination, ready, Keep::Answer).await;
            let outcome = Outcome::of(&answer);
            if self.token == Token::Cached {
                self.facts.cached_link(&outcome);
            }
            let (Outcome::Done, Ok(answer)) = (&outcome, &answer) else { return outcome };
            let link = link_at(self.ground.shared.dialect.link.as_ref(), &raw(answer));
            let Some(link) = link.filter(|link| !link.is_empty()) else { return Outcome::Unreadable("no link") };
            self.facts.link(&link, self.agency == Agency::Same);
            pass.link = Some(link);
            Outcome::Done
        })
    }
}
