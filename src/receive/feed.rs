use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{Stream, stream};
use tokio::sync::broadcast;

use crate::evidence::Record;

/// How many records are kept for whoever asks later. All of them are in the evidence.
const KEPT: usize = 10_000;
/// How many bytes of them are kept at most.
const KEPT_BYTES: usize = 16 << 20;
/// How many records a slow follower may lag behind before it misses some.
const LAG: usize = 4_096;

/// What came and what became of it, for whoever asks: each record as a line of JSON.
pub(super) struct Feed {
    kept: Mutex<Kept>,
    news: broadcast::Sender<Arc<str>>,
}

#[derive(Default)]
struct Kept {
    lines: VecDeque<Arc<str>>,
    bytes: usize,
}

impl Default for Feed {
    fn default() -> Self {
        Self { kept: Mutex::default(), news: broadcast::Sender::new(LAG) }
    }
}

impl Feed {
    /// Takes in what concerns deliveries.
    pub(super) fn push(&self, record: &Record) {
        if !matches!(record, Record::Arrived(_) | Record::Answered(_) | Record::Knock(_) | Record::Blind(_)) {
            return;
        }
        let Ok(line) = serde_json::to_string(record) else { return };
        let line: Arc<str> = line.into();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += line.len();
        kept.lines.push_back(Arc::clone(&line));
        while kept.lines.len() > KEPT || kept.bytes > KEPT_BYTES {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= oldest.len();
        }
        // Told under the lock, so that a follower neither misses a record nor sees one twice. Nobody need listen.
        let _ = self.news.send(line);
    }

    /// The lines that are kept; with `follow`, all that come after them too, without end.
    pub(super) fn lines(&self, follow: bool) -> impl Stream<Item = Arc<str>> + Send + use<> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let news = follow.then(|| self.news.subscribe());
        let before = stream::iter(kept.lines.iter().cloned().collect::<Vec<_>>());
        let after = stream::unfold(news, |news| async move {
            let mut news = news?;
            match news.recv().await {
                Ok(line) => Some((line, Some(news))),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    Some((format!(r#"{{"record":"missed","count":{missed}}}"#).into(), Some(news)))
                }
                Err(broadcast::error::RecvError::Closed) => None,
            }
        });
        futures::StreamExt::chain(before, after)
    }
}
