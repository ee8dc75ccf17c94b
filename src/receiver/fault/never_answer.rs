use super::{Act, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "never-answer",
    summary: "reads the request and answers nothing until the sender gives up, at most 190 s",
    connection_fault: false,
    arguments: &["hold"],
    statuses: &[],
    act: Act::Request(|exchange| Box::pin(exchange.hold_as_told())),
};
