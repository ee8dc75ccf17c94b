use std::{collections::BTreeSet, future::Future, sync::PoisonError, time::Duration};

use tokio::time::Instant;

use crate::{
    clock::Period,
    evidence::{Record, Window},
    judge::{Coverage, Subject, Watch, coverage, mail_due, needed},
    step::{ClockControl, Shared, advance},
    wire::Origin,
};

/// Listens until nothing more is to be expected for any parked scenario, or for as long as it may; `meanwhile` goes on beside.
///
/// Where the target's clock can be moved, it is moved on by far more than any gap: what is late by hours comes then.
pub(super) async fn listen(shared: &Shared, at_most: Duration, meanwhile: impl Future<Output = ()>) {
    let watches = parked(shared, Subject::Deliveries);
    let ends = Instant::now() + at_most;
    probe(shared).await;
    if !watches.is_empty() {
        move_clock_on(shared, &watches, ends).await;
    }
    let from_ms = shared.recorder.now_ms();
    tokio::join!(until_quiet(shared, &watches, ends), meanwhile);
    record(shared, &watches, from_ms, 0.0);
    probe(shared).await;
}

async fn probe(shared: &Shared) {
    shared.receiver.probe(&shared.webhook_url).await;
}

/// Records that everything armed was listened for since `from_ms`.
fn record(shared: &Shared, watches: &[Watch], from_ms: f64, moved_ms: f64) {
    let basis = {
        let evidence = shared.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        let all = watches.iter().map(|watch| needed(&shared.terms, &evidence, watch));
        all.max_by(|one, other| one.ms.total_cmp(&other.ms))
            .map_or_else(|| "nothing was listened for".to_owned(), |needed| needed.basis)
    };
    shared.recorder.record(Record::Window(Window { from_ms, to_ms: shared.recorder.now_ms(), moved_ms, basis }));
}

/// Looks for mail until none is to be expected for any scenario, or for as long as it may, and records that it was looked
/// for since the begin of the run.
pub(super) async fn mail(shared: &Shared, at_most: Duration) {
    let Some(mailbox) = &shared.mailbox else { return };
    let (watches, now_ms) = (parked(shared, Subject::Mails), shared.recorder.now_ms());
    let due_ms = {
        let evidence = shared.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        let all = watches.iter().map(|watch| mail_due(&shared.terms, &evidence, watch, now_ms).until_ms());
        all.fold(now_ms, f64::max)
    };
    let left = Duration::try_from_secs_f64((due_ms - now_ms) / 1000.0).unwrap_or_default();
    tokio::time::sleep(left.min(at_most)).await;
    mailbox.seen_until(shared.recorder.now_ms(), shared.wait_at_most).await;
    mailbox.record_watch();
}

/// What scenarios listen for until quiet.
fn parked(shared: &Shared, subject: Subject) -> Vec<Watch> {
    let evidence = shared.evidence.lock().unwrap_or_else(PoisonError::into_inner);
    let watches = evidence.bound.iter().filter_map(|bound| Watch::from_bound(&bound.value));
    watches.filter(|watch| watch.subject == subject && watch.until_ms.is_none()).collect()
}

/// How far the target's clock is moved on in the quiet window: beyond the gaps of every published schedule that ends in a day.
const FAR: Period = Period(Duration::from_hours(2));

/// Moves the target's clock on by hours, again and again until nothing comes of it any more.
///
/// Gaps of seconds are waited for in real time first, and longer ones are come up to in small moves, so that moving the
/// clock does not hide how long they are.
async fn move_clock_on(shared: &Shared, watches: &[Watch], ends: Instant) {
    let Some(clock) = &shared.clock else { return };
    let longest = watches.iter().map(|watch| missing(shared, watch)).max().unwrap_or_default();
    if longest <= WORTH_WAITING {
        until_quiet(shared, watches, ends).await;
    } else {
        if shared.terms.gaps_ms.is_none() {
            until_still(shared, watches, ends).await;
        }
        approach_retries(shared, clock, watches, ends).await;
    }
    for _ in 0..MOST_MOVES {
        let from_ms = shared.recorder.now_ms();
        if !moved_on(shared, clock, watches, FAR, shared.settle, ends).await {
            return;
        }
        if shared.receiver.last_activity_ms() < from_ms && shared.receiver.open_exchanges() == 0 {
            return;
        }
    }
}

