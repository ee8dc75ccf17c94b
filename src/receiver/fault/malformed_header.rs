use super::{Act, Fault};

pub(super) const FAULT: Fault = Fault {
    name: "malformed-header",
    summary: "answers with a line among the headers that is none: no colon, and a NUL in its name",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            let status = exchange.answer.status_or(200);
            let answer = exchange.compose(status, &[], exchange.answer.body().unwrap_or_default());
            let line = answer.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            exchange.send(status, &[&answer[..line], b"no\0header\r\n", &answer[line..]].concat()).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
