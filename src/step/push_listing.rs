use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    AgencyState, Cost, Need,
    compile::Compiler,
    context::{Context, Stop},
    counterfeit::Counterfeit,
    facts::{Seen, bound},
    integrate::shared_token,
    kind::StepKind,
    listing::ListingApi,
    whom::Whom,
};
use crate::{
    judge::{Type, facts},
    secret,
    syntax::{Mistake, Node},
};

/// Pushes a listing (guide, step 5).
pub(super) struct PushListing;

/// The arguments of `push_listing`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which agency pushes, or `each`.
    agency: Whom,
    /// `own`: the key that was delivered for the agency. `none`: no key. `garbage`: a random one.
    /// `look_alike`: a random one of the key's form. `altered`: the key with one character changed behind its middle.
    /// `token`: the bearer token in the key's place. Anything else is the key itself, such as `{{ other.key }}`.
    #[serde(default = "own")]
    key: String,
    /// Fields that are put over those of a small, whole listing; `null` takes a field out. `reference`, `price`, `status`,
    /// `bedrooms`, `summary`, `description`, `features`, `address` and `media` stand where the profile's `listing.flavour` has
    /// them; any other name stands at the top.
    #[serde(default)]
    listing: Map<String, Value>,
    /// The reference of the listing; a fresh one without.
    reference: Option<String>,
    /// The body's bytes, where they are not to be a listing.
    raw: Option<String>,
    /// How many kilobytes of description to add.
    #[serde(default)]
    padding_kb: u32,
    /// How many listings to push, one after another. More than one binds a list.
    #[serde(default = "one")]
    count: u32,
}

pub(super) fn own() -> String {
    "own".into()
}

fn one() -> u32 {
    1
}

/// What came of a push.
#[derive(Serialize, JsonSchema)]
pub(super) struct Pushed {
    #[serde(flatten)]
    pub(super) exchange: Seen,
    /// The agencyId.
    pub(super) agency_id: String,
    /// The listing's reference.
    pub(super) reference: String,
    /// The id that the target gave it; the reference where it gave none.
    pub(super) id: String,
    /// The fields that were pushed, by those names.
    pub(super) listing: Map<String, Value>,
}

impl StepKind for PushListing {
    const NAME: &'static str = "push_listing";
    const SUMMARY: &'static str = "pushes a listing with an agency's key, with another key, or with none";
    const EXAMPLE: &'static str = "{ agency: flat, listing: { price: 250000 }, as: pushed }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        let one = facts::<Pushed>();
        arguments.agency.shape(if arguments.count == 1 { one } else { Type::list(one) })
    }

    fn needs(_: &Arguments) -> Vec<Need> {
        vec![Need::to_be_told("listing")]
    }

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        Cost { listings: arguments.agency.count(agencies) * u64::from(arguments.count), ..Cost::default() }
    }

    fn lint(arguments: &Arguments, node: &Node, compiler: &Compiler<'_>) -> Vec<Mistake> {
        let mut mistakes = Whom::lint(node.get("agency"), compiler);
        if !(1..=10_000).contains(&arguments.count) || arguments.padding_kb > 16_384 {
            let what = "`count` is from 1 to 10000, and `padding_kb` at most 16384";
            mistakes.push(Mistake::new(compiler.source, node.span.clone(), what));
        }
        mistakes
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let api = ListingApi::of(context)?;
        arguments
            .agency
            .each(context, |agency| async move {
                let mut all = Vec::new();
                for _ in 0..arguments.count {
                    all.push(push(arguments, api, context, agency).await?);
                }
                Ok(if arguments.count == 1 { bound(&all.pop()) } else { bound(&all) })
            })
            .await
    }
}

async fn push(
    arguments: &Arguments,
    api: &ListingApi,
    context: &Context,
    agency: &AgencyState,
) -> Result<Pushed, Stop> {
    let reference = match &arguments.reference {
        Some(reference) => context.render(reference)?,
        None => format!("mp-ref-{:016x}", rand::random::<u64>()),
    };
    let mut listing = api.listing(&reference, &context.fill(&Value::Object(arguments.listing.clone()))?);
    if arguments.padding_kb > 0 {
        let padding = "A fine house. ".repeat(arguments.padding_kb as usize * 1024 / 14);
        api.flavour.put(&mut listing, "description", padding.into());
    }
    let pushed = api.pushed(&listing);
    let body = match &arguments.raw {
        Some(raw) => context.render(raw)?,
        None => api.body(&listing),
    };
    // One that is large by intent is not kept beside its body.
    drop(listing);
    let headers = key_header(&arguments.key, context, agency).await?;
    let (reply, id) = ListingApi::write(context, &api.create, (None, &reference), headers, body).await;
    Ok(Pushed { exchange: Seen(reply.exchange.id), agency_id: agency.id.clone(), reference, id, listing: pushed })
}

/// The header that carries the chosen key.
pub(super) async fn key_header(
    key: &str,
    context: &Context,
    agency: &AgencyState,
) -> Result<Vec<(String, String)>, Stop> {
    let vault = context.shared.wire.vault();
    let own = || {
        let none = || Stop::prerequisite(format!("no key was delivered for the agency `{}`", agency.name));
        context.shared.receiver.key_of(&agency.id).ok_or_else(none)
    };
    let key = match (key, Counterfeit::find(key)) {
        (_, Some(counterfeit)) => vault.keep(secret::SecretKind::Key, &counterfeit.of(&vault.reveal(&own()?))),
        ("none", None) => return Ok(Vec::new()),
        ("own", None) => own()?,
        ("token", None) => shared_token(context).await?,
        (other, None) => context.render(other)?,
    };
    if vault.secret(&key).is_some_and(|key| key.is_empty()) {
        return Err(Stop::prerequisite(format!("an empty key was delivered for the agency `{}`", agency.name)));
    }
    Ok(vec![("x-api-key".into(), key)])
}
