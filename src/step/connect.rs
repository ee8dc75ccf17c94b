use std::{sync::PoisonError, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AgencyState, Cost, Need,
    context::{Context, Stop},
    facts::{Seen, bound},
    integrate::{Asked, ask_for_link},
    kind::StepKind,
    visit::{self, EntranceChoice, Visited},
    whom::Whom,
};
use crate::{
    agency::{Entrance, Intent, Reached},
    clock::milliseconds,
    judge::{Type, facts},
};

/// Connects an agency (guide, steps 1 to 4).
pub(super) struct Connect;

/// The arguments of `connect`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which agency connects, or `each`: all of them, side by side.
    agency: Whom,
    /// How it comes in.
    entrance: Option<EntranceChoice>,
    /// Whether an agency for which `/crm/integrate` gives no link is bound as `connected: false` instead of ending the
    /// scenario. A token that is not taken, a limit and an answer that does not come whole still end it.
    #[serde(default)]
    lenient: bool,
}

/// What came of connecting an agency.
#[derive(Serialize, JsonSchema)]
struct Connection {
    #[serde(flatten)]
    visit: Visited,
    /// Whether the agency agreed.
    connected: bool,
    /// The status with which `/crm/integrate` answered.
    link_status: u16,
    /// Whether that refused the agencyId: a 4xx.
    refused: bool,
    /// The call of `/crm/integrate`, where it gave no link.
    unlinked: Option<Seen>,
    /// Whether a delivery came in time.
    delivered: bool,
    /// The key of the latest delivery; nothing where none came.
    key: Option<String>,
}

impl StepKind for Connect {
    const NAME: &'static str = "connect";
    const SUMMARY: &'static str = "connects an agency: cached token, link, agreement, and the first delivery";
    const EXAMPLE: &'static str = "{ agency: flat, as: connection }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        arguments.agency.shape(facts::<Connection>())
    }

    fn needs(arguments: &Arguments) -> Vec<Need> {
        let mut needs = visit::needs(arguments.entrance);
        needs.push(Need::to_be_told("webhook"));
        needs
    }

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        let count = arguments.agency.count(agencies);
        Cost { links: count, visits: count, ..Cost::default() }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let entrance = arguments.entrance.map(Entrance::from);
        arguments
            .agency
            .each(context, |agency| async move { Ok(bound(&one(context, agency, entrance, arguments.lenient).await?)) })
            .await
    }
}

/// Connects an agency that is armed, and gives the fingerprint of the key that was delivered.
///
/// # Errors
///
/// Why it has none.
pub(crate) async fn connect(context: &Context, agency: &AgencyState) -> Result<String, Stop> {
    let connection = one(context, agency, None, false).await?;
    connection.key.ok_or_else(|| Stop::prerequisite(format!("no key was delivered for {} in time", agency.id)))
}

async fn one(
    context: &Context,
    agency: &AgencyState,
    entrance: Option<Entrance>,
    lenient: bool,
) -> Result<Connection, Stop> {
    let Asked { link, status, exchange } = ask_for_link(context, agency).await?;
    let link = match link {
        Ok(link) => link,
        Err(stop) if lenient => {
            return Ok(Connection {
                visit: Visited::refused(agency, &stop),
                connected: false,
                link_status: status,
                refused: (400..500).contains(&status),
                unlinked: Some(Seen(exchange)),
                delivered: false,
                key: None,
            });
        }
        Err(stop) => return Err(stop),
    };
    let already = context.shared.receiver.attempts(&agency.id).len();
    let visit = visit::go(context, agency, &link, Intent::Agree, entrance).await;
    if visit.reached != Reached::Agreed.word() {
        return Err(Stop::prerequisite(format!("the agency could not agree: {}", visit.note)));
    }
    let arrived = arrivals(context, &agency.id, already + 1, due(context)).await;
    Ok(Connection {
        visit,
        connected: true,
        link_status: status,
        refused: false,
        unlinked: None,
        delivered: arrived > already,
        key: context.shared.receiver.key_of(&agency.id),
    })
}

/// Once for what is due, and some times for as long as did not count the time before.
const MOST_WAITS: usize = 8;

/// So much longer after each wait: what the harness missed by standing still is told of, or comes in, only then.
const UNTOLD: Duration = Duration::from_millis(250);

/// Waits until an agency has had so many wire attempts, and tells how many came; for longer than `within` where meanwhile the
/// harness itself stood still, or its receiver kept attempts waiting: of a sender with few workers they hold up all others, which
/// RETRY-10 judges and nothing else.
pub(super) async fn arrivals(context: &Context, agency: &str, attempts: usize, within: Duration) -> usize {
    let shared = &context.shared;
    let begun_ms = shared.recorder.now_ms();
    let within_ms = milliseconds(within);
    // The step ends with what it knows, and not with its budget.
    let most_ms = within_ms.max(milliseconds(shared.step_budget / 2));
    let (mut wait_ms, mut arrived) = (within_ms, 0);
    for _ in 0..MOST_WAITS {
        for wait in [Duration::try_from_secs_f64(wait_ms / 1000.0).unwrap_or_default(), UNTOLD] {
            arrived = shared.receiver.wait_for(agency, attempts, wait).await;
        }
        let evidence = shared.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = shared.recorder.now_ms();
        let stopped_ms = evidence.stopped_between(begun_ms, now_ms);
        let passed_ms = now_ms - begun_ms;
        let uncounted_ms = (stopped_ms + evidence.kept_waiting_between(begun_ms, now_ms)).min(passed_ms);
        wait_ms = (within_ms + uncounted_ms).min(most_ms) - passed_ms;
        if arrived >= attempts || wait_ms <= 0.0 {
            break;
        }
    }
    arrived
}

/// How long to wait for a first delivery.
pub(super) fn due(context: &Context) -> Duration {
    let pinned = context.shared.terms.deliver_within_ms;
    pinned.map_or(context.shared.wait_at_most, |ms| Duration::from_secs_f64(ms / 1000.0))
}
