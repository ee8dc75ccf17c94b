//! What all routes share: the behaviour, the clock, the state.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, oneshot};

use super::{
    Config, Partner, StartError, behaviour::Behaviour, delivery::Courier, limit::Limits, link::Signer, page::Sessions,
    persist::Folder, state::State, time::Time,
};

/// For how long changes are gathered before they are written.
const GATHER: Duration = Duration::from_millis(200);

/// A Matchouse.
pub(super) struct Platform {
    pub(super) behaviour: Behaviour,
    /// Scheme and authority of the public server.
    pub(super) base: String,
    pub(super) partners: Vec<Partner>,
    pub(super) time: Time,
    pub(super) limits: Limits,
    pub(super) signer: Signer,
    pub(super) sessions: Sessions,
    pub(super) courier: Courier,
    pub(super) turns: Turns,
    state: Mutex<State>,
    store: Option<Store>,
}

/// Where the state is kept, and whether it has changed since.
struct Store {
    folder: Folder,
    changed: Notify,
    writing: tokio::sync::Mutex<()>,
}

/// Counters of the things that a behaviour does differently every so many times.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) agreements: Turn,
    pub(super) listing_calls: Turn,
    pub(super) listings: Turn,
    /// How many link calls are under way.
    pub(super) links_under_way: AtomicUsize,
    /// The last link that was made.
    pub(super) last_link: Mutex<Option<String>>,
    /// A link whose call waits for another to exchange links with.
    pub(super) offered_link: Mutex<Option<(String, oneshot::Sender<String>)>>,
}

/// One such counter.
#[derive(Default)]
pub(super) struct Turn(AtomicU64);

impl Turn {
    /// Whether this is the last of `every` times; never where there is no such number.
    pub(super) fn comes(&self, every: Option<u64>) -> bool {
        every.is_some_and(|every| (self.0.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(every))
    }
}

impl Platform {
    /// A platform whose public server is at `base`.
    pub(super) fn new(config: Config, base: &str) -> Result<Self, StartError> {
        let courier = Courier::new(&config)?;
        let (mut state, store) = restored(config.state)?;
        for (email, password) in &config.accounts {
            let name = email.split('@').next().unwrap_or(email);
            state.put_account(name, email, password);
        }
        let behaviour = config.behaviour;
        let time = Time::new(Duration::from_millis(state.moved_ms));
        Ok(Self {
            limits: Limits::new(&behaviour.rate, &time),
            signer: Signer::new(state.signing_key(), &behaviour.link),
            sessions: Sessions::default(),
            courier,
            turns: Turns::default(),
            base: base.to_owned(),
            partners: config.partners,
            state: Mutex::new(state),
            behaviour,
            time,
            store,
        })
    }

    pub(super) fn partner(&self, client_id: &str) -> Option<&Partner> {
        self.partners.iter().find(|partner| partner.client_id == client_id)
    }

    /// The state, for a moment: nothing may be awaited while it is held.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the state has changed: it is written soon.
    pub(super) fn changed(&self) {
        if let Some(store) = &self.store {
            store.changed.notify_one();
        }
    }

    /// Returns when the state, as it is now, is on disk.
    pub(super) async fn make_durable(&self) -> io::Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        let _one_writer = store.writing.lock().await;
        let (folder, snapshot) = (store.folder.clone(), self.snapshot()?);
        tokio::task::spawn_blocking(move || folder.write(&snapshot)).await.map_err(io::Error::other)?
    }

    /// Writes the state for the last time.
    pub(super) fn write_last(&self) -> io::Result<()> {
        self.store.as_ref().map_or(Ok(()), |store| store.folder.write(&self.snapshot()?))
    }

    /// Writes the state whenever it has changed, for ever.
    pub(super) async fn write_changes(self: Arc<Self>) {
        let Some(store) = &self.store else { return };
        loop {
            store.changed.notified().await;
            tokio::time::sleep(GATHER).await;
            // What could not be written is tried again with the next change, and at the end.
            let _ = self.make_durable().await;
        }
    }

    fn snapshot(&self) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.moved_ms = u64::try_from(self.time.moved().as_millis()).unwrap_or(u64::MAX);
        Ok(serde_json::to_vec(&*state)?)
    }
}

fn restored(path: Option<PathBuf>) -> Result<(State, Option<Store>), StartError> {
    let Some(path) = path else { return Ok((State::default(), None)) };
    let failed = |source| StartError::State { path: path.clone(), source };
    let folder = Folder::open(&path).map_err(failed)?;
    let state = match folder.read().map_err(failed)? {
        Some(snapshot) => State::load(&snapshot).map_err(|error| failed(error.into()))?,
        None => State::default(),
    };
    Ok((state, Some(Store { folder, changed: Notify::new(), writing: tokio::sync::Mutex::default() })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_comes_every_so_many_times() {
        let turn = Turn::default();
        let comes: Vec<bool> = (0..6).map(|_| turn.comes(Some(3))).collect();
        assert_eq!(comes, [false, false, true, false, false, true]);
        assert!(!(0..10).any(|_| turn.comes(None)));
    }
}
