use super::{Act, Fault, retry_after};

pub(super) const FAULT: Fault = Fault {
    name: "retry-after-garbage",
    summary: "answers 429 and asks by `Retry-After` for a wait in words that no program reads",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| Box::pin(async { retry_after(exchange, "when the moon is full").await })),
};
