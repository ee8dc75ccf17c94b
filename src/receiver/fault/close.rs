use super::{Fault, Stage};

pub(super) const FAULT: Fault = Fault {
    name: "close",
    summary: "reads the request and closes the connection (FIN) without a byte of an answer",
    stage: Stage::Request,
    connection_fault: true,
    arguments: &["delay"],
    statuses: &[],
    act: |exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            Ok(exchange.close().await)
        })
    },
};
