use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Cost,
    context::{Context, Stop},
    facts::{Seen, bound},
    kind::StepKind,
};
use crate::{
    evidence::{Endpoint, Exchange},
    judge::{Type, facts},
    wire::Call,
};

/// Sends any HTTP request.
pub(super) struct Request;

/// The arguments of `request`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The method.
    #[serde(default = "get")]
    method: String,
    /// The URL; what begins with `/` is joined to the target's base URL.
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

impl StepKind for Request {
    const NAME: &'static str = "request";
    const SUMMARY: &'static str = "sends any HTTP request";
    const EXAMPLE: &'static str =
        "{ method: POST, url: /crm/integrate, headers: { x-test: a }, body: { agencyId: 7 }, as: answer }";
    type Arguments = Arguments;

    fn binds(_: &Arguments) -> Type {
        facts::<Exchange>()
    }

    fn cost(_: &Arguments, _: usize) -> Cost {
        Cost { requests: 1, ..Cost::default() }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let url = context.render(&arguments.url)?;
        let base = context.shared.wire.base_url().as_str().trim_end_matches('/');
        let mut headers = Vec::new();
        for (name, value) in &arguments.headers {
            headers.push((name.clone(), context.render(value)?));
        }
        let body = match arguments.body.as_ref().map(|body| context.fill(body)).transpose()? {
            None => None,
            Some(Value::String(text)) => Some(text),
            Some(json) => {
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    headers.push(("content-type".into(), "application/json".into()));
                }
                Some(json.to_string())
            }
        };
        let reply = context
            .send(Call {
                origin: context.origin(),
                endpoint: Endpoint::Other,
                method: arguments.method.clone(),
                url: if url.starts_with('/') { format!("{base}{url}") } else { url },
                headers,
                body,
            })
            .await;
        Ok(bound(&Seen(reply.exchange.id)))
    }
}
