use super::{Fault, Stage, send_half};

pub(super) const FAULT: Fault = Fault {
    name: "reset-mid-answer",
    summary: "answers with half of the body that it announces, then resets the connection (RST)",
    stage: Stage::Request,
    connection_fault: true,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: |exchange| {
        Box::pin(async {
            send_half(exchange).await?;
            Ok(exchange.reset())
        })
    },
};
