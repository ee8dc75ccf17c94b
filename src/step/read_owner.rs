use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Cost, Need,
    context::{Context, Stop},
    facts::{Seen, bound},
    kind::StepKind,
    listing::ListingApi,
    push_listing::key_header,
    whom::Whom,
};
use crate::judge::{Type, facts};

/// Asks the Listing API whose key a key is.
pub(super) struct ReadOwner;

/// The arguments of `read_owner`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Whose key, or `each`.
    agency: Whom,
}

/// Whom the target names as the owner of an agency's key.
#[derive(Serialize, JsonSchema)]
struct Owner {
    #[serde(flatten)]
    exchange: Seen,
    /// The agencyId.
    agency_id: String,
    /// The account with which the agency connected.
    account: usize,
    /// Whether the answer names that account.
    names_own: bool,
    /// The names of accounts of other agencies of this scenario that the answer names.
    names_others: Vec<String>,
}

impl StepKind for ReadOwner {
    const NAME: &'static str = "read_owner";
    const SUMMARY: &'static str = "asks the Listing API which account an agency's key belongs to";
    const EXAMPLE: &'static str = "{ agency: each, as: owners }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        arguments.agency.shape(facts::<Owner>())
    }

    fn needs(_: &Arguments) -> Vec<Need> {
        vec![Need::to_be_told("listing"), Need::to_tell("listing.owner")]
    }

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        Cost { requests: arguments.agency.count(agencies), ..Cost::default() }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let api = ListingApi::of(context)?;
        let owner = api.owner.as_ref().ok_or_else(|| Stop::prerequisite("the profile gives no `listing.owner`"))?;
        arguments
            .agency
            .each(context, |agency| async move {
                let headers = key_header("own", context, agency).await?;
                let reply = ListingApi::send(context, owner, ("", ""), headers, None).await;
                let json: Value = serde_json::from_str(reply.raw.body.expose()).unwrap_or_default();
                let name = |account| context.shared.agency.account_name(account).unwrap_or_default();
                let named = |account| !name(account).is_empty() && names(&json, &name(account));
                let others = context.agencies().filter(|other| other.account != agency.account);
                Ok(bound(&Owner {
                    exchange: Seen(reply.exchange.id),
                    agency_id: agency.id.clone(),
                    account: agency.account,
                    names_own: named(agency.account),
                    names_others: others
                        .filter(|other| named(other.account))
                        .map(|other| name(other.account))
                        .collect(),
                }))
            })
            .await
    }
}

/// Whether a JSON value has this text in it, letter case aside.
pub(crate) fn names(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text.eq_ignore_ascii_case(name),
        Value::Array(items) => items.iter().any(|item| names(item, name)),
        Value::Object(map) => map.values().any(|item| names(item, name)),
        _ => false,
    }
}
