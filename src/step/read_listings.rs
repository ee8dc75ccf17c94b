use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Cost, Need,
    context::{Context, Stop},
    facts::{Seen, bound},
    kind::Kind,
    listing::{ListingApi, find_by_reference},
    push_listing::{key_header, own},
    whom::Whom,
};
use crate::judge::{Type, facts};

/// Reads an agency's listings back.
pub(super) struct ReadListings;

/// The arguments of `read_listings`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Whose listings.
    agency: Whom,
    /// The references to look for: one, such as `{{ pushed.reference }}`, or a list that an expression gives.
    reference: String,
    /// With which key, as for `push_listing`.
    #[serde(default = "own")]
    key: String,
    /// Whether a target that cannot be read back makes the step bind `available: false` instead of ending the scenario.
    #[serde(default)]
    if_possible: bool,
}

/// What was read back.
#[derive(Serialize, JsonSchema)]
struct Read {
    #[serde(flatten)]
    exchange: Option<Seen>,
    /// Whether the target can be read back at all.
    available: bool,
    /// The references that were not found.
    missing: Vec<String>,
    /// The references that were found more than once.
    doubled: Vec<String>,
    /// What was found, in the order of the references.
    found: Vec<Value>,
}

impl Kind for ReadListings {
    const NAME: &'static str = "read_listings";
    const SUMMARY: &'static str = "reads listings back by their references, wherever in the answer they stand";
    const EXAMPLE: &'static str = "{ agency: flat, reference: \"{{ pushed.reference }}\", as: there }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        arguments.agency.shape(facts::<Read>())
    }

    fn needs(arguments: &Arguments) -> Vec<Need> {
        if arguments.if_possible {
            vec![Need::to_be_told("listing")]
        } else {
            vec![Need::to_be_told("listing"), Need::optional("listing.read")]
        }
    }

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        Cost { requests: arguments.agency.count(agencies), ..Cost::default() }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        let api = ListingApi::of(context)?;
        let Some(read) = &api.read else {
            return Ok(bound(&Read {
                exchange: None,
                available: false,
                missing: vec![],
                doubled: vec![],
                found: vec![],
            }));
        };
        let references = match context.fill(&Value::String(arguments.reference.clone()))? {
            Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::String(one) => vec![one],
            other => return Err(Stop::prerequisite(format!("`reference` came to {other}, which is no reference"))),
        };
        let references: &Vec<String> = &references;
        arguments
            .agency
            .each(context, |agency| async move {
                let headers = key_header(&arguments.key, context, agency).await?;
                let first = references.first().map(String::as_str).unwrap_or_default();
                let reply = ListingApi::send(context, read, first, headers, None).await;
                let json: Value = serde_json::from_str(reply.raw.body.expose()).unwrap_or_default();
                let count = |reference: &&String| find_by_reference(&json, reference).len();
                Ok(bound(&Read {
                    exchange: Some(Seen(reply.exchange.id)),
                    available: true,
                    missing: references.iter().filter(|one| count(one) == 0).cloned().collect(),
                    doubled: references.iter().filter(|one| count(one) > 1).cloned().collect(),
                    found: references
                        .iter()
                        .filter_map(|one| find_by_reference(&json, one).first().copied().cloned())
                        .collect(),
                }))
            })
            .await
    }
}
