use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Need,
    connect::{arrivals, due},
    context::{Context, Stop},
    kind::StepKind,
    whom::Whom,
};
use crate::{
    evidence::Delivery,
    judge::{Type, facts, latest_after},
};

/// Waits for deliveries and binds them.
pub(super) struct Deliveries;

/// The arguments of `deliveries`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Whose deliveries, or `each`: those of all agencies in one list.
    agency: Whom,
    /// How long to wait.
    until: Until,
    /// How many policy attempts of one agency are lawful: one more fails a check with `at_most` at once.
    at_most: Option<u64>,
    /// How many attempts before those that are counted met a disturbance of the receiver, and so are not seen.
    #[serde(default)]
    lost: u32,
    /// Whether the scenario ends here where fewer came than were waited for: what its next steps look for would not come either.
    #[serde(default)]
    required: bool,
    /// Whether the canary's deliveries are meant: those that followed a redirect to the second port.
    #[serde(default)]
    canary: bool,
}

/// How long to wait for deliveries.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(untagged, expecting = "`quiet`, `ended`, `window`, or a number of attempts")]
pub(super) enum Until {
    /// Until an event.
    Word(Word),
    /// Until each of the agencies has had so many wire attempts, times its `keys_per_agency`, or no further one is to be
    /// expected.
    Count(u32),
}

/// Until which event to wait.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// Until nothing more is to be expected, in the quiet window at the end of the run. Only checks, and other deliveries
    /// until quiet, may follow.
    Quiet,
    /// Until each of the agencies has had a wire attempt, and none is open any more.
    Ended,
    /// For as long as a first delivery may take: to see that none comes.
    Window,
}

impl StepKind for Deliveries {
    const NAME: &'static str = "deliveries";
    const SUMMARY: &'static str = "waits for deliveries until quiet or ended, for a window or a count, and binds them";
    const EXAMPLE: &'static str = "{ agency: flat, until: quiet, at_most: 4, as: got }";
    type Arguments = Arguments;

    fn binds(_: &Arguments) -> Type {
        Type::list(facts::<Delivery>())
    }

    fn needs(_: &Arguments) -> Vec<Need> {
        vec![Need::to_be_told("webhook")]
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let agencies = arguments.agency.agencies(context)?;
        let ids: Vec<&str> = agencies.iter().map(|agency| agency.id.as_str()).collect();
        let since_ms = context.shared.recorder.now_ms();
        let until_ms = match arguments.until {
            Until::Word(Word::Quiet) => None,
            Until::Word(Word::Ended) => {
                all_ended(context, &ids).await;
                Some(context.shared.recorder.now_ms())
            }
            Until::Word(Word::Window) => {
                listen(context, &ids, since_ms, due(context)).await;
                Some(context.shared.recorder.now_ms())
            }
            Until::Count(count) => {
                // A sender may serve one key after the other.
                let keys = u32::try_from(context.shared.terms.keys_per_agency).unwrap_or(u32::MAX);
                let due = retries_due(context, count.saturating_add(arguments.lost)).saturating_mul(keys);
                // What comes after a gap of minutes is seen in the quiet window as well.
                let within = if arguments.lost > 0 { due.min(context.shared.step_budget / 2) } else { due };
                let all = count.saturating_mul(keys) as usize;
                futures::future::join_all(ids.iter().map(|id| arrivals(context, id, all, within))).await;
                let lacking = |id: &&&str| context.shared.receiver.attempts(id).len() < all;
                if let Some(id) = ids.iter().find(lacking).filter(|_| arguments.required) {
                    let what = if all == 1 { "the attempt" } else { "all attempts" };
                    return Err(Stop::prerequisite(format!(
                        "{what} on which the next steps rest did not come for {id}"
                    )));
                }
                Some(context.shared.recorder.now_ms())
            }
        };
        Ok(json!({
            "$deliveries": ids,
            "since_ms": since_ms,
            "until_ms": until_ms,
            "at_most": arguments.at_most,
            "canary": arguments.canary,
        }))
    }
}

/// Listens for a while for what should not come, and ends at once when it does.
async fn listen(context: &Context, ids: &[&str], since_ms: f64, window: Duration) {
    let receiver = &context.shared.receiver;
    let waits = ids.iter().map(|id| {
        let already = receiver.attempts(id).iter().filter(|attempt| attempt.at_ms <= since_ms).count();
        Box::pin(receiver.wait_for(id, already + 1, window))
    });
    let mut waits: Vec<_> = waits.collect();
    while !waits.is_empty() {
        let (_, _, rest) = futures::future::select_all(waits).await;
        if context.shared.recorder.now_ms() - since_ms < crate::clock::milliseconds(window) {
            return;
        }
        waits = rest;
    }
}

/// Waits until each agency has had an attempt that ended. Gives up when none is open, and nothing comes for as long as a
/// first delivery may take: the receiver itself ends what nobody else does.
async fn all_ended(context: &Context, ids: &[&str]) {
    let receiver = &context.shared.receiver;
    let mut changed = receiver.changed();
    loop {
        changed.borrow_and_update();
        let attempts: Vec<_> = ids.iter().map(|id| receiver.attempts(id)).collect();
        if attempts.iter().flatten().any(|attempt| attempt.ended_ms == 0.0) {
            // The receiver lives as long as the run: what is open ends.
            let _ = changed.changed().await;
        } else if attempts.iter().all(|attempts| !attempts.is_empty())
            || tokio::time::timeout(due(context), changed.changed()).await.is_err()
        {
            return;
        }
    }
}

/// How long so many attempts of one delivery may take: by the pinned schedule, or what the run allows at most.
pub(super) fn retries_due(context: &Context, count: u32) -> Duration {
    let retries = count.saturating_sub(1) as usize;
    let terms = &context.shared.terms;
    match &terms.gaps_ms {
        _ if retries == 0 => due(context),
        None => context.shared.wait_at_most,
        Some(gaps) => {
            let attempt = terms.attempt_timeout_ms.unwrap_or(10_000.0);
            let all: f64 = gaps.iter().take(retries).map(|gap| attempt + latest_after(*gap)).sum();
            due(context) + Duration::from_secs_f64(all / 1000.0)
        }
    }
}
