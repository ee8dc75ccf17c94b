use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::HeaderValue;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Amount,
    kind::{ActionKind, Site, Wants},
};
use crate::{
    listing::Generator,
    load::{
        engine::{Action, Call, Connections, Outcome, Pass},
        facts::Facts,
        ground::Key,
        listings::{API_KEY, Listings, spread},
        route::{Route, value},
    },
};

/// Pushes listings with the agencies' keys (guide, step 5).
pub(super) struct PushListing {
    route: Route,
    facts: Arc<Facts>,
    keys: Arc<[Key]>,
    first_key: usize,
    uses_delivered: bool,
    listings: Listings,
    generator: Generator,
    /// The body of all, where they are the same.
    same: Option<Bytes>,
}

/// The arguments of `push_listing`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// `fresh`: another listing for every pass. `same`: one listing again and again.
    #[serde(default)]
    listing: Which,
    /// How much it says: `small`, `typical`, `largest`, or exactly so many bytes.
    #[serde(default)]
    size: Amount,
    /// `setup`: the keys of the group's setup in turn. `delivered`: the key that was delivered in this pass.
    #[serde(default)]
    key: KeyChoice,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Which {
    #[default]
    Fresh,
    Same,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum KeyChoice {
    #[default]
    Setup,
    Delivered,
}

impl ActionKind for PushListing {
    const NAME: &'static str = "push_listing";
    const SUMMARY: &'static str = "pushes a listing";
    const EXAMPLE: &'static str = "{ listing: fresh, size: typical }";
    type Arguments = Arguments;

    fn wants(arguments: &Arguments) -> Wants {
        let delivered = arguments.key == KeyChoice::Delivered;
        let after = delivered.then_some("delivered");
        Wants { after, keys: !delivered, capabilities: vec!["listing"], ..Wants::default() }
    }

    fn make(arguments: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let listings = Listings::of(site)?;
        let generator = listings.generator(site.seed, arguments.size.0).with_prefix(site.prefix.clone());
        let same = arguments.listing == Which::Same;
        Ok(Box::new(Self {
            route: listings.create()?,
            facts: Arc::clone(&site.facts),
            keys: Arc::clone(&site.keys),
            first_key: site.first_key,
            uses_delivered: arguments.key == KeyChoice::Delivered,
            same: same.then(|| listings.wrapped(generator.body(0))),
            listings,
            generator,
        }))
    }
}

impl PushListing {
    fn key(&self, pass: &Pass) -> Option<HeaderValue> {
        if self.uses_delivered {
            return value(pass.key.as_ref()?.expose()).ok();
        }
        Some(self.keys.get(spread(pass.number, self.keys.len()))?.header.clone())
    }
}

impl Action for PushListing {
    fn prepare(&self, pass: &mut Pass) -> Option<Call> {
        let key = self.key(pass)?;
        let body = self.same.clone().unwrap_or_else(|| self.listings.wrapped(self.generator.body(pass.number)));
        let mut call = self.route.call(body);
        call.headers_mut().insert(API_KEY, key);
        Some(call)
    }

    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        ready: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let outcome = self.route.send(ready, "no key", connections).await;
            if outcome == Outcome::Done && !self.uses_delivered {
                let number = if self.same.is_some() { 0 } else { pass.number };
                let key = self.first_key + spread(pass.number, self.keys.len());
                self.facts.accepted(key, || self.generator.reference(number));
            }
            outcome
        })
    }
}
