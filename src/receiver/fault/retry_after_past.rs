use std::time::Duration;

use super::{Act, Fault, date, retry_after};

pub(super) const FAULT: Fault = Fault {
    name: "retry-after-past",
    summary: "answers 429 and asks by `Retry-After` for a wait until a date that is an hour past",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async { retry_after(exchange, &date(Duration::from_hours(1), false)).await })
    }),
};
