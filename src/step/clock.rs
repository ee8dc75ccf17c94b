use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    ClockControl, Cost, Need,
    context::{Context, Shared, Stop},
    facts::{Seen, bound},
    kind::StepKind,
};
use crate::{
    clock::Period,
    evidence::{Endpoint, StopKind},
    judge::{Type, facts},
    wire::{Call, Origin, Reply},
};

/// Moves the target's clock on.
pub(super) struct Clock;

/// The arguments of `clock`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// How far, such as `6h`.
    advance: Period,
    /// Whether a target without such a clock makes the step bind `available: false` instead of ending the scenario.
    #[serde(default)]
    if_possible: bool,
}

/// What came of moving the clock.
#[derive(Serialize, JsonSchema)]
struct Moved {
    #[serde(flatten)]
    exchange: Option<Seen>,
    /// Whether the target has a clock that can be moved.
    available: bool,
}

impl StepKind for Clock {
    const NAME: &'static str = "clock";
    const SUMMARY: &'static str = "moves the target's own clock on, where it has one that can be moved";
    const EXAMPLE: &'static str = "{ advance: 6h }";
    type Arguments = Arguments;

    fn binds(_: &Arguments) -> Type {
        facts::<Moved>()
    }

    fn needs(arguments: &Arguments) -> Vec<Need> {
        if arguments.if_possible { Vec::new() } else { vec![Need::to_be_told("clock")] }
    }

    fn cost(_: &Arguments, _: usize) -> Cost {
        Cost { requests: 1, ..Cost::default() }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let Some(clock) = &context.shared.clock else {
            return Ok(bound(&Moved { exchange: None, available: false }));
        };
        let reply = advance(&context.shared, clock, arguments.advance, context.origin()).await;
        if !reply.raw.is_success() {
            return Err(Stop::new(
                StopKind::CouldNotRun,
                format!("the target's clock answered {}", reply.exchange.status),
            ));
        }
        Ok(bound(&Moved { exchange: Some(Seen(reply.exchange.id)), available: true }))
    }
}

/// Moves the target's clock on.
pub(crate) async fn advance(shared: &Shared, clock: &ClockControl, by: Period, origin: Origin) -> Reply {
    let milliseconds = u64::try_from(by.0.as_millis()).unwrap_or(u64::MAX);
    let call = Call {
        origin,
        endpoint: Endpoint::Clock,
        method: clock.method.clone(),
        url: clock.url.clone(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Some(json!({ "advance_ms": milliseconds }).to_string()),
    };
    shared.wire.send(call).await
}
