use super::{Act, Fault, send_half};

pub(super) const FAULT: Fault = Fault {
    name: "reset-mid-answer",
    summary: "answers with half of the body that it announces, then resets the connection (RST)",
    connection_fault: true,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            send_half(exchange).await?;
            Ok(exchange.reset())
        })
    }),
};
