//! Start and stop: two servers on one thread.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use axum::{Router, serve::ListenerExt as _};
use tokio::{runtime::Runtime, sync::oneshot};

use super::{Config, StartError, platform::Platform, route, tour, tour::TourStep};

/// A running platform. It stops, and writes its state, when this handle is dropped.
#[derive(Debug)]
pub struct Simulator {
    base_url: String,
    control_url: String,
    tour: Vec<TourStep>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts a platform. When this returns, both servers take connections.
    ///
    /// # Errors
    ///
    /// When a port cannot be had, a setting cannot be used, or the state's folder cannot be read.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let (public, base_url) = listen(config.listen)?;
        let (control, control_url) = listen(config.control)?;
        let tour = tour::steps(&base_url, &control_url, &config.behaviour);
        let platform = Arc::new(Platform::new(config, &base_url)?);
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("matchouse".to_owned())
            .spawn(move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => {
                    drop(tell);
                    run(runtime, &platform, public, control, stopped);
                }
                // Whoever started us is waiting for this, so it is heard.
                Err(error) => drop(tell.send(error)),
            })
            .map_err(StartError::Setup)?;
        if let Ok(error) = told.recv() {
            return Err(StartError::Setup(error));
        }
        Ok(Self { base_url, control_url, tour, stop: Some(stop), thread: Some(thread) })
    }

    /// The platform's base URL, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The control server's URL, without a slash at its end; the clock is at `/clock` below it.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// A command line for each step of the guide, with secrets as environment variables.
    #[must_use]
    pub fn tour(&self) -> Vec<TourStep> {
        self.tour.clone()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A platform that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, String), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let mut reached = listener.local_addr().map_err(failed)?;
    if reached.ip().is_unspecified() {
        reached.set_ip(if reached.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    Ok((listener, format!("http://{reached}")))
}

fn run(
    runtime: Runtime,
    platform: &Arc<Platform>,
    public: TcpListener,
    control: TcpListener,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        tokio::spawn(Arc::clone(platform).write_changes());
        tokio::select! {
            _ = serve(public, route::public(platform)) => {}
            _ = serve(control, route::control(platform)) => {}
            _ = stopped => {}
        }
    });
    // Deliveries and connections end here; a name lookup that still runs is not waited for.
    runtime.shutdown_background();
    // There is nobody left to tell of a disk that is full now; every agreed key has been written before.
    let _ = platform.write_last();
}

async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
        // Only a little speed is lost where this is refused.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}
