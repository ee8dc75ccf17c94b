use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::HeaderMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::kind::{ActionKind, Site, Wants};
use crate::{
    agency::{Browser, Intent, Page, PageRequest, Reached},
    load::{
        engine::{Action, Call, Connections, Keep, Outcome, Pass},
        ground::Ground,
        route::Route,
    },
    markup::Document,
    profile::Bounded,
    receiver::Script,
};

/// Goes through the agency's pages and agrees (guide, step 3).
pub(super) struct Agree {
    ground: Arc<Ground>,
    accounts: usize,
}

/// The arguments of `agree`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// How many accounts take turns, each of which registers, or logs in, on its first visit. Without it 100, or all that
    /// the profile has.
    #[schemars(with = "Option<u32>", range(min = 1, max = 10_000))]
    accounts: Option<Bounded<1, 10_000>>,
}

impl ActionKind for Agree {
    const NAME: &'static str = "agree";
    const SUMMARY: &'static str =
        "opens the pass's link as an agency, comes in, and agrees; all its pages are one time";
    const EXAMPLE: &'static str = "{ accounts: 50 }";
    type Arguments = Arguments;

    fn wants(_: &Arguments) -> Wants {
        Wants { after: Some("integrate"), capabilities: vec!["agency"], ..Wants::default() }
    }

    fn make(arguments: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let accounts = arguments.accounts.map_or(100, Bounded::get) as usize;
        Ok(Box::new(Self { ground: Arc::clone(&site.ground), accounts }))
    }
}

impl Action for Agree {
    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        _: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let Some(link) = pass.link.take() else { return Outcome::Unreadable("no link") };
            if !pass.is_armed {
                self.ground.arm(pass, Script::success());
            }
            let account = usize::try_from(pass.number).unwrap_or_default() % self.accounts;
            let tab = Tab {
                ground: &self.ground,
                connections: Mutex::new(connections),
                failure: std::sync::Mutex::default(),
            };
            let visit = self.ground.shared.agency.visit(&tab, &link, account, Intent::Agree, None).await;
            if visit.reached == Reached::Agreed {
                pass.account = Some(visit.account);
                return Outcome::Done;
            }
            tab.failure
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .unwrap_or(Outcome::Unreadable("not agreed"))
        })
    }
}

/// The agency's browser, over the user's own connections. Nothing of it is recorded.
struct Tab<'a, 'c> {
    ground: &'a Ground,
    connections: Mutex<&'c mut Connections>,
    /// How the last page failed.
    failure: std::sync::Mutex<Option<Outcome>>,
}

impl Browser for Tab<'_, '_> {
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Page> {
        Box::pin(async move {
            let trouble = |what: String| Page {
                exchange: 0,
                status: 0,
                headers: HeaderMap::new(),
                body: Document::new(""),
                trouble: Some(what),
            };
            let (route, body) = match self.route(&request).await {
                Ok(route) => route,
                Err(what) => return trouble(what),
            };
            let mut call = Some(route.call(body));
            let sent = self.connections.lock().await.send(&route.destination, &mut call, Keep::Answer).await;
            self.note(&Outcome::of(&sent));
            match sent {
                Err(failed) => trouble(failed.word().to_owned()),
                Ok(answer) => Page {
                    exchange: 0,
                    status: answer.status.as_u16(),
                    headers: answer.headers,
                    body: Document::new(String::from_utf8_lossy(&answer.body)),
                    trouble: None,
                },
            }
        })
    }
}

impl Tab<'_, '_> {
    async fn route(&self, request: &PageRequest) -> Result<(Route, Bytes), String> {
        let url = Url::parse(request.url.expose()).map_err(|error| error.to_string())?;
        let destination = self.ground.page(&url).await?;
        let mut headers: Vec<(String, String)> =
            request.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
        let mut body = Bytes::new();
        if let Some((kind, text)) = &request.body {
            headers.push(("content-type".into(), kind.clone()));
            body = Bytes::copy_from_slice(text.expose().as_bytes());
        }
        Ok((Route::new(destination, request.method, url.as_str(), &headers)?, body))
    }

    /// Keeps what a page that is none came to. A redirect is an answer like any other here.
    fn note(&self, outcome: &Outcome) {
        let failed = match outcome {
            Outcome::Status(status) => status.is_client_error() || status.is_server_error(),
            Outcome::Limited(_) | Outcome::Trouble(_) => true,
            Outcome::Done | Outcome::Unreadable(_) => false,
        };
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failed.then(|| outcome.clone());
    }
}
