//! What a step of a flow does: one file each.

mod push;

pub(crate) use push::Push;
