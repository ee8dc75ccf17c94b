//! What a step of a flow does, as the engine sees it.

use std::any::Any;

use super::{
    connection::{Call, Connections},
    outcome::Outcome,
};
use crate::secret::Secret;
use futures::future::BoxFuture;

/// What one user does in one step of a flow.
pub(crate) trait Action: Send + Sync {
    /// Whether it is measured. What is not sends nothing.
    fn is_timed(&self) -> bool {
        true
    }

    /// Makes the request ready before it is due, where it does not rest on an earlier step.
    fn prepare(&self, pass: &mut Pass) -> Option<Call> {
        let _ = pass;
        None
    }

    /// Does it. `ready` is what [`Action::prepare`] gave; it is sent from where it stands, for to move it costs a request a
    /// hundredth of its time at each turn.
    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        ready: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome>;
}

/// One passage through a flow, and what its steps leave for each other.
pub(crate) struct Pass {
    /// The number of its ticket.
    pub(crate) number: u64,
    /// The stage in which its ticket is due.
    pub(crate) stage: usize,
    /// The agencyId for which it goes, once a step has chosen one.
    pub(crate) agency_id: Option<String>,
    /// The token that a step of this pass got for itself.
    pub(crate) token: Option<Secret>,
    /// The link that a step of this pass got.
    pub(crate) link: Option<Secret>,
    /// The number of the account that agreed for it.
    pub(crate) account: Option<usize>,
    /// Whether the receiver knows the agency.
    pub(crate) is_armed: bool,
    /// The key that was delivered for the agency.
    pub(crate) key: Option<Secret>,
    /// What a step made ready for itself beside its request.
    pub(crate) carried: Option<Box<dyn Any + Send>>,
}

impl Pass {
    /// A passage with nothing in it yet.
    pub(crate) fn new(number: u64, stage: usize) -> Self {
        Self {
            number,
            stage,
            agency_id: None,
            token: None,
            link: None,
            account: None,
            is_armed: false,
            key: None,
            carried: None,
        }
    }
}
