use std::{future::Future, sync::PoisonError, time::Duration};

use tokio::time::Instant;

use crate::{
    clock::Period,
    evidence::{Record, Window},
    judge::{Coverage, Watch, coverage, needed},
    step::{Shared, advance},
    wire::Origin,
};

/// Listens until nothing more is to be expected for any parked scenario, or for as long as it may; `meanwhile` goes on beside.
///
/// Where the target's clock can be moved, it is moved on first by far more than any gap: what is late by hours comes then.
pub(super) async fn listen(shared: &Shared, at_most: Duration, meanwhile: impl Future<Output = ()>) {
    let watches = parked(shared);
    let url = shared.receiver.url();
    shared.receiver.probe(&url).await;
    let from_ms = shared.recorder.now_ms();
    let moved_ms = if watches.is_empty() { 0.0 } else { settle_then_move(shared, &watches, at_most).await };
    tokio::join!(until_quiet(shared, &watches, at_most), meanwhile);
    let to_ms = shared.recorder.now_ms();
    shared.receiver.probe(&url).await;
    let evidence = shared.evidence.lock().unwrap_or_else(PoisonError::into_inner);
    let basis = watches
        .iter()
        .map(|watch| needed(&shared.terms, &evidence, watch))
        .max_by(|one, other| one.ms.total_cmp(&other.ms))
        .map_or_else(|| "nothing was listened for".to_owned(), |needed| needed.basis);
    drop(evidence);
    shared.recorder.record(Record::Window(Window { from_ms, to_ms, moved_ms, basis }));
}

/// The deliveries that scenarios listen for until quiet.
fn parked(shared: &Shared) -> Vec<Watch> {
    let evidence = shared.evidence.lock().unwrap_or_else(PoisonError::into_inner);
    let watches = evidence.bound.iter().filter_map(|bound| Watch::from_bound(&bound.value));
    watches.filter(|watch| watch.until_ms.is_none()).collect()
}

/// How far the target's clock is moved on in the quiet window: beyond the gaps of every published schedule that ends in a day.
const FAR: Period = Period(Duration::from_secs(2 * 3600));

/// Waits until the retries that are due have come, then moves the target's clock on by hours. Gives by how much, in
/// milliseconds.
async fn settle_then_move(shared: &Shared, watches: &[Watch], at_most: Duration) -> f64 {
    let Some(clock) = &shared.clock else { return 0.0 };
    until_quiet(shared, watches, at_most / 2).await;
    let origin = Origin { scenario: String::new(), step: "quiet window".into() };
    let reply = advance(shared, clock, FAR, origin).await;
    if reply.raw.is_success() { FAR.ms() } else { 0.0 }
}

async fn until_quiet(shared: &Shared, watches: &[Watch], at_most: Duration) {
    let ends = Instant::now() + at_most;
    let mut changed = shared.receiver.changed();
    loop {
        changed.borrow_and_update();
        let missing = watches.iter().map(|watch| missing(shared, watch)).max().unwrap_or_default();
        let left = ends.saturating_duration_since(Instant::now());
        if missing.is_zero() || left.is_zero() {
            return;
        }
        // An arrival puts the end off, so that it is reckoned anew.
        let _ = tokio::time::timeout(missing.min(left), changed.changed()).await;
    }
}

/// How much longer one has to listen for a watch, were one to stop now.
fn missing(shared: &Shared, watch: &Watch) -> Duration {
    let evidence = shared.evidence.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Watch { until_ms: Some(shared.recorder.now_ms()), ..watch.clone() };
    let Coverage { needed, seen_ms, .. } = coverage(&shared.terms, &evidence, &now);
    Duration::try_from_secs_f64((needed.ms - seen_ms) / 1000.0).unwrap_or_default()
}
