//! Deliveries: one task each, from the agreement to the last attempt.

mod attempt;
mod first_line;

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::JoinHandle,
};
use url::Url;

use self::attempt::{Outcome, Sending};
use super::{
    Config, StartError,
    behaviour::{Change, Held, Loss, NoticeWhen, Retry},
    notice::Mailer,
    platform::Platform,
    time::Work,
};
use crate::{secret::Secret, trust};

/// The longest wait that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_mins(1);

/// A key that is to be delivered.
pub(super) struct Job {
    /// The partner's client id.
    pub(super) client: String,
    /// The connection's number.
    pub(super) connection: usize,
    /// The account's number.
    pub(super) account: usize,
    /// The agency's id at the partner.
    pub(super) agency: String,
    pub(super) key: Secret,
}

/// What all deliveries share.
pub(super) struct Courier {
    http: reqwest::Client,
    random: Mutex<StdRng>,
    routes: HashMap<String, Route>,
    mailer: Option<Mailer>,
    /// A delivery that waits for another to exchange keys with.
    crossing: Mutex<Option<Crossing>>,
}

/// The way to one partner.
struct Route {
    webhook: Url,
    developer: String,
    turn: Arc<Semaphore>,
    exhausted: Mutex<u32>,
    /// Whether its developer was ever told of a delivery.
    told: AtomicBool,
}

struct Crossing {
    account: usize,
    key: Secret,
    other: oneshot::Sender<Secret>,
}

impl Courier {
    pub(super) fn new(config: &Config) -> Result<Self, StartError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(trust::system())
            .user_agent("Matchouse-Webhooks/1.0")
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            // A connection for each attempt: none is ever found closed by a receiver that tired of it.
            .pool_max_idle_per_host(0)
            .timeout(config.behaviour.retry.attempt_timeout)
            .build()
            .map_err(|error| StartError::Setup(io::Error::other(error)))?;
        let workers = match config.behaviour.delivery.held {
            Held::ByWorkers(workers) => workers,
            Held::Apart | Held::ByDeliveries => 1,
        };
        let route = |partner: &super::Partner| {
            let url = Url::parse(&partner.webhook_url).ok();
            let webhook = url
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .ok_or_else(|| StartError::Webhook { client_id: partner.client_id.clone() })?;
            let developer = partner.developer_email.clone();
            let turn = Arc::new(Semaphore::new(workers));
            let route = Route { webhook, developer, turn, exhausted: Mutex::default(), told: AtomicBool::default() };
            Ok((partner.client_id.clone(), route))
        };
        Ok(Self {
            http,
            random: Mutex::new(StdRng::seed_from_u64(config.seed)),
            routes: config.partners.iter().map(route).collect::<Result<_, _>>()?,
            mailer: config.smtp.as_deref().map(Mailer::new).transpose()?,
            crossing: Mutex::default(),
        })
    }

    /// A gap, longer or shorter by a share of up to `jitter`.
    fn jittered(&self, gap: Duration, jitter: f64) -> Duration {
        if jitter <= 0.0 {
            return gap;
        }
        let share = self.random.lock().unwrap_or_else(PoisonError::into_inner).random_range(-jitter..=jitter);
        gap.mul_f64((1.0 + share).max(0.0))
    }

    /// Another delivery's key, where one of another account comes `within` this time; the own one otherwise.
    async fn crossed(&self, job: &Job, within: Duration) -> Secret {
        let waiting = |crossing: &mut Option<Crossing>| crossing.take_if(|one| one.account != job.account);
        let lock = || self.crossing.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting(&mut lock());
        if let Some(Crossing { key, other, .. }) = found
            && other.send(job.key.clone()).is_ok()
        {
            return key;
        }
        let (other, mut theirs) = oneshot::channel();
        *lock() = Some(Crossing { account: job.account, key: job.key.clone(), other });
        let waited = tokio::time::timeout(within, &mut theirs).await;
        // Closed first: whoever finds our offer from now on cannot take it any more.
        theirs.close();
        match waited {
            Ok(Ok(key)) => key,
            _ => theirs.try_recv().unwrap_or_else(|_| job.key.clone()),
        }
    }
}

impl Platform {
    /// Begins the delivery of a key. It goes its own way, whether or not anybody waits for its end.
    pub(super) fn deliver(self: &Arc<Self>, job: Job) -> JoinHandle<()> {
        let (platform, work) = (Arc::clone(self), self.time.work());
        tokio::spawn(async move { platform.deliver_all(job, &work).await })
    }

    async fn deliver_all(&self, mut job: Job, work: &Work) {
        let Some(route) = self.courier.routes.get(&job.client) else { return };
        if !self.behaviour.page.delay.is_zero() {
            work.sleep(self.behaviour.page.delay).await;
        }
        if let Some(every) = self.behaviour.delivery.polled {
            work.sleep(until_next(self.time.now(), every)).await;
        }
        if let Some(within) = self.behaviour.keys.crossed_within {
            job.key = self.courier.crossed(&job, within).await;
        }
        if self.behaviour.delivery.dies_of.is_some_and(|letter| job.agency.contains(letter)) {
            return;
        }
        let _turn = turn(route, self.behaviour.delivery.held == Held::ByDeliveries, work).await;
        let delivered = self.attempts(route, &job, work).await;
        self.tell(route, &job, delivered).await;
        if delivered {
            for gap in &self.behaviour.delivery.repeats {
                work.sleep(*gap).await;
                self.attempts(route, &job, work).await;
            }
        }
    }

