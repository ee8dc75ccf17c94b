use std::collections::BTreeMap;

use bytes::Bytes;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::kind::{ActionKind, Site};
use crate::{
    evidence::Endpoint,
    load::{
        engine::{Action, Call, Connections, Outcome, Pass},
        ground::Ground,
        route::Route,
    },
    wire::{self, guide},
};

/// Sends the same request again and again.
pub(super) struct Request {
    route: Route,
    body: Bytes,
}

/// The arguments of `request`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The method.
    #[serde(default = "get")]
    method: String,
    /// The path below the target's base URL, or a whole URL on its host.
    url: String,
    /// Headers by name.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body: text is sent as it stands, anything else as JSON.
    body: Option<Value>,
}

fn get() -> String {
    "GET".into()
}

impl ActionKind for Request {
    const NAME: &'static str = "request";
    const SUMMARY: &'static str = "sends any request to the target's host";
    const EXAMPLE: &'static str = "{ method: GET, url: /health }";
    type Arguments = Arguments;

    fn make(arguments: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let mut headers: Vec<(String, String)> =
            arguments.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let body = match &arguments.body {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(json) => {
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    headers.push(("content-type".into(), "application/json".into()));
                }
                json.to_string()
            }
        };
        let base = site.ground.shared.wire.base_url();
        let is_path = arguments.url.starts_with('/');
        let url = if is_path { guide::join(base, &arguments.url) } else { arguments.url.clone() };
        let (method, origin) = (arguments.method.clone(), Ground::origin());
        let call = wire::Call { origin, endpoint: Endpoint::Other, method, url, headers, body: None };
        Ok(Box::new(Self { route: site.ground.route(&call)?, body: body.into() }))
    }
}

impl Action for Request {
    fn prepare(&self, _: &mut Pass) -> Option<Call> {
        Some(self.route.call(self.body.clone()))
    }

    fn perform<'a>(
        &'a self,
        _: &'a mut Pass,
        ready: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(self.route.send(ready, "no request", connections))
    }
}
