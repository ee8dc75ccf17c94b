use super::{Fault, Stage};
use crate::receiver::exchange::LONGEST_HOLD;

pub(super) const FAULT: Fault = Fault {
    name: "never-answer",
    summary: "reads the request and answers nothing until the sender gives up, at most 190 s",
    stage: Stage::Request,
    connection_fault: false,
    arguments: &["hold"],
    statuses: &[],
    act: |exchange| {
        Box::pin(async {
            let hold = exchange.answer.hold().map_or(LONGEST_HOLD, |hold| hold.0);
            exchange.hold(hold).await
        })
    },
};
