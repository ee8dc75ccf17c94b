use std::time::Duration;

use super::{Act, Fault};

/// The time that a byte takes where the script does not say.
const EACH: Duration = Duration::from_secs(1);

pub(super) const FAULT: Fault = Fault {
    name: "slow",
    summary: "answers byte by byte from the status line on, one byte a second unless `drip` says otherwise",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay", "drip"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            let status = exchange.answer.status_or(200);
            let body = exchange.answer.body().unwrap_or_default();
            let answer = exchange.compose(status, &[], body);
            let each = exchange.answer.drip().map_or(EACH, |drip| drip.0);
            exchange.drip(status, &answer, each).await?;
            Ok(exchange.whole())
        })
    }),
};
