use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::{Ready, SetupKind};
use crate::{
    evidence::{Agency, Record},
    load::{ground::Key, route::value},
    profile::Bounded,
    receiver::{Armed, Script},
    step::{self, AgencyState, Context},
};

/// So many agencies connect side by side: fewer than would trouble a target before the load does.
const SIDE_BY_SIDE: usize = 8;

/// Connects agencies (guide, steps 1 to 4), and keeps their keys for the flow.
pub(super) struct Connect;

/// The arguments of `connect`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// How many.
    #[schemars(with = "u32", range(min = 1, max = 10_000))]
    agencies: Bounded<1, 10_000>,
}

impl SetupKind for Connect {
    const NAME: &'static str = "connect";
    const SUMMARY: &'static str = "connects agencies, each by the whole journey, and keeps their keys for the flow";
    const EXAMPLE: &'static str = "{ agencies: 50 }";
    const NEEDS: &'static [&'static str] = &["agency", "webhook"];
    type Arguments = Arguments;

    async fn run(arguments: &Arguments, ready: &mut Ready) -> Result<(), String> {
        let shared = &ready.ground.shared;
        let agencies: Vec<AgencyState> = (0..arguments.agencies.get() as usize)
            .map(|number| {
                let core = format!("{:016x}", rand::random::<u64>());
                let (name, id) = (format!("{}-{number}", ready.name), format!("agency-{core}"));
                AgencyState { name, id, core, account: number }
            })
            .collect();
        for agency in &agencies {
            shared.recorder.record(Record::Agency(Agency {
                scenario: ready.scenario.clone(),
                name: agency.name.clone(),
                id: agency.id.clone(),
                account: agency.account,
            }));
            let (agency_id, core) = (agency.id.clone(), agency.core.clone());
            shared.receiver.arm(Armed { agency_id, core, script: Script::success() });
        }
        let context = Context::new(shared.clone(), &ready.scenario, agencies.clone(), BTreeMap::new(), true);
        let context = &context.at("setup (connect)");
        // Collected first: a stream over a lazy map would borrow in a way that no task may.
        let connecting: Vec<_> = agencies.iter().map(|agency| step::connect(context, agency)).collect();
        let mut connected = stream::iter(connecting).buffered(SIDE_BY_SIDE);
        let mut keys = Vec::with_capacity(agencies.len());
        for agency in &agencies {
            let Some(key) = connected.next().await else { break };
            let key = key.map_err(|stop| format!("agency {} could not be connected: {}", agency.name, stop.reason))?;
            let key = shared.wire.vault().reveal(&key);
            keys.push(Key { header: value(key.expose())? });
        }
        drop(connected);
        ready.keys.extend(keys);
        Ok(())
    }
}
