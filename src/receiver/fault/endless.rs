use std::time::Duration;

use tokio::time::Instant;

use super::{Act, Fault, chunk};

/// The time between two pieces of the body.
const EACH: Duration = Duration::from_millis(10);

pub(super) const FAULT: Fault = Fault {
    name: "endless",
    summary: "answers with a body that never ends, until the sender gives up, at most 190 s",
    connection_fault: false,
    arguments: &["status", "headers", "delay", "hold"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            let status = exchange.answer.status_or(200);
            let head = exchange.head(status, &[("Transfer-Encoding", "chunked")], "");
            exchange.send(status, &head).await?;
            let (piece, ends) = (chunk(&[b'x'; 4096]), Instant::now() + exchange.longest_hold());
            while Instant::now() < ends {
                exchange.send(status, &piece).await?;
                // A sender that reads on without end is not to be drowned.
                exchange.pause(EACH).await?;
            }
            Ok(exchange.close().await)
        })
    }),
};
