use super::{Act, Fault, send_half};

pub(super) const FAULT: Fault = Fault {
    name: "close-mid-answer",
    summary: "answers with half of the body that it announces, then closes the connection (FIN)",
    connection_fault: true,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            send_half(exchange).await?;
            Ok(exchange.close().await)
        })
    }),
};
