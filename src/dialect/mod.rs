//! How a platform answers where the guide leaves the form open: found by a run, or pinned by the profile.
//!
//! What is known is a [`Dialect`]. Its parts are the rows of [`PARTS`]: how a part is shown, and when two of it agree. To add a
//! part, add a field, its row, and what of a run's evidence shows it in `judge/dialect.rs`.

mod answer;
mod file;
mod part;
mod place;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use answer::Answer;
pub use file::Head;
pub use part::{Drift, PARTS, Part};
pub use place::Place;

use crate::clock::Period;

/// A platform's way of answering. A part that is not known is absent.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table of a dialect's parts")]
pub struct Dialect {
    /// Where `/crm/oauth` puts the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Place>,
    /// The answer of `/crm/oauth` to the right credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_answer: Option<Answer>,
    /// How long a token lives by the answer's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_life: Option<Period>,
    /// The headers about a rate limit on an answer that was not limited, by their lower-case names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_headers: Option<Vec<String>>,
    /// Where `/crm/integrate` puts the signed URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Place>,
    /// The answer of `/crm/integrate` to the right request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_answer: Option<Answer>,
    /// How a wrong client secret is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong_secret: Option<Answer>,
    /// How a token that is none is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong_token: Option<Answer>,
    /// How a body without an agencyId is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_agency: Option<Answer>,
    /// The content type of a delivery, such as `application/json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_type: Option<String>,
    /// The names in the JSON object of a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_fields: Option<Vec<String>>,
    /// The platform's own headers of a delivery, by their lower-case names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_headers: Option<Vec<String>>,
}
