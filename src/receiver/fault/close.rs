use super::{Act, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "close",
    summary: "reads the request and closes the connection (FIN) without a byte of an answer",
    connection_fault: true,
    arguments: &["delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            Ok(exchange.close().await)
        })
    }),
};
