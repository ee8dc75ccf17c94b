use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;

use super::context::{Context, Shared};
use crate::{
    agency::{Browser, Page, PageRequest},
    evidence::Endpoint,
    wire::{Call, Origin},
};

/// The agency's browser, over the wire of the run.
pub(super) struct Visitor<'a> {
    shared: &'a Shared,
    origin: Origin,
    /// When the last form was sent, or else the visit began, in milliseconds of the run's clock.
    sent_ms: Mutex<f64>,
}

impl<'a> Visitor<'a> {
    /// The browser of a step.
    pub(super) fn of(context: &'a Context) -> Self {
        Self::new(&context.shared, context.origin())
    }

    /// The same outside the steps.
    pub(super) fn new(shared: &'a Shared, origin: Origin) -> Self {
        Self { shared, origin, sent_ms: Mutex::new(shared.recorder.now_ms()) }
    }

    /// When the last form was sent, in milliseconds of the run's clock; where none was, when the visit began.
    pub(super) fn sent_ms(&self) -> f64 {
        *self.sent_ms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Browser for Visitor<'_> {
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Page> {
        Box::pin(async move {
            let mut headers: Vec<(String, String)> =
                request.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
            let body = request.body.map(|(content_type, body)| {
                headers.push(("content-type".into(), content_type));
                body.expose().to_owned()
            });
            let call = Call {
                origin: self.origin.clone(),
                endpoint: Endpoint::Page,
                method: request.method.to_owned(),
                url: request.url.expose().to_owned(),
                headers,
                body,
            };
            let reply = self.shared.wire.send_patiently(call, self.shared.patience).await;
            if request.method == "POST" {
                *self.sent_ms.lock().unwrap_or_else(PoisonError::into_inner) = reply.exchange.at_ms;
            }
            Page {
                exchange: reply.exchange.id,
                status: reply.raw.status,
                headers: reply.raw.headers,
                body: reply.raw.body,
                trouble: reply.exchange.trouble.map(|trouble| trouble.detail),
            }
        })
    }
}
