use super::{Act, Fault, begin};

pub(super) const FAULT: Fault = Fault {
    name: "content-length-long",
    summary: "announces twice the body that it sends, and waits until the sender gives up, at most 190 s",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay", "hold"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let announced = (2 * body.len()).to_string();
            let answer = exchange.compose(status, &[("Content-Length", &announced)], body);
            exchange.send(status, &answer).await?;
            exchange.hold_as_told().await
        })
    }),
};
