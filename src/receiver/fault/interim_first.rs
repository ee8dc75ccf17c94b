use super::{Act, Fault, begin};

pub(super) const FAULT: Fault = Fault {
    name: "interim-first",
    summary: "sends 100 Continue and 103 Early Hints before the answer, as a server may",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            exchange.send(100, b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            exchange.send(103, b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n").await?;
            let answer = exchange.compose(status, &[], body);
            exchange.send(status, &answer).await?;
            Ok(exchange.whole())
        })
    }),
};
