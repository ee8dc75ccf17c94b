use super::{Act, Fault};
use crate::evidence::Ended;

pub(super) const FAULT: Fault = Fault {
    name: "reset-at-accept",
    summary: "accepts a connection and resets it (RST) before anything is read",
    connection_fault: true,
    arguments: &[],
    statuses: &[],
    act: Act::Connection(|stream| {
        Box::pin(async move {
            let _ = stream.set_zero_linger();
            Ended::WeReset
        })
    }),
};
