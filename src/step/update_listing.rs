use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Cost, Need,
    context::{Context, Stop},
    facts::{Seen, bound},
    kind::StepKind,
    listing::ListingApi,
    push_listing::{Pushed, key_header, own},
    whom::Whom,
};
use crate::judge::{Type, facts};

/// Changes a listing.
pub(super) struct UpdateListing;

/// The arguments of `update_listing`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which agency changes it.
    agency: Whom,
    /// The reference of the listing, such as `{{ pushed.reference }}`.
    reference: String,
    /// The id that the target gave it, such as `{{ pushed.id }}`; the reference without.
    id: Option<String>,
    /// The fields to change, put over those of the listing that `push_listing` made for the reference, by the same names.
    #[serde(default)]
    listing: Map<String, Value>,
    /// With which key, as for `push_listing`.
    #[serde(default = "own")]
    key: String,
}

impl StepKind for UpdateListing {
    const NAME: &'static str = "update_listing";
    const SUMMARY: &'static str = "changes a listing with the key of its agency, or with another one";
    const EXAMPLE: &'static str =
        "{ agency: flat, reference: \"{{ pushed.reference }}\", listing: { price: 240000 }, as: updated }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        arguments.agency.shape(facts::<Pushed>())
    }

    fn needs(_: &Arguments) -> Vec<Need> {
        vec![Need::to_be_told("listing")]
    }

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        Cost { listings: arguments.agency.count(agencies), ..Cost::default() }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let api = ListingApi::of(context)?;
        arguments
            .agency
            .each(context, |agency| async move {
                let reference = context.render(&arguments.reference)?;
                let id = context.render(arguments.id.as_deref().unwrap_or(&reference))?;
                let listing = api.listing(&reference, &context.fill(&Value::Object(arguments.listing.clone()))?);
                let headers = key_header(&arguments.key, context, agency).await?;
                let body = api.body(&listing);
                let (reply, id) = ListingApi::write(context, &api.update, (Some(id), &reference), headers, body).await;
                Ok(bound(&Pushed {
                    exchange: Seen(reply.exchange.id),
                    agency_id: agency.id.clone(),
                    reference,
                    id,
                    listing: api.pushed(&listing),
                }))
            })
            .await
    }
}
