use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream};
use tokio::sync::watch;

use super::Progress;
use crate::{
    evidence::{Exchange, Record, Removal},
    report::counted,
    step::{Context, ListingApi, Shared, TakenListing},
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
    let answers: Mutex<Vec<(String, Exchange)>> = Mutex::default();
    let delete = shared.listing.as_ref().and_then(|listing| listing.delete.as_ref());
    let ended = match delete {
        None => Some("the profile gives no `listing.delete`".to_owned()),
        Some(delete) => {
            progress.phase("removing listings");
            let context = Context::new(Arc::clone(shared), "", Vec::new(), BTreeMap::new(), true).at("removal");
            let one = async |listing: &TakenListing| {
                let TakenListing { id, reference, headers } = listing;
                let reply = ListingApi::send(&context, delete, (id, reference), headers.clone(), None).await;
                answers.lock().unwrap_or_else(PoisonError::into_inner).push((reference.clone(), reply.exchange));
            };
            let all = stream::iter(&taken).for_each_concurrent(AT_ONCE, one);
            tokio::select! {
                biased;
                _ = interrupted.wait_for(|interrupted| *interrupted) => Some("the run was interrupted".to_owned()),
                ended = tokio::time::timeout(WITHIN, all) => {
                    ended.err().map(|_| format!("removing them took longer than {} s", WITHIN.as_secs()))
                }
            }
        }
    };
    let (removed, refused) = counted_answers(&answers.into_inner().unwrap_or_else(PoisonError::into_inner));
    let why_left = (removed < taken.len()).then(|| ended.or(refused).unwrap_or_default());
    shared.recorder.record(Record::Removal(Removal { taken: taken.len(), removed, why_left }));
}

/// How many of the answers say that a listing is gone, and what another one says. That there is none is said of a wrong address too:
/// it counts where a listing of the same reference was removed.
fn counted_answers(answers: &[(String, Exchange)]) -> (usize, Option<String>) {
    let removed = |exchange: &Exchange| (200..300).contains(&exchange.status) || exchange.status == 410;
    let gone: BTreeSet<&String> =
        answers.iter().filter(|(_, exchange)| removed(exchange)).map(|(reference, _)| reference).collect();
    let is_gone = |(reference, exchange): &(String, Exchange)| {
        removed(exchange) || exchange.status == 404 && gone.contains(reference)
    };
    let other = answers.iter().find(|answer| !is_gone(answer));
    let told = other.map(|(_, exchange)| format!("exchange {}: status {}", exchange.id, exchange.status));
    (answers.iter().filter(|answer| is_gone(answer)).count(), told)
}

/// What a reader of the report has to know of it.
pub(super) fn note(removal: &Removal) -> Option<String> {
    let Removal { taken, removed, why_left } = removal;
    let why = why_left.as_ref()?;
    let (left, pushed) = (taken.saturating_sub(*removed), counted(*taken, "pushed listing"));
    Some(format!("left at the target: {left} of {pushed}, under references that begin with `mp-ref-`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(answers: &[(&str, u16)]) -> (usize, Option<String>) {
        let exchange = |status| Exchange { status, ..Exchange::default() };
        let answers: Vec<_> =
            answers.iter().map(|(reference, status)| ((*reference).to_owned(), exchange(*status))).collect();
        counted_answers(&answers)
    }

    #[test]
    fn what_is_not_found_is_gone_only_where_the_address_was_seen_to_work() {
        assert_eq!(counted(&[("a", 204), ("b", 410)]), (2, None));
        assert_eq!(counted(&[("a", 404), ("a", 200)]), (2, None), "two keys, one listing");
        let left = Some("exchange 0: status 404".to_owned());
        assert_eq!(counted(&[("a", 404), ("b", 204)]), (1, left));
        assert_eq!(counted(&[("a", 403)]).0, 0);
    }
}
