use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, HttpUrl, Route};
use crate::listing::Flavour;

/// `listing`: the Listing API. The guide names no address for it, so the profile does.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table with `path`, and `read`, `update`, `delete`, `owner` where they exist"
)]
pub struct Listing {
    /// Its base URL. Default: the target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<HttpUrl>,
    /// The path to which a listing is pushed: `"/listings"`.
    pub path: String,
    /// The method with which a listing is pushed: `"POST"` (default) or `"PUT"`.
    #[serde(default, skip_serializing_if = "Method::is_post")]
    pub method: Method,
    /// How an agency's listings are read back: `"GET /listings"`, or `"GET /listings/{id}"` for one at a time. No
    /// default: without it, what became of a listing is not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Route>,
    /// How a listing is updated: `"PUT /listings/{id}"`. Default: it is pushed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Route>,
    /// How a listing is removed after a run: `"DELETE /listings/{id}"`. No default: listings stay where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<Route>,
    /// Where a key's account is named: `"/account"`. No default: whose a key is cannot be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Route>,
    /// The key under which a listing stands in the body: `"listing"`. Default: the body is the listing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
    /// How listings are written down: one of [`FLAVOURS`](crate::listing::FLAVOURS), such as `"rightmove"`. Default: `"neutral"`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub flavour: &'static Flavour,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_default(flavour: &&'static Flavour) -> bool {
    flavour.is_default()
}

/// With which method a listing is pushed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `POST`.
    #[default]
    Post,
    /// `PUT`.
    Put,
}

impl Method {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    fn is_post(&self) -> bool {
        *self == Self::Post
    }

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// `clock`: how the target's own time is moved on, where it can be.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, expecting = "a table with `advance`")]
pub struct ClockDriver {
    /// The call that moves the target's clock on: `"POST http://127.0.0.1:9000/clock"`.
    pub advance: Call,
}
