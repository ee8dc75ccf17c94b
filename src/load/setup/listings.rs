use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{Ready, SetupKind};
use crate::{
    load::{
        action::{Amount, Stock},
        engine::{Connections, Keep, Outcome},
        listings::{API_KEY, spread},
        route::Route,
    },
    profile::Bounded,
    step::id_in,
};

/// So many listings are pushed side by side.
const SIDE_BY_SIDE: u64 = 8;

/// Pushes listings that the flow changes or reads.
pub(super) struct Listings;

/// The arguments of `listings`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// How many; the agencies take turns.
    #[schemars(with = "u32", range(min = 1, max = 1_000_000))]
    count: Bounded<1, 1_000_000>,
    /// How much each says: `small`, `typical`, `largest`, or exactly so many bytes.
    #[serde(default)]
    size: Amount,
}

impl SetupKind for Listings {
    const NAME: &'static str = "listings";
    const SUMMARY: &'static str = "pushes listings that the flow changes or reads";
    const EXAMPLE: &'static str = "{ count: 100, size: small }";
    const NEEDS: &'static [&'static str] = &["listing"];
    type Arguments = Arguments;

    async fn run(arguments: &Arguments, ready: &mut Ready) -> Result<(), String> {
        let api = crate::load::listings::Listings::at(&ready.ground)?;
        let prefix = format!("mp-{}-{}-", ready.ground.run(), ready.name);
        let generator = api.generator(ready.seed, arguments.size.0).with_prefix(prefix);
        let route = &api.create()?;
        let count = u64::from(arguments.count.get());
        let (keys, api, made) = (&ready.keys, &api, &generator);
        let lane = |lane: u64| async move {
            let mut connections = Connections::default();
            let mut ids = Vec::new();
            for number in (lane..count).step_by(usize::try_from(SIDE_BY_SIDE).unwrap_or(1)) {
                let key = &keys.get(spread(number, keys.len())).ok_or("there is no key")?.header;
                let body = api.wrapped(made.body(number));
                let id = push(&mut connections, route, key, body, &made.reference(number)).await;
                ids.push((number, id?));
            }
            Ok::<_, String>(ids)
        };
        let lanes: Vec<_> = stream::iter((0..SIDE_BY_SIDE).map(lane)).buffer_unordered(8).collect().await;
        let mut ids = Vec::new();
        for lane in lanes {
            ids.extend(lane?);
        }
        ids.sort_unstable();
        let ids = ids.into_iter().map(|(_, id)| id).collect();
        ready.stock = Some(Arc::new(Stock { generator, ids }));
        Ok(())
    }
}

/// How often a listing is pushed anew that met a limit or a fault of the server.
const TRIES: u32 = 5;

async fn push(
    connections: &mut Connections,
    route: &Route,
    key: &http::HeaderValue,
    body: Bytes,
    reference: &str,
) -> Result<String, String> {
    let mut wait = std::time::Duration::from_millis(500);
    for tried in 1..=TRIES {
        let mut call = route.call_about(reference, reference, body.clone());
        call.headers_mut().insert(API_KEY, key.clone());
        let answer = connections.send(&route.destination, &mut Some(call), Keep::Answer).await;
        let outcome = Outcome::of(&answer);
        match (&outcome, &answer) {
            (Outcome::Done, Ok(answer)) => return Ok(id_in(&String::from_utf8_lossy(&answer.body), reference)),
            (Outcome::Limited(told), _) if tried < TRIES => tokio::time::sleep(told.unwrap_or(wait)).await,
            (Outcome::Status(status), _) if status.is_server_error() && tried < TRIES => tokio::time::sleep(wait).await,
            _ => return Err(format!("listing {reference} could not be pushed before the load: {}", outcome.word())),
        }
        wait *= 2;
    }
    Err(format!("listing {reference} could not be pushed before the load"))
}
