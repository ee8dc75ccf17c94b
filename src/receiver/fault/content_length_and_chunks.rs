use super::{Act, Fault, LAST_CHUNK, begin, chunk};

pub(super) const FAULT: Fault = Fault {
    name: "content-length-and-chunks",
    summary: "announces a length and sends chunks, so that two readers see two answers",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let length = body.len().to_string();
            let framing = [("Content-Length", length.as_str()), ("Transfer-Encoding", "chunked")];
            let head = exchange.head(status, &framing, body);
            exchange.send(status, &[&head, &chunk(body.as_bytes())[..], LAST_CHUNK].concat()).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
