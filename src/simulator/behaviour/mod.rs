//! How a simulated Matchouse behaves, as one plain value.
//!
//! The routes read it and nothing else: a defect or a dialect is a change of this value, made before the start.

mod access;
mod listing;
mod page;
mod webhook;

use std::time::Duration;

pub use access::{
    Advice, Auth, Echo, IdCheck, Integrate, LimitedLinks, Link, LinkNonce, LinkUrl, Quota, Rate, Refresh, Scheme,
    SecretCheck, SignatureCheck, Signed, TokenCheck, TokenForm,
};
pub use listing::{KeyCheck, Listing, Surface, Updates};
pub use page::{Moment, Page, Registration};
pub use webhook::{
    AgencyField, ContentType, Delivery, Held, KeyForm, KeyScope, Keys, Loss, Notice, NoticeWhen, Redirects, Retry,
    Target,
};

use super::text::Mangling;

/// Everything about a platform that may differ from another's.
///
/// The default is a realistic platform: retries after 1, 5 and 15 seconds, 10 seconds for an attempt, 10 token calls a
/// minute.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// `/crm/oauth`: who gets a token, and which.
    pub auth: Auth,
    /// The rate limit.
    pub rate: Rate,
    /// `/crm/integrate`: who gets a link, and for which agency.
    pub integrate: Integrate,
    /// The signed link.
    pub link: Link,
    /// The agency's page.
    pub page: Page,
    /// The keys.
    pub keys: Keys,
    /// One attempt to deliver a key.
    pub delivery: Delivery,
    /// What follows a failed attempt.
    pub retry: Retry,
    /// The mail to the developer.
    pub notice: Notice,
    /// The Listing API.
    pub listing: Listing,
    /// How refusals look.
    pub refusal: Refusal,
}

impl Behaviour {
    /// The same platform made quick: retries after 100, 200 and 400 ms, 750 ms for an attempt, 30 token calls at once
    /// and one more every 100 ms.
    #[must_use]
    pub fn brisk() -> Self {
        let mut behaviour = Self::default();
        behaviour.retry.gaps = [100, 200, 400].map(Duration::from_millis).to_vec();
        behaviour.retry.attempt_timeout = Duration::from_millis(750);
        behaviour.rate.quota = Some(Quota { burst: 30, refill: Duration::from_millis(75) });
        behaviour
    }
}

/// What is done with an input that a guide-true platform refuses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reaction {
    /// It is refused with a 4xx.
    Refuse,
    /// It is taken as if it were good.
    Accept,
    /// It is answered 500.
    Crash,
}

/// Where in an answer a value stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Under these names, one within the other, of a JSON object.
    Json(&'static [&'static str]),
    /// In a header.
    Header(&'static str),
    /// As the target of a link in an HTML page.
    Html,
    /// As the whole body.
    Text,
}

/// How refusals look.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// The status for wrong credentials, tokens and keys.
    pub unauthorized: u16,
    /// The status for input that cannot be taken.
    pub invalid: u16,
    /// The body.
    pub body: RefusalBody,
}

impl Default for Refusal {
    fn default() -> Self {
        Self { unauthorized: 401, invalid: 400, body: RefusalBody::Json }
    }
}

/// The body of a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RefusalBody {
    /// A JSON object with an `error`.
    Json,
    /// Problem details (RFC 9457) with links and a trace id.
    Problem,
    /// A page with links and a long reference in it.
    Html,
    /// Nothing.
    Empty,
}

/// A change of text that ought to stay as it is.
pub type Change = Mangling;
