use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{ActionKind, Site, Stock, Wants};
use crate::load::{
    engine::{Action, Call, Connections, Outcome, Pass},
    ground::Key,
    listings::{API_KEY, Listings, spread},
    route::Route,
};

/// Reads listings.
pub(super) struct ReadListings {
    route: Route,
    keys: Arc<[Key]>,
    stock: Option<Arc<Stock>>,
}

/// The arguments of `read_listings`: none.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {}

impl ActionKind for ReadListings {
    const NAME: &'static str = "read_listings";
    const SUMMARY: &'static str =
        "reads an agency's listings, or one that the setup pushed where they are read one by one";
    const EXAMPLE: &'static str = "{}";
    type Arguments = Arguments;

    fn wants(_: &Arguments) -> Wants {
        Wants { keys: true, capabilities: vec!["listing", "listing.read"], ..Wants::default() }
    }

    fn make(_: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let route = Listings::of(site)?.read()?.ok_or("the profile gives no `listing.read`: add it to the target")?;
        if route.is_about_one() && site.stock.is_none() {
            return Err(
                "listings are read one by one here: add `listings: { count: 100 }` to the group's `setup`".into()
            );
        }
        Ok(Box::new(Self { route, keys: Arc::clone(&site.keys), stock: site.stock.clone() }))
    }
}

impl Action for ReadListings {
    fn prepare(&self, pass: &mut Pass) -> Option<Call> {
        let (mut call, number) = match &self.stock {
            Some(stock) if self.route.is_about_one() => {
                let which = spread(pass.number, stock.ids.len());
                let reference = stock.generator.reference(which as u64);
                (self.route.call_about(stock.ids.get(which)?, &reference, Bytes::new()), which as u64)
            }
            _ => (self.route.call(Bytes::new()), pass.number),
        };
        let key = self.keys.get(spread(number, self.keys.len()))?;
        call.headers_mut().insert(API_KEY, key.header.clone());
        Some(call)
    }

    fn perform<'a>(
        &'a self,
        _: &'a mut Pass,
        ready: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(self.route.send(ready, "no key", connections))
    }
}
