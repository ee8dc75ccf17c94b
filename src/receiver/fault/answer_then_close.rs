use super::{Act, Fault, begin};

pub(super) const FAULT: Fault = Fault {
    name: "answer-then-close",
    summary: "answers, and closes the connection (FIN) at once without having said so",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let answer = exchange.compose(status, &[], body);
            exchange.send(status, &answer).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
