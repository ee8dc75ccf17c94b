use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value, json};

use super::context::{Context, Stop};
use crate::{
    evidence::{Endpoint, StopKind},
    listing::{Flavour, Generator, SMALL, Shape, Stock},
    wire::{Call, Reply},
};

/// How the target's Listing API is spoken to.
#[derive(Clone, Debug, PartialEq)]
pub struct ListingApi {
    /// Where a listing is created.
    pub create: Request,
    /// Where a listing is changed; `{id}` in the URL is the listing's reference. The same as `create` where a push of the same
    /// reference updates.
    pub update: Request,
    /// Where listings are read back.
    pub read: Option<Request>,
    /// Where a listing is removed; `{id}` in the URL is the listing's reference.
    pub delete: Option<Request>,
    /// Where the owner of a key is told.
    pub owner: Option<Request>,
    /// The name under which a listing is wrapped; none where it is the body itself.
    pub envelope: Option<String>,
    /// How listings are written down.
    pub flavour: &'static Flavour,
}

/// A method and the URL it goes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The absolute URL.
    pub url: String,
}

/// The listings that the target took in a run, each of which is to be removed at its end.
#[derive(Debug, Default)]
pub struct Taken(Mutex<BTreeSet<TakenListing>>);

/// A listing that the target took.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct TakenListing {
    /// Its id at the target.
    pub(crate) id: String,
    /// Our reference.
    pub(crate) reference: String,
    /// The headers with which it was taken: another key may have made a listing of its own.
    pub(crate) headers: Vec<(String, String)>,
}

impl Taken {
    fn add(&self, listing: TakenListing) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(listing);
    }

    /// All so far.
    pub(crate) fn all(&self) -> Vec<TakenListing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl ListingApi {
    /// The Listing API of this run.
    ///
    /// # Errors
    ///
    /// The profile has none.
    pub(super) fn of(context: &Context) -> Result<&ListingApi, Stop> {
        context
            .shared
            .listing
            .as_ref()
            .ok_or_else(|| Stop::new(StopKind::CouldNotRun, "the profile gives no `listing`"))
    }

    /// Sends a listing to be created or changed, and notes it where the target takes it. `id` is what the target calls it; where
    /// that is not known yet, its answer tells.
    ///
    /// Gives the answer, and the listing's id.
    pub(super) async fn write(
        context: &Context,
        request: &Request,
        (id, reference): (Option<String>, &str),
        headers: Vec<(String, String)>,
        body: String,
    ) -> (Reply, String) {
        let known = id.as_deref().unwrap_or(reference);
        let reply = Self::send(context, request, (known, reference), headers.clone(), Some(body)).await;
        let told = id_in(reply.raw.body.expose(), known);
        if reply.raw.is_success() {
            let reference = reference.to_owned();
            context.shared.taken.add(TakenListing { id: told.clone(), reference, headers });
        }
        (reply, id.unwrap_or(told))
    }

    /// Sends a request with a key in `x-api-key`, or with none, about a listing by its id at the target and our reference.
    pub(crate) async fn send(
        context: &Context,
        request: &Request,
        (id, reference): (&str, &str),
        headers: Vec<(String, String)>,
        body: Option<String>,
    ) -> Reply {
        let mut headers = headers;
        if body.is_some() {
            headers.push(("content-type".into(), "application/json".into()));
        }
        let call = Call {
            origin: context.origin(),
            endpoint: Endpoint::Listing,
            method: request.method.clone(),
            url: request.url.replace("{id}", &path_segment(id)).replace("{reference}", &path_segment(reference)),
            headers,
            body,
        };
        context.send(call).await
    }

    /// A small listing under this reference, always the same one, with `fields` put over its own; `null` takes one out.
    pub(super) fn listing(&self, reference: &str, fields: &Value) -> Value {
        let shape = Shape { flavour: self.flavour, size: SMALL, stock: Stock::HousesForSale };
        let generator = Generator::new(0, shape);
        let mut listing = generator.json(&generator.named(reference));
        for (name, value) in fields.as_object().into_iter().flatten() {
            self.flavour.put(&mut listing, name, value.clone());
        }
        listing
    }

    /// A listing as a body.
    pub(super) fn body(&self, listing: &Value) -> String {
        match &self.envelope {
            Some(name) => json!({ name.as_str(): listing }).to_string(),
            None => listing.to_string(),
        }
    }

    /// What a scenario sees of a listing that was pushed. What is large by intent need not be written down again.
    pub(super) fn pushed(&self, listing: &Value) -> Map<String, Value> {
        let mut seen = self.flavour.seen(listing);
        seen.retain(|_, value| value.to_string().len() <= 4096);
        seen
    }
}

/// A text as one segment of a path.
pub(crate) fn path_segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The id that a target gave a listing: under `id` in its answer or in an object of that; our reference without one.
pub(crate) fn id_in(answer: &str, reference: &str) -> String {
    let json: Value = serde_json::from_str(answer).unwrap_or_default();
    let places = json.as_object().into_iter().flat_map(Map::values).chain([&json]);
    let mut ids = places.filter_map(|place| match place.get("id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    });
    ids.next().unwrap_or_else(|| reference.to_owned())
}

/// Whether an answer is only a part of a list: it names a next page, by its headers (RFC 8288) or in its JSON.
pub(crate) fn has_next_page(link_header: Option<&String>, json: &Value) -> bool {
    const NAMES: [&str; 7] = ["next", "next_page", "nextpage", "next_cursor", "nextcursor", "has_more", "hasmore"];
    let names_next = |(name, value): (&String, &Value)| {
        NAMES.contains(&name.to_ascii_lowercase().as_str()) && !matches!(value, Value::Null | Value::Bool(false))
    };
    let objects = json.as_object().into_iter().flat_map(|map| map.values().filter_map(Value::as_object).chain([map]));
    link_header.is_some_and(|links| links.contains("next")) || objects.flatten().any(names_next)
}

/// Every JSON object in `value` that has `reference` as the text of one of its fields, at any depth.
pub(super) fn find_by_reference<'v>(value: &'v Value, reference: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if map.values().any(|field| field.as_str() == Some(reference)) {
                    found.push(value);
                } else {
                    open.extend(map.values());
                }
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_next_pages_are_found_in_any_envelope() {
        assert_eq!(id_in(r#"{"data":{"id":17}}"#, "r-1"), "17");
        assert_eq!(id_in(r#"{"id":"a-1","data":{}}"#, "r-1"), "a-1");
        assert_eq!(id_in("no JSON", "r-1"), "r-1");
        assert!(has_next_page(Some(&"<https://h/l?page=2>; rel=\"next\"".to_owned()), &Value::Null));
        assert!(has_next_page(None, &json!({ "items": [], "meta": { "next_cursor": "abc" } })));
        assert!(!has_next_page(None, &json!({ "items": [], "next": null, "meta": { "has_more": false } })));
    }

    #[test]
    fn a_listing_is_found_in_any_envelope() {
        let value = json!({ "data": { "items": [{ "id": 7, "ref": "r-1" }, { "property": { "reference": "r-2" } }] } });
        assert_eq!(find_by_reference(&value, "r-2"), [&json!({ "reference": "r-2" })]);
        assert_eq!(find_by_reference(&value, "r-3"), Vec::<&Value>::new());
    }
}
