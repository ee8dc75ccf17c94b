use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{ActionKind, Site, Wants};
use crate::load::{
    engine::{Action, Call, Connections, Outcome, Pass},
    facts::Facts,
    ground::Ground,
};

/// Longer than any request may take: the engine gives up before.
const FOREVER: Duration = Duration::from_hours(24);

/// Waits for the delivery (guide, step 4).
pub(super) struct Delivered {
    ground: Arc<Ground>,
    facts: Arc<Facts>,
}

/// The arguments of `delivered`: none.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {}

impl ActionKind for Delivered {
    const NAME: &'static str = "delivered";
    const SUMMARY: &'static str = "waits for the first delivery: its time is that from the agreement until it arrives";
    const EXAMPLE: &'static str = "{}";
    type Arguments = Arguments;

    fn wants(_: &Arguments) -> Wants {
        Wants { after: Some("agree"), capabilities: vec!["webhook"], ..Wants::default() }
    }

    fn make(_: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        Ok(Box::new(Self { ground: Arc::clone(&site.ground), facts: Arc::clone(&site.facts) }))
    }
}

impl Action for Delivered {
    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        _: &'a mut Option<Call>,
        _: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Some(agency_id) = &pass.agency_id else { return Outcome::Unreadable("no agency") };
            let receiver = &self.ground.shared.receiver;
            receiver.wait_for(agency_id, 1, FOREVER).await;
            let Some(taken) = receiver.taken(agency_id) else { return Outcome::Unreadable("no delivery") };
            self.facts.delivery(pass.account, taken.key.as_ref(), taken.is_exact);
            pass.key = taken.key.filter(|key| !key.is_empty());
            if pass.key.is_some() { Outcome::Done } else { Outcome::Unreadable("no key") }
        })
    }
}
