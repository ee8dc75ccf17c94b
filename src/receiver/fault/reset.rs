use super::{Act, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "reset",
    summary: "reads the request and resets the connection (RST) without a byte of an answer",
    connection_fault: true,
    arguments: &["delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            Ok(exchange.reset())
        })
    }),
};
