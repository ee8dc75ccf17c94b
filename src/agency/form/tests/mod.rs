//! Fake sites, each built another way, and what an agency makes of them.

mod refuse;
mod sites;

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use futures::future::{BoxFuture, FutureExt};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::*;
use crate::{
    agency::{Agency, Intent, Page, PageRequest, Reached},
    markup::Document,
    secret::Secret,
};

const EMAIL: &str = "agency@partner.example";
const PASSWORD: &str = "p&ss w=rd+1";
const LINK: &str = "https://match.example/connect?agency=1&sig=0123456789abcdef";

/// A request as a site sees it.
struct Ask {
    method: &'static str,
    path: String,
    query: HashMap<String, String>,
    form: HashMap<String, String>,
    cookie: String,
    headers: HashMap<String, String>,
}

impl Ask {
    /// Method and path, as a route has them.
    fn route(&self) -> (&str, &str) {
        (self.method, &self.path)
    }

    /// Whether the form holds the right credentials.
    fn knows(&self) -> bool {
        self.form.get("email").is_some_and(|email| email == EMAIL)
            && self.form.get("password").is_some_and(|word| word == PASSWORD)
    }
}

/// A site's answer: status, headers, body.
struct Answer(u16, Vec<(&'static str, String)>, String);

fn html(body: impl Into<String>) -> Answer {
    Answer(200, vec![("content-type", "text/html; charset=utf-8".into())], body.into())
}

fn status(status: u16, body: &str) -> Answer {
    Answer(status, Vec::new(), body.into())
}

fn to(location: &str) -> Answer {
    Answer(302, vec![("location", location.into())], String::new())
}

fn with_cookie(mut answer: Answer, cookie: &str) -> Answer {
    answer.1.push(("set-cookie", cookie.into()));
    answer
}

/// A browser over a function.
struct Site<F> {
    answer: F,
    asked: Mutex<Vec<String>>,
}

impl<F: Fn(&Ask) -> Answer + Send + Sync> Site<F> {
    fn new(answer: F) -> Self {
        Self { answer, asked: Mutex::default() }
    }

    /// What was asked: `POST /login`, line by line.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl<F: Fn(&Ask) -> Answer + Send + Sync> Browser for Site<F> {
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Page> {
        let url = Url::parse(request.url.expose()).unwrap();
        let pairs = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let headers: HashMap<String, String> =
            request.headers.iter().map(|(name, value)| (name.to_lowercase(), value.expose().to_owned())).collect();
        let ask = Ask {
            method: request.method,
            path: url.path().to_owned(),
            query: pairs(url.query().unwrap_or_default()),
            form: pairs(request.body.as_ref().map_or("", |(_, body)| body.expose())),
            cookie: headers.get("cookie").cloned().unwrap_or_default(),
            headers,
        };
        let mut asked = self.asked.lock().unwrap();
        asked.push(format!("{} {}", ask.method, ask.path));
        let Answer(status, headers, body) = (self.answer)(&ask);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
        }
        let page =
            Page { exchange: asked.len() as u64, status, headers: map, body: Document::new(body), trouble: None };
        async move { page }.boxed()
    }
}

fn listed() -> Accounts {
    Accounts::Listed(vec![Account { email: EMAIL.into(), password: Secret::new(PASSWORD) }])
}

fn agency_with(accounts: Accounts, allowed: &[&str]) -> Agency {
    let allowed_hosts = allowed.iter().map(|host| (*host).to_owned()).collect();
    Agency::new(FormSettings { allowed_hosts, accounts, vault: Vault::new() })
}

fn agency() -> Agency {
    agency_with(listed(), &[])
}

async fn go(agency: &Agency, site: &dyn Browser, intent: Intent) -> Visit {
    agency.visit(site, &Secret::new(LINK), 0, intent, None).await
}

async fn agree(site: &dyn Browser) -> Visit {
    go(&agency(), site, Intent::Agree).await
}
