use futures::{StreamExt, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    AgencyState, Cost,
    compile::Compiler,
    context::{Context, Stop},
    counterfeit::Counterfeit,
    facts::{Seen, bound},
    kind::StepKind,
    visit,
    whom::Whom,
};
use crate::{
    dialect::Place,
    judge::{Type, facts},
    secret,
    syntax::{Mistake, Node},
    wire::{Raw, Reply, discover, guide},
};

/// Calls `/crm/integrate` (guide, step 2).
pub(super) struct Integrate;

/// The arguments of `integrate`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// For which agency, or `each`.
    agency: Whom,
    /// `cached`: the shared token. `fresh`: a new one. `none`: no Authorization header. `garbage`: a random token.
    /// `look_alike`: a random one of the shared token's form. `altered`: the shared token with one character changed behind
    /// its middle. `wrong_scheme`: the shared token behind `Basic`. Anything else is the token itself, such as
    /// `{{ second.token }}`.
    #[serde(default = "cached")]
    token: String,
    /// The JSON body instead of `{"agencyId": …}`; its texts are filled in.
    body: Option<Value>,
    /// The body's bytes, where they are not to be JSON.
    raw: Option<String>,
    /// How many links to ask for, side by side. More than one binds a list.
    #[serde(default = "one")]
    count: u32,
}

fn cached() -> String {
    "cached".into()
}

fn one() -> u32 {
    1
}

impl Arguments {
    /// Whether it is the guide's own request on the shared token.
    fn is_plain(&self) -> bool {
        self.token == "cached" && self.body.is_none() && self.raw.is_none()
    }
}

/// What came of a call of `/crm/integrate`.
#[derive(Clone, Serialize, JsonSchema)]
pub(super) struct Link {
    #[serde(flatten)]
    pub(super) exchange: Seen,
    /// The agencyId that was meant.
    pub(super) agency_id: String,
    /// The link that stands where this target puts it; nothing where none does.
    #[expect(clippy::struct_field_names, reason = "`right.link` is how a check reads it")]
    pub(super) link: Option<String>,
    /// Whether that link is an absolute http or https URL.
    pub(super) absolute: bool,
    /// Whether it is https.
    pub(super) https: bool,
    /// Whether the token or the client secret stands in it.
    pub(super) holds_secret: bool,
    /// Where else in an answer without a link a URL stands that shows the agency's page; nothing where none does.
    pub(super) shown_by: Option<String>,
    /// The token that was sent.
    pub(super) token: Option<String>,
}

impl StepKind for Integrate {
    const NAME: &'static str = "integrate";
    const SUMMARY: &'static str =
        "calls /crm/integrate with a cached, fresh, garbage, missing or misplaced token and any body";
    const EXAMPLE: &'static str = "{ agency: flat, token: garbage, as: refusal }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        let one = facts::<Link>();
        arguments.agency.shape(if arguments.count == 1 { one } else { Type::list(one) })
    }

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        let links = arguments.agency.count(agencies) * u64::from(arguments.count);
        let tokens = u64::from(arguments.token == "fresh");
        Cost { tokens, links, ..Cost::default() }
    }

    fn lint(arguments: &Arguments, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
        let mut mistakes = Whom::lint(node.get("agency"), compiler);
        if !(1..=1000).contains(&arguments.count) {
            let span = node.get("count").map_or_else(|| node.span.clone(), |node| node.span.clone());
            mistakes.push(Mistake::new(compiler.source, span, "`count` is from 1 to 1000"));
        }
        mistakes
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let token = Authorization::choose(arguments, context).await?;
        let token = &token;
        arguments
            .agency
            .each(context, |agency| async move {
                let body = body(arguments, agency, context)?;
                let ask = || ask(context, agency, token, body.clone());
                let all: Vec<_> = (0..arguments.count).map(|_| ask()).collect();
                let links: Vec<(Link, u16)> = stream::iter(all).buffered(64).collect().await;
                // The same request is right in every other scenario, so that the token is what is refused.
                if arguments.is_plain() && links.iter().any(|(_, status)| *status == 401) {
                    return Err(shared_token_refused());
                }
                let mut links: Vec<Link> = links.into_iter().map(|(link, _)| link).collect();
                Ok(if arguments.count == 1 { bound(&links.pop()) } else { bound(&links) })
            })
            .await
    }
}

fn body(arguments: &Arguments, agency: &AgencyState, context: &Context) -> Result<String, Stop> {
    if let Some(raw) = &arguments.raw {
        return context.render(raw);
    }
    match &arguments.body {
        Some(body) => context.fill(body).map(|body| body.to_string()),
        None => Ok(standard_body(&agency.id)),
    }
}

pub(crate) fn standard_body(agency_id: &str) -> String {
    json!({ "agencyId": agency_id }).to_string()
}

/// What stands in the Authorization header.
struct Authorization {
    header: Option<String>,
    token: Option<String>,
}

impl Authorization {
    async fn choose(arguments: &Arguments, context: &Context) -> Result<Self, Stop> {
        let client = context.client()?;
        let token = match arguments.token.as_str() {
            "none" => return Ok(Self { header: None, token: None }),
            "cached" | "wrong_scheme" => shared_token(context).await?,
            "fresh" => match client.tokens.fresh(context.origin()).await {
                Ok(token) => token.fingerprint,
                Err(trouble) => return Err(Stop::prerequisite(trouble.to_string())),
            },
            other => match Counterfeit::find(other) {
                Some(counterfeit) => {
                    let vault = context.shared.wire.vault();
                    let right = vault.reveal(&shared_token(context).await?);
                    vault.keep(secret::SecretKind::Token, &counterfeit.of(&right))
                }
                None => context.render(other)?,
            },
        };
        let scheme = if arguments.token == "wrong_scheme" { "Basic" } else { "Bearer" };
        Ok(Self { header: Some(format!("{scheme} {token}")), token: Some(token) })
    }
}

