use super::{Fault, Stage};

pub(super) const FAULT: Fault = Fault {
    name: "reset",
    summary: "reads the request and resets the connection (RST) without a byte of an answer",
    stage: Stage::Request,
    connection_fault: true,
    arguments: &["delay"],
    statuses: &[],
    act: |exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            Ok(exchange.reset())
        })
    },
};
