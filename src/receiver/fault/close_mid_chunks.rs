use super::{Act, Fault, begin, chunk};

pub(super) const FAULT: Fault = Fault {
    name: "close-mid-chunks",
    summary: "closes the connection (FIN) between two chunks, before the last one",
    connection_fault: true,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let head = exchange.head(status, &[("Transfer-Encoding", "chunked")], body);
            exchange.send(status, &[&head, &chunk(body.as_bytes())[..]].concat()).await?;
            Ok(exchange.close().await)
        })
    }),
};
