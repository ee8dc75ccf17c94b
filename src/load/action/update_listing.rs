use std::sync::Arc;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{ActionKind, Site, Stock, Wants};
use crate::{
    listing::Revision,
    load::{
        engine::{Action, Call, Connections, Outcome, Pass},
        ground::Key,
        listings::{API_KEY, Listings, spread},
        route::Route,
    },
};

/// So many changes of one listing are made before its first comes again: what a listing looks like after a thousand of them
/// takes as long to work out.
const MOST_REVISIONS: u64 = 16;

/// Changes the listings of the setup, one after another.
pub(super) struct UpdateListing {
    route: Route,
    keys: Arc<[Key]>,
    stock: Arc<Stock>,
    listings: Listings,
}

/// The arguments of `update_listing`: none. What is changed is the price or the status.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {}

impl ActionKind for UpdateListing {
    const NAME: &'static str = "update_listing";
    const SUMMARY: &'static str = "changes price or status of a listing that the setup pushed";
    const EXAMPLE: &'static str = "{}";
    type Arguments = Arguments;

    fn wants(_: &Arguments) -> Wants {
        Wants { keys: true, listings: true, capabilities: vec!["listing"], ..Wants::default() }
    }

    fn make(_: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let listings = Listings::of(site)?;
        let stock = site.stock.clone().ok_or("no listings were pushed: add `listings` to the group's `setup`")?;
        Ok(Box::new(Self { route: listings.update()?, keys: Arc::clone(&site.keys), stock, listings }))
    }
}

impl Action for UpdateListing {
    fn prepare(&self, pass: &mut Pass) -> Option<Call> {
        let Stock { generator, ids } = &*self.stock;
        let which = spread(pass.number, ids.len());
        let (number, id) = (which as u64, ids.get(which)?);
        let round = pass.number / ids.len() as u64;
        let market = u32::try_from(round % MOST_REVISIONS).unwrap_or_default() + 1;
        let listing = generator.at(number, Revision { market, media: 0 });
        let body = self.listings.wrapped(generator.shape().flavour.body(&listing));
        let mut call = self.route.call_about(id, &generator.reference(number), body);
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
        Box::pin(self.route.send(ready, "no listing", connections))
    }
}
