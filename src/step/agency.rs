use futures::future::BoxFuture;

use super::context::{Context, Shared};
use crate::{
    agency::{Browser, Page, PageRequest},
    evidence::Endpoint,
    wire::{Call, Origin},
};

/// The agency's browser, over the wire of the run.
pub(super) struct Visitor<'a> {
    pub(super) shared: &'a Shared,
    pub(super) origin: Origin,
}

impl<'a> Visitor<'a> {
    /// The browser of a step.
    pub(super) fn of(context: &'a Context) -> Self {
        Self { shared: &context.shared, origin: context.origin() }
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
