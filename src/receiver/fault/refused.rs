use super::{Act, Fault, Held};
use crate::receiver::server::bound;

pub(super) const FAULT: Fault = Fault {
    name: "refused",
    summary: "closes the port, so that connections are refused; what was refused is not seen, only inferred",
    connection_fault: true,
    arguments: &[],
    statuses: &[],
    act: Act::Port(|address| {
        Box::pin(async move {
            // Bound and not listening: nobody gets the port meanwhile, and nobody is let in.
            Ok(Box::new(bound(address)?) as Held)
        })
    }),
};
