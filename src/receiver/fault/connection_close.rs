use super::{Act, Fault, begin};

pub(super) const FAULT: Fault = Fault {
    name: "connection-close",
    summary: "answers with `Connection: close`, and closes",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let answer = exchange.compose(status, &[("Connection", "close")], body);
            exchange.send(status, &answer).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
