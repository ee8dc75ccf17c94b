use super::{Act, Fault, begin};

pub(super) const FAULT: Fault = Fault {
    name: "content-length-missing",
    summary: "says nothing of its length: the body ends with the connection, as HTTP/1.0 has it",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let head = exchange.unframed_head(status, &[]);
            exchange.send(status, &[&head, body.as_bytes()].concat()).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
