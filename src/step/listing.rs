use serde_json::{Map, Value, json};

use super::context::{Context, Stop};
use crate::{
    evidence::{Endpoint, StopKind},
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
}

/// A method and the URL it goes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The absolute URL.
    pub url: String,
}

/// A small, whole UK listing under this reference.
pub(super) fn fresh(reference: &str) -> Map<String, Value> {
    let listing = json!({
        "reference": reference,
        "transaction_type": "sale",
        "status": "available",
        "property_type": "semi_detached",
        "title": "Three bedroom semi-detached house",
        "summary": "A bright family home close to schools and the station.",
        "description": "Hall, sitting room, kitchen with dining area, three bedrooms, bathroom and a south-facing garden.",
        "price": 325_000,
        "currency": "GBP",
        "bedrooms": 3,
        "bathrooms": 1,
        "address": { "house_number": "14", "street": "Example Road", "town": "Leeds", "postcode": "LS1 4AP", "country": "GB" },
        "features": ["Garden", "Off-street parking"],
        "images": ["https://media.example/14-example-road/1.jpg"],
    });
    match listing {
        Value::Object(map) => map,
        _ => Map::new(),
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

    /// Sends a request with a key in `x-api-key`, or with none.
    pub(super) async fn send(
        context: &Context,
        request: &Request,
        reference: &str,
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
            url: ["{id}", "{reference}"]
                .iter()
                .fold(request.url.clone(), |url, name| url.replace(name, &path_segment(reference))),
            headers,
            body,
        };
        context.send(call).await
    }

    /// A listing as a body.
    pub(super) fn body(&self, listing: Map<String, Value>) -> String {
        match &self.envelope {
            Some(name) => json!({ name.as_str(): listing }).to_string(),
            None => Value::Object(listing).to_string(),
        }
    }
}

fn path_segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
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
    fn a_listing_is_found_in_any_envelope() {
        let value = json!({ "data": { "items": [{ "id": 7, "ref": "r-1" }, { "property": { "reference": "r-2" } }] } });
        assert_eq!(find_by_reference(&value, "r-2"), [&json!({ "reference": "r-2" })]);
        assert_eq!(find_by_reference(&value, "r-3"), Vec::<&Value>::new());
    }
}
