use super::{Act, Fault, begin};

/// The length of the headers in bytes where the script gives none.
const SIZE: u64 = 1 << 20;

pub(super) const FAULT: Fault = Fault {
    name: "oversized-headers",
    summary: "answers with headers of `size` bytes, 1 MiB unless it says otherwise",
    connection_fault: false,
    arguments: &["status", "headers", "body", "delay", "size"],
    statuses: &[],
    act: Act::Request(|exchange| {
        Box::pin(async {
            let (status, body) = begin(exchange).await?;
            let answer = exchange.compose(status, &[], body);
            let line = answer.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            exchange.send(status, &answer[..line]).await?;
            let filler = [b"X-Filler: ", &[b'x'; 8 * 1024][..], b"\r\n"].concat();
            for _ in 0..exchange.answer.size().unwrap_or(SIZE).div_ceil(filler.len() as u64) {
                exchange.send(status, &filler).await?;
            }
            exchange.send(status, &answer[line..]).await?;
            Ok(exchange.whole_and_last())
        })
    }),
};
