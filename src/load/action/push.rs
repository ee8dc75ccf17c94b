//! `push_listing`: pushes listings with the agencies' keys (guide, step 5).

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use http::{HeaderValue, Request, Uri};
use http_body_util::Full;

use crate::load::engine::{Action, Call, Connections, Destination, Outcome, Pass};

/// Pushes listings.
pub(crate) struct Push {
    pub(crate) destination: std::sync::Arc<Destination>,
    pub(crate) uri: Uri,
    pub(crate) host: HeaderValue,
    pub(crate) keys: Vec<HeaderValue>,
    pub(crate) body: Bytes,
}

impl Action for Push {
    fn prepare(&self, pass: &mut Pass) -> Option<Call> {
        let mut call = Request::new(Full::new(self.body.clone()));
        *call.method_mut() = http::Method::POST;
        *call.uri_mut() = self.uri.clone();
        let headers = call.headers_mut();
        headers.insert(http::header::HOST, self.host.clone());
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(http::header::AUTHORIZATION, self.keys[pass.number as usize % self.keys.len()].clone());
        Some(call)
    }

    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        ready: Option<Call>,
        connections: &'a mut Connections,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            let Some(call) = ready else { return Outcome::Unreadable("nothing to push") };
            Outcome::of(&connections.send(&self.destination, call, false).await)
        })
    }
}
