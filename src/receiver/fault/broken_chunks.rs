use super::{Act, Fault, LAST_CHUNK, begin};

pub(super) const FAULT: Fault = Fault {
    name: "broken-chunks",
    summary: "sends a chunk whose size is no number",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let head = exchange.head(status, &[("Transfer-Encoding", "chunked")], body);
            let garbage = [b"many\r\n", body.as_bytes(), b"\r\n"].concat();
            exchange.send(status, &[&head, &garbage[..], LAST_CHUNK].concat()).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
