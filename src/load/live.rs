//! What is told of a load while it runs to who asks for it over HTTP.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderName, header},
    routing::get,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::report::load::{LoadResult, metrics};

/// The text form of Prometheus, as its clients expect it to be named.
const TYPE: (HeaderName, &str) = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
/// How long who asks waits for the end of the second. Between two loads none ends.
const AT_MOST: Duration = Duration::from_millis(1500);

/// Serves the figures as they are, at `/metrics`, until it is dropped.
pub(super) struct Metrics {
    served: Arc<Served>,
    task: JoinHandle<io::Result<()>>,
}

struct Served {
    /// Whether somebody waits: figures are summed up for nobody else, since it takes the generator's time.
    is_asked: AtomicBool,
    text: watch::Sender<String>,
}

impl Metrics {
    /// Listens at an address.
    ///
    /// # Errors
    ///
    /// It cannot, such as where another does.
    pub(super) async fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let served = Arc::new(Served { is_asked: AtomicBool::new(false), text: watch::Sender::default() });
        let router = Router::new().route("/metrics", get(figures)).with_state(Arc::clone(&served));
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { served, task })
    }

    /// Tells of loads that are over.
    pub(super) fn over(&self, loads: &[LoadResult]) {
        self.served.text.send_replace(metrics(loads));
    }

    /// What each second of the next load is to be told, where `over` is over.
    pub(super) fn teller(&self, over: &[LoadResult]) -> impl FnMut(&dyn Fn() -> LoadResult) + Send + use<> {
        let (served, mut all) = (Arc::clone(&self.served), over.to_vec());
        move |result| {
            if served.is_asked.swap(false, Ordering::Relaxed) {
                all.push(result());
                served.text.send_replace(metrics(&all));
                all.pop();
            }
        }
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn figures(State(served): State<Arc<Served>>) -> ([(HeaderName, &'static str); 1], String) {
    let mut text = served.text.subscribe();
    served.is_asked.store(true, Ordering::Relaxed);
    // Where no second ends, what is known is told.
    let _ = tokio::time::timeout(AT_MOST, text.changed()).await;
    let known = text.borrow().clone();
    ([TYPE], known)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

    use super::*;

    #[tokio::test]
    async fn who_asks_gets_what_is_known_and_a_port_that_is_taken_is_told_of() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let metrics = Metrics::listen(free).await.unwrap();
        assert!(Metrics::listen(free).await.is_err());
        metrics.served.text.send_replace("known 1\n".into());
        let asked = async {
            let mut stream = TcpStream::connect(free).await.unwrap();
            let request = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = tokio::time::timeout(Duration::from_secs(20), asked).await.unwrap();
        assert!(answer.contains("version=0.0.4") && answer.ends_with("known 1\n"), "{answer}");
        assert!(metrics.served.is_asked.load(Ordering::Relaxed));
    }
}
