//! A limit to how long something may take, cheap enough for every request.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
    time::Instant,
};

use tokio::time::Sleep;

/// A timer that a user sets anew for each request. A timer that is only ever put off costs the runtime no lock and no place
/// in its lists, as a new one for each request would.
#[derive(Default)]
pub(crate) struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Awaits a future until a moment; nothing where it takes longer.
    pub(crate) async fn by<F: Future>(&mut self, moment: Instant, future: F) -> Option<F::Output> {
        let sleep = match &mut self.0 {
            Some(sleep) => {
                sleep.as_mut().reset(moment.into());
                sleep
            }
            none => none.insert(Box::pin(tokio::time::sleep_until(moment.into()))),
        };
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            sleep.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_takes_longer_is_given_up_and_the_next_has_a_time_of_its_own() {
        let mut deadline = Deadline::default();
        let after = |milliseconds: u64| Instant::now() + Duration::from_millis(milliseconds);
        assert_eq!(deadline.by(after(2), std::future::pending::<()>()).await, None);
        let slow = tokio::time::sleep(Duration::from_millis(5));
        assert_eq!(deadline.by(after(60_000), slow).await, Some(()));
        assert_eq!(deadline.by(after(0), std::future::ready(3)).await, Some(3), "what is there already is in time");
        assert_eq!(
            deadline.by(after(2), std::future::pending::<()>()).await,
            None,
            "one that comes sooner is heard too"
        );
    }
}
