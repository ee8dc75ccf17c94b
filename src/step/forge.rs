use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AgencyState, Cost, Need,
    agency::Visitor,
    compile::Compiler,
    context::{Context, Stop},
    facts::{Seen, bound},
    integrate::fresh_link,
    kind::StepKind,
    visit,
    whom::Whom,
};
use crate::{
    agency::{Browser, Intent, Page, PageRequest},
    judge::{Type, facts},
    secret::Secret,
    syntax::{Mistake, Node},
};

/// Agrees behind an untouched link, and names another agency in all that is posted on the way.
pub(super) struct Forge;

/// The arguments of `forge`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Whose link is opened.
    agency: Whom,
    /// The agencyId that is put in the place of that agency's: `{{ agencies.other.id }}`.
    instead: String,
}

/// What came of it.
#[derive(Serialize, JsonSchema)]
struct Forged {
    /// The exchanges of the visit.
    exchanges: Vec<Seen>,
    /// How many requests named the agency, and so were changed.
    replaced: u32,
    /// How far the visit led.
    reached: String,
    /// What happened, in words.
    note: String,
}

impl StepKind for Forge {
    const NAME: &'static str = "forge";
    const SUMMARY: &'static str =
        "opens an agency's untouched link and agrees, naming another agency wherever a form sends its id";
    const EXAMPLE: &'static str = "{ agency: flat, instead: \"{{ agencies.other.id }}\", as: forged }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        arguments.agency.shape(facts::<Forged>())
    }

    fn needs(_: &Arguments) -> Vec<Need> {
        visit::needs(None)
    }

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        let visits = arguments.agency.count(agencies);
        Cost { visits, links: visits, ..Cost::default() }
    }

    fn lint(_: &Arguments, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
        Whom::lint(node.get("agency"), compiler)
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let instead = context.render(&arguments.instead)?;
        let instead = instead.as_str();
        arguments.agency.each(context, |agency| async move { Ok(bound(&forge(context, agency, instead).await?)) }).await
    }
}

async fn forge(context: &Context, agency: &AgencyState, instead: &str) -> Result<Forged, Stop> {
    let link = fresh_link(context, agency).await?;
    let browser =
        Forger { inner: Visitor::of(context), from: agency.id.clone(), to: instead.to_owned(), replaced: 0.into() };
    let visit = context.shared.agency.visit(&browser, &link, agency.account, Intent::Agree, None).await;
    Ok(Forged {
        exchanges: visit.exchanges.into_iter().map(Seen).collect(),
        replaced: browser.replaced.into_inner(),
        reached: visit.reached.word().to_owned(),
        note: visit.note,
    })
}

/// A browser that names another agency in all that it posts.
struct Forger<B> {
    inner: B,
    from: String,
    to: String,
    replaced: AtomicU32,
}

impl<B> Forger<B> {
    /// The request as it is sent: what is fetched by GET alone is left as it is, so that the link stays untouched.
    fn forged(&self, mut request: PageRequest) -> PageRequest {
        if request.method == "GET" {
            return request;
        }
        let held = |text: &Secret| text.expose().contains(&self.from);
        if held(&request.url) || request.body.as_ref().is_some_and(|(_, body)| held(body)) {
            self.replaced.fetch_add(1, Ordering::Relaxed);
        }
        let renamed = |text: &Secret| Secret::new(text.expose().replace(&self.from, &self.to));
        request.url = renamed(&request.url);
        request.body = request.body.map(|(kind, body)| (kind, renamed(&body)));
        request
    }
}

impl<B: Browser> Browser for Forger<B> {
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Page> {
        self.inner.fetch(self.forged(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_posted_names_the_other_agency() {
        let forger = Forger { inner: (), from: "flat-1".into(), to: "flat-2".into(), replaced: 0.into() };
        let request = |method, url: &str, body: Option<&str>| PageRequest {
            method,
            url: Secret::new(url),
            headers: Vec::new(),
            body: body.map(|body| ("application/x-www-form-urlencoded".to_owned(), Secret::new(body))),
        };
        let link = forger.forged(request("GET", "https://h/c?agency=flat-1&sig=x", None));
        assert_eq!(link.url.expose(), "https://h/c?agency=flat-1&sig=x");
        let sent = forger.forged(request("POST", "https://h/agree?agency=flat-1&sig=x", Some("id=flat-1&ok=yes")));
        assert_eq!(sent.url.expose(), "https://h/agree?agency=flat-2&sig=x");
        assert_eq!(sent.body.unwrap().1.expose(), "id=flat-2&ok=yes");
        forger.forged(request("POST", "https://h/login", Some("user=a")));
        assert_eq!(forger.replaced.into_inner(), 1);
    }
}
