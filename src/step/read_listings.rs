use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Cost, Need,
    context::{Context, Stop},
    facts::{Seen, bound},
    kind::StepKind,
    listing::{ListingApi, Request, find_by_reference, has_next_page},
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
#[derive(Default, Serialize, JsonSchema)]
struct Read {
    #[serde(flatten)]
    exchange: Option<Seen>,
    /// Whether the target can be read back at all.
    available: bool,
    /// Whether what was read is not all: it names a next page, or is no JSON.
    partial: bool,
    /// The references that were not found.
    missing: Vec<String>,
    /// The references that were found more than once.
    doubled: Vec<String>,
    /// What was found, in the order of the references; also by the names that `push_listing` takes.
    found: Vec<Value>,
}

impl StepKind for ReadListings {
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
            return Ok(bound(&Read::default()));
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
                Ok(bound(&patiently(context, read, references, &headers).await))
            })
            .await
    }
}

/// A target may list a listing a little after it took it: while one is missing, it is asked again so often.
const TRIES: u32 = 4;

async fn patiently(context: &Context, read: &Request, references: &[String], headers: &[(String, String)]) -> Read {
    let mut wait = Duration::from_millis(250);
    for _ in 1..TRIES {
        let seen = once(context, read, references, headers).await;
        if seen.missing.is_empty() || seen.partial {
            return seen;
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    once(context, read, references, headers).await
}

/// Reads the list once, or each listing where the target reads them one by one.
async fn once(context: &Context, read: &Request, references: &[String], headers: &[(String, String)]) -> Read {
    let one_by_one = read.url.contains("{id}") || read.url.contains("{reference}");
    let asked = if one_by_one { references } else { &references[..references.len().min(1)] };
    let mut seen = Read { available: true, ..Read::default() };
    let mut answers = Vec::new();
    for reference in asked {
        let reply = ListingApi::send(context, read, (reference, reference), headers.to_vec(), None).await;
        seen.exchange = Some(Seen(reply.exchange.id));
        // What is bound is written down, and so without secrets.
        let text = context.shared.wire.vault().mask(reply.raw.body.expose());
        match serde_json::from_str::<Value>(&text) {
            Ok(json) => {
                seen.partial |= !one_by_one && has_next_page(reply.exchange.headers.get("link"), &json);
                answers.push(json);
            }
            Err(_) => seen.partial |= reply.raw.is_success(),
        }
        // Only an answer, or that there is none such, tells what became of a listing.
        seen.partial |= !reply.raw.is_success() && !matches!(reply.raw.status, 404 | 410);
    }
    let flavour = context.shared.listing.as_ref().map(|api| api.flavour).unwrap_or_default();
    for reference in references {
        let found: Vec<&Value> = answers.iter().flat_map(|json| find_by_reference(json, reference)).collect();
        match found[..] {
            [] => seen.missing.push(reference.clone()),
            [first] => seen.found.push(flavour.seen(first).into()),
            [first, ..] => {
                seen.doubled.push(reference.clone());
                seen.found.push(flavour.seen(first).into());
            }
        }
    }
    seen
}
