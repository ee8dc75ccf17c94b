use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, stream};
use tokio::sync::watch;

use super::Progress;
use crate::{
    evidence::{Record, Removal},
    report::counted,
    step::{Context, ListingApi, Shared},
};

/// So many removals are under way at once.
const AT_ONCE: usize = 8;

/// How long all of them may take.
const WITHIN: Duration = Duration::from_mins(1);

/// Removes the listings that the target took, where the profile says how, and records what became of them.
///
/// Whoever interrupts a run wants it to end: nothing is removed then, and the report tells what is left.
pub(super) async fn remove(shared: &Arc<Shared>, interrupted: &mut watch::Receiver<bool>, progress: &dyn Progress) {
    let taken = shared.taken.all();
    if taken.is_empty() {
        return;
    }
    let removed = AtomicUsize::new(0);
    let refused = Mutex::new(None);
    let delete = shared.listing.as_ref().and_then(|listing| listing.delete.as_ref());
    let ended = match delete {
        None => "the profile gives no `listing.delete`".to_owned(),
        Some(delete) => {
            progress.phase("removing listings");
            let context = Context::new(Arc::clone(shared), "", Vec::new(), BTreeMap::new(), true).at("removal");
            let one = async |((id, reference), headers): (&(String, String), &Vec<(String, String)>)| {
                let reply = ListingApi::send(&context, delete, (id, reference), headers.clone(), None).await;
                // What is gone already needs no removing.
                if reply.raw.is_success() || [404, 410].contains(&reply.exchange.status) {
                    removed.fetch_add(1, Ordering::Relaxed);
                } else {
                    *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply.exchange);
                }
            };
            let all = stream::iter(&taken).for_each_concurrent(AT_ONCE, one);
            tokio::select! {
                biased;
                _ = interrupted.wait_for(|interrupted| *interrupted) => "the run was interrupted".to_owned(),
                ended = tokio::time::timeout(WITHIN, all) => match ended {
                    Ok(()) => String::new(),
                    Err(_) => format!("removing them took longer than {} s", WITHIN.as_secs()),
                },
            }
        }
    };
    let removed = removed.load(Ordering::Relaxed);
    let refused = refused.into_inner().unwrap_or_else(PoisonError::into_inner);
    let told = refused.map(|exchange| format!("exchange {}: status {}", exchange.id, exchange.status));
    let why_left = (removed < taken.len()).then(|| if ended.is_empty() { told.unwrap_or_default() } else { ended });
    shared.recorder.record(Record::Removal(Removal { taken: taken.len(), removed, why_left }));
}

/// What a reader of the report has to know of it.
pub(super) fn note(removal: &Removal) -> Option<String> {
    let Removal { taken, removed, why_left } = removal;
    let why = why_left.as_ref()?;
    let (left, pushed) = (taken - removed, counted(*taken, "pushed listing"));
    Some(format!("left at the target: {left} of {pushed}, under references that begin with `mp-ref-`: {why}"))
}
