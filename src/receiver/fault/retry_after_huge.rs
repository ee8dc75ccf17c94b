use super::{Act, Fault, retry_after};

pub(super) const FAULT: Fault = Fault {
    name: "retry-after-huge",
    summary: "answers 429 and asks by `Retry-After` for a wait of more seconds than 64 bits hold",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| Box::pin(async { retry_after(exchange, "99999999999999999999").await })),
};