/// Moves the target's clock on, waits until nothing has come of it for as long as `settle`, and records that; false where
/// the clock does not obey.
async fn moved_on(
    shared: &Shared,
    clock: &ClockControl,
    watches: &[Watch],
    by: Period,
    settle: Duration,
    ends: Instant,
) -> bool {
    let from_ms = shared.recorder.now_ms();
    let origin = Origin { scenario: String::new(), step: "quiet window".into() };
    if !advance(shared, clock, by, origin).await.raw.is_success() {
        return false;
    }
    settled(shared, settle, ends).await;
    record(shared, watches, from_ms, by.ms());
    true
}

/// Waits in real time until no retry is to be expected, or none has come for as long as is worth waiting.
async fn until_still(shared: &Shared, watches: &[Watch], ends: Instant) {
    let mut changed = shared.receiver.changed();
    while retries_to_come(shared, watches) && Instant::now() < ends {
        if tokio::time::timeout(WORTH_WAITING, changed.changed()).await.is_err() {
            return;
        }
    }
}

/// Comes up to the retries that are to be expected by moves that are small beside the gap so far, so that the length of a
/// gap is seen to within such a move.
async fn approach_retries(shared: &Shared, clock: &ClockControl, watches: &[Watch], ends: Instant) {
    let (mut gone, mut longest) = (WORTH_WAITING, Duration::ZERO);
    while gone < FAR.0 && Instant::now() < ends && retries_to_come(shared, watches) {
        // Schedules rarely shrink, so that the gap before tells how fine is fine enough.
        let by = LEAST_MOVE.max(gone.max(longest) / SMALL);
        let from_ms = shared.recorder.now_ms();
        if !moved_on(shared, clock, watches, Period(by), shared.settle / 8, ends).await {
            return;
        }
        gone += by;
        if shared.receiver.last_activity_ms() >= from_ms {
            longest = longest.max(gone);
            gone = Duration::ZERO;
        }
    }
}

/// Whether a delivery that failed has lawful attempts left.
fn retries_to_come(shared: &Shared, watches: &[Watch]) -> bool {
    let most = shared.terms.lawful_attempts.iter().max().copied().unwrap_or_default();
    watches.iter().flat_map(|watch| &watch.agencies).any(|agency| {
        let attempts = shared.receiver.attempts(agency);
        let deliveries: BTreeSet<u32> = attempts.iter().map(|attempt| attempt.delivery).collect();
        deliveries.into_iter().any(|delivery| {
            let own = || attempts.iter().filter(|attempt| attempt.delivery == delivery);
            let failed = own().next_back().is_some_and(|last| last.status != 200 || last.connection_fault);
            failed && (own().count() as u64) < most
        })
    })
}

/// Waits until nothing has come for a while: a target may set its retries off a little after its clock was moved.
async fn settled(shared: &Shared, nothing_for: Duration, ends: Instant) {
    let mut changed = shared.receiver.changed();
    while Instant::now() < ends && tokio::time::timeout(nothing_for, changed.changed()).await.is_ok() {}
}

/// The least by which the clock is moved to come up to a retry, and the share of the time that has gone by already.
const LEAST_MOVE: Duration = Duration::from_secs(1);
const SMALL: u32 = 20;

/// A schedule of gaps no longer than this is watched in real time.
const WORTH_WAITING: Duration = Duration::from_secs(5);

/// A sender of up to three retries is through after as many moves.
const MOST_MOVES: usize = 5;

async fn until_quiet(shared: &Shared, watches: &[Watch], ends: Instant) {
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
    let Coverage { to_spare_ms, .. } = coverage(&shared.terms, &evidence, &now);
    Duration::try_from_secs_f64(-to_spare_ms / 1000.0).unwrap_or_default()
}