    /// One attempt after another, until one succeeds or none is left; whether one did.
    async fn attempts(&self, route: &Route, job: &Job, work: &Work) -> bool {
        let retry = &self.behaviour.retry;
        let (mut key, mut delivered) = (job.key.clone(), false);
        for number in 1_u32.. {
            let gap = retry.gaps.get(number as usize - 1).map(|gap| self.courier.jittered(*gap, retry.jitter));
            let change = if number > 1 { retry.agency } else { Change::None };
            let outcome = self.attempt(route, key.clone(), change.of(&job.agency), gap, work).await;
            let heard = !retry.deaf_attempts.contains(&number);
            if outcome.is_success(retry) {
                delivered = true;
                if heard {
                    break;
                }
            } else if number == 1 && self.behaviour.notice.when == NoticeWhen::FirstFailure {
                self.mail(route, job).await;
            }
            let Some(gap) = gap.filter(|_| !heard || outcome.is_retried(retry)) else { break };
            match outcome {
                // Its gap has gone by already.
                Outcome::Open => {}
                Outcome::Answered { retry_after: Some(asked), .. } if retry.heeds_retry_after => {
                    work.sleep(gap.max(asked.min(LONGEST_ASKED))).await;
                }
                _ => work.sleep(gap).await,
            }
            if retry.new_key_each {
                let now = self.time.now();
                key = self.state().new_key(job.connection, self.behaviour.keys.form, now);
            }
        }
        delivered
    }

    async fn attempt(&self, route: &Route, key: Secret, agency: String, gap: Option<Duration>, work: &Work) -> Outcome {
        let by_workers = matches!(self.behaviour.delivery.held, Held::ByWorkers(_));
        let _turn = turn(route, by_workers, work).await;
        let sending = Sending::new(&self.behaviour, &route.webhook, &key, &agency);
        let Retry { redirects, first_line_counts, attempt_timeout, .. } = self.behaviour.retry;
        let http = self.courier.http.clone();
        let (retry, slowest) = (self.behaviour.retry.clone(), self.behaviour.retry.slowest_success);
        let sent = async move {
            let began = Instant::now();
            let outcome = if first_line_counts {
                first_line::send(&sending, attempt_timeout).await
            } else {
                sending.send(&http, redirects).await
            };
            let slow = slowest.is_some_and(|slowest| began.elapsed() > slowest) && outcome.is_success(&retry);
            if slow { Outcome::Lost(Loss::TimedOut) } else { outcome }
        };
        let Some(gap) = gap.filter(|_| self.behaviour.retry.overlapping) else { return sent.await };
        let mut sent = tokio::spawn(sent);
        tokio::select! {
            outcome = &mut sent => outcome.unwrap_or(Outcome::Lost(Loss::Closed)),
            () = work.sleep(gap) => Outcome::Open,
        }
    }

    /// Tells the developer, where there is something to tell.
    async fn tell(&self, route: &Route, job: &Job, delivered: bool) {
        let notice = &self.behaviour.notice;
        let in_a_row = {
            let mut exhausted = route.exhausted.lock().unwrap_or_else(PoisonError::into_inner);
            *exhausted = if delivered { 0 } else { *exhausted + 1 };
            *exhausted
        };
        let due = match notice.when {
            NoticeWhen::Exhausted => in_a_row > 0 && in_a_row.is_multiple_of(notice.after_exhausted.max(1)),
            NoticeWhen::Always => true,
            NoticeWhen::FirstFailure | NoticeWhen::Never => false,
        };
        if due && !(notice.once && route.told.swap(true, Ordering::Relaxed)) {
            self.mail(route, job).await;
        }
    }

    async fn mail(&self, route: &Route, job: &Job) {
        let Some(mailer) = &self.courier.mailer else { return };
        let notice = &self.behaviour.notice;
        let agency = notice.names_agency.then_some(job.agency.as_str());
        let key = notice.holds_key.then_some(&job.key);
        let developer = notice.misdirected_to.unwrap_or(&route.developer);
        for _ in 0..notice.copies {
            // A mail server that does not take it has the last word: the guide promises no second try.
            let _ = mailer.send(developer, agency, key).await;
        }
    }
}

/// How long it is until the next of the moments that lie `every` so far apart.
fn until_next(now: Duration, every: Duration) -> Duration {
    let past = now.as_nanos() % every.as_nanos().max(1);
    every.saturating_sub(Duration::from_nanos(u64::try_from(past).unwrap_or_default()))
}

async fn turn(route: &Route, in_line: bool, work: &Work) -> Option<OwnedSemaphorePermit> {
    if in_line { work.aside(Arc::clone(&route.turn).acquire_owned()).await.ok() } else { None }
}
