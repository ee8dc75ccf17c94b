use super::{Act, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "malformed-status-line",
    summary: "answers with a status line whose status is no number",
    connection_fault: false,
    arguments: &["headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            let body = exchange.answer.body().unwrap_or_default();
            let head = exchange.head(200, &[], body);
            let line = head.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            exchange.send(0, &[b"HTTP/1.1 two-hundred OK\r\n", &head[line..], body.as_bytes()].concat()).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
