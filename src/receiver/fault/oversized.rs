use super::{Act, Fault};

/// The body's length in bytes where the script gives none.
const SIZE: u64 = 100 << 20;
/// So many bytes are sent at a time.
const PIECE: usize = 64 << 10;

pub(super) const FAULT: Fault = Fault {
    name: "oversized",
    summary: "answers with a body of `size` bytes, 100 MiB unless it says otherwise",
    connection_fault: false,
    arguments: &["status", "headers", "delay", "size"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            exchange.pause(exchange.answer.delay().0).await?;
            let status = exchange.answer.status_or(200);
            let mut left = exchange.answer.size().unwrap_or(SIZE);
            let head = exchange.head(status, &[("Content-Length", &left.to_string())], "");
            exchange.send(status, &head).await?;
            let piece = vec![b'x'; PIECE];
            while left > 0 {
                let length = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
                exchange.send(status, &piece[..length]).await?;
                left -= length as u64;
            }
            Ok(exchange.whole_and_last())
        })
    }),
};