/// The shared token of the step's partner.
pub(super) async fn shared_token(context: &Context) -> Result<String, Stop> {
    let token = context.client()?.tokens.shared(context.origin()).await;
    token.map(|token| token.fingerprint).map_err(|trouble| Stop::prerequisite(trouble.to_string()))
}

async fn call(context: &Context, authorization: Option<&str>, body: String) -> Reply {
    context.send(guide::integrate(context.shared.wire.base_url(), context.origin(), authorization, body)).await
}

/// Asks for a link, and gives the answer's status beside it.
async fn ask(context: &Context, agency: &AgencyState, authorization: &Authorization, body: String) -> (Link, u16) {
    let reply = call(context, authorization.header.as_deref(), body).await;
    let link = link_in(context, &reply);
    let vault = context.shared.wire.vault();
    let text = link.as_ref().map(|link| link.expose().to_owned()).unwrap_or_default();
    let secrets = [
        authorization.token.as_ref().and_then(|name| vault.secret(name)),
        context.client().ok().map(|client| client.client_secret.clone()),
    ];
    let shown_by = if link.is_none() { shown_by(context, agency, &reply).await } else { None };
    let link = Link {
        exchange: Seen(reply.exchange.id),
        agency_id: agency.id.clone(),
        absolute: url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()),
        https: text.starts_with("https://"),
        holds_secret: secrets.iter().flatten().any(|secret| !secret.is_empty() && text.contains(secret.expose())),
        link: link.map(|link| vault.keep(secret::SecretKind::Link, &link)),
        shown_by,
        token: authorization.token.clone(),
    };
    (link, reply.exchange.status)
}

/// The link where this target puts it, or the best candidate of an accepted answer where that is not known yet.
fn link_in(context: &Context, reply: &Reply) -> Option<secret::Secret> {
    link_at(context.shared.dialect.link.as_ref(), &reply.raw)
}

/// The link of an answer of `/crm/integrate`, where a target puts it.
pub(crate) fn link_at(place: Option<&Place>, raw: &Raw) -> Option<secret::Secret> {
    match place {
        // Where the link is the whole body, or the first of a page, so is what a refusal says: whether that is a link to the
        // agency's page, only a visit tells.
        Some(Place::Html) if !raw.is_success() => None,
        Some(place) => discover::value_at(raw, place)
            .filter(|link| *place != Place::Text || discover::is_absolute_url(link.expose())),
        None if raw.is_success() => discover::link_candidates(raw).into_iter().next().map(|one| one.value),
        None => None,
    }
}

/// Where the first of at most three candidates stands that shows the page that an agency's own link shows.
async fn shown_by(context: &Context, agency: &AgencyState, reply: &Reply) -> Option<String> {
    let candidates: Vec<_> = discover::link_candidates(&reply.raw).into_iter().take(3).collect();
    if candidates.is_empty() {
        return None;
    }
    let control = fresh_link(context, agency).await.ok()?;
    let control = visit::follow(context, agency, &control).await;
    for candidate in candidates {
        let seen = visit::follow(context, agency, &candidate.value).await;
        if seen.reached >= control.reached && visit::same_page(&seen, &control) {
            return Some(candidate.place.to_string());
        }
    }
    None
}

/// A fresh link for an agency on the shared token.
///
/// # Errors
///
/// No token, or no link.
pub(super) async fn fresh_link(context: &Context, agency: &AgencyState) -> Result<secret::Secret, Stop> {
    ask_for_link(context, agency).await?.link
}

/// What came of asking for a link with the guide's own request.
pub(super) struct Asked {
    /// The link, or why an answer that came whole and is about this agency gave none.
    pub(super) link: Result<secret::Secret, Stop>,
    /// The answer's status.
    pub(super) status: u16,
    /// The number of the exchange.
    pub(super) exchange: u64,
}

/// Asks for a fresh link for an agency on the shared token.
///
/// # Errors
///
/// No token, an answer that is about the token or about a limit, or none that came whole: nothing of the agency.
pub(super) async fn ask_for_link(context: &Context, agency: &AgencyState) -> Result<Asked, Stop> {
    let token = shared_token(context).await?;
    let reply = call(context, Some(&format!("Bearer {token}")), standard_body(&agency.id)).await;
    if reply.exchange.status == 401 {
        return Err(shared_token_refused());
    }
    let (status, exchange) = (reply.exchange.status, reply.exchange.id);
    let none = |told: &str| Stop::prerequisite(format!("no link from /crm/integrate ({told}, exchange {exchange})"));
    if let Some(trouble) = &reply.exchange.trouble {
        return Err(none(&trouble.detail));
    }
    if status == 429 {
        return Err(none("limited, also after waiting as told"));
    }
    let link = link_in(context, &reply).filter(|_| reply.raw.is_success());
    Ok(Asked { link: link.ok_or_else(|| none(&format!("status {status}"))), status, exchange })
}

fn shared_token_refused() -> Stop {
    Stop::prerequisite("the shared token was answered 401 within its life")
}

/// Whether a token opens `/crm/integrate`.
pub(super) async fn opens(context: &Context, token: &str) -> bool {
    let reply = call(context, Some(&format!("Bearer {token}")), standard_body("matchproof-probe")).await;
    reply.raw.is_success() && link_in(context, &reply).is_some()
}
