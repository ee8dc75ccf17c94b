use std::time::Duration;

use super::{Act, Fault, retry_after};

/// The wait that is asked for where the script gives none.
const WAIT: Duration = Duration::from_secs(2);

pub(super) const FAULT: Fault = Fault {
    name: "retry-after-seconds",
    summary: "answers 429 and asks by `Retry-After` for a wait of whole seconds: `wait`, or 2 s",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay", "wait"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async { retry_after(exchange, &exchange.answer.wait_or(WAIT).as_secs().to_string()).await })
    }),
};
