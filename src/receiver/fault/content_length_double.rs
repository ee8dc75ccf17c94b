use super::{Act, Fault, begin};

pub(super) const FAULT: Fault = Fault {
    name: "content-length-double",
    summary: "announces two lengths for one body: the right one, and half of it",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let (whole, half) = (body.len().to_string(), (body.len() / 2).to_string());
            let lengths = [("Content-Length", whole.as_str()), ("Content-Length", half.as_str())];
            let answer = exchange.compose(status, &lengths, body);
            exchange.send(status, &answer).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
