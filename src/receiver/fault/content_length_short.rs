use super::{Act, Fault, begin};

pub(super) const FAULT: Fault = Fault {
    name: "content-length-short",
    summary: "announces half of the body that it sends, and closes after it",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let announced = (body.len() / 2).to_string();
            let answer = exchange.compose(status, &[("Content-Length", &announced)], body);
            exchange.send(status, &answer).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
