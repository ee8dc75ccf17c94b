use super::{Act, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "close-mid-headers",
    summary: "closes the connection (FIN) in the midst of the headers",
    connection_fault: true,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            let status = exchange.answer.status_or(200);
            let head = exchange.head(status, &[], exchange.answer.body().unwrap_or_default());
            // What is kept ends within a header's line, behind the whole status line.
            exchange.send(status, &head[..head.len() - 6]).await?;
            Ok(exchange.close().await)
        })
    }),
};
