use std::time::Duration;

use super::{
    Behaviour,
    behaviour::{Advice, ContentType, Held, KeyForm, KeyScope, Place, Quota, Reaction, Refusal, RefusalBody, Surface},
};

/// A lawful way of answering where the guide leaves the form open.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What the platform does, in one sentence.
    pub what: &'static str,
    /// How it alters the behaviour, default or brisk.
    pub alter: fn(&mut Behaviour),
}

/// Every dialect.
pub const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "agency-ids-in-ascii",
        what: "An agencyId with letters beyond ASCII is refused.",
        alter: |b| b.integrate.beyond_ascii = Reaction::Refuse,
    },
    Dialect {
        name: "token-under-access-token",
        what: "The token stands under `access_token`, as OAuth has it.",
        alter: |b| b.auth.place = Place::Json(&["access_token"]),
    },
    Dialect {
        name: "token-nested",
        what: "The token stands in an object within the answer, its life beside it in another word.",
        alter: |b| {
            b.auth.place = Place::Json(&["data", "credentials", "crmToken"]);
            b.auth.told_life = b.auth.told_life.map(|(_, life)| ("expiresIn", life));
        },
    },
    Dialect {
        name: "token-in-a-header",
        what: "The token stands in the header `x-crm-token`, and the body is empty.",
        alter: |b| b.auth.place = Place::Header("x-crm-token"),
    },
    Dialect {
        name: "token-as-text",
        what: "The answer is the token, as plain text.",
        alter: |b| b.auth.place = Place::Text,
    },
    Dialect {
        name: "token-created",
        what: "A token is answered 201, and says nothing of its life.",
        alter: |b| {
            b.auth.status = 201;
            b.auth.told_life = None;
        },
    },
    Dialect {
        name: "link-under-signed-url",
        what: "The link stands under `signedUrl`.",
        alter: |b| b.integrate.place = Place::Json(&["signedUrl"]),
    },
    Dialect {
        name: "link-nested",
        what: "The link stands in an object within the answer.",
        alter: |b| b.integrate.place = Place::Json(&["data", "integration", "link"]),
    },
    Dialect {
        name: "link-in-location",
        what: "The link stands in the header `Location` of a 201.",
        alter: |b| {
            b.integrate.place = Place::Header("location");
            b.integrate.status = 201;
        },
    },
    Dialect {
        name: "link-as-text",
        what: "The answer is the link, as plain text.",
        alter: |b| b.integrate.place = Place::Text,
    },
    Dialect {
        name: "link-in-a-page",
        what: "The answer is a page with the link in it.",
        alter: |b| b.integrate.place = Place::Html,
    },
    Dialect {
        name: "refusals-in-html",
        what: "Refusals are 403 and 422, as pages with links and a long reference in them.",
        alter: |b| b.refusal = Refusal { unauthorized: 403, invalid: 422, body: RefusalBody::Html },
    },
    Dialect {
        name: "refusals-as-problems",
        what: "Refusals are problem details with links and a trace id.",
        alter: |b| b.refusal = Refusal { unauthorized: 401, invalid: 422, body: RefusalBody::Problem },
    },
    Dialect {
        name: "refusals-all-400",
        what: "Whatever is refused is answered 400 without a word.",
        alter: |b| b.refusal = Refusal { unauthorized: 400, invalid: 400, body: RefusalBody::Empty },
    },
    Dialect {
        name: "limit-until-a-date",
        what: "A limited call is told the date when to come back.",
        alter: |b| b.rate.advice = Advice::Date,
    },
    Dialect {
        name: "limit-in-ratelimit-fields",
        what: "A limited call is told in RateLimit fields when to come back.",
        alter: |b| b.rate.advice = Advice::Fields,
    },
    Dialect {
        name: "limit-after-40",
        what: "Token calls are limited after 40, and one comes back every 2 seconds.",
        alter: |b| b.rate.quota = Some(Quota { burst: 40, refill: Duration::from_secs(2) }),
    },
    Dialect {
        name: "three-attempts",
        what: "There are three attempts in all: the other reading of the guide.",
        alter: |b| b.retry.gaps.truncate(2),
    },
    Dialect {
        name: "gaps-of-one-length",
        what: "Every gap is as long as the first.",
        alter: |b| b.retry.gaps = vec![b.retry.gaps[0]; b.retry.gaps.len()],
    },
    Dialect {
        name: "gaps-with-jitter",
        what: "Gaps are longer or shorter by up to a third.",
        alter: |b| b.retry.jitter = 0.33,
    },
    Dialect {
        name: "gaps-of-minutes",
        what: "Retries come after 1, 5 and 15 minutes.",
        alter: |b| b.retry.gaps = [60, 300, 900].map(Duration::from_secs).to_vec(),
    },
    Dialect {
        name: "gaps-as-asked",
        what: "A receiver that asks for a longer wait in Retry-After gets it, up to a minute.",
        alter: |b| b.retry.heeds_retry_after = true,
    },
    Dialect {
        name: "two-delivery-workers",
        what: "Two workers make a partner's deliveries, and an attempt that hangs holds one until its time-out.",
        alter: |b| b.delivery.held = Held::ByWorkers(2),
    },
    Dialect {
        name: "deliveries-polled",
        what: "Deliveries begin on the second: it is looked for them that often.",
        alter: |b| b.delivery.polled = Some(Duration::from_secs(1)),
    },
    Dialect {
        name: "page-waits-for-delivery",
        what: "The page answers an agreement when its deliveries are through, retries and all.",
        alter: |b| b.page.waits = true,
    },
    Dialect {
        name: "page-of-few-requests",
        what: "The link opens the registration, and whoever is let in is asked to agree without a redirect.",
        alter: |b| b.page.brief = true,
    },
    Dialect {
        name: "login-before-signature",
        what: "The signature of a link is checked after the login only.",
        alter: |b| b.link.checked_at_open = false,
    },
    Dialect {
        name: "link-tracked",
        what: "The link carries a tracking parameter that is not signed.",
        alter: |b| b.link.extra = Some(("utm_source", "crm-partner-programme")),
    },
    Dialect {
        name: "link-used-once",
        what: "A link that was decided on leads nowhere afterwards.",
        alter: |b| b.link.single_use = true,
    },
    Dialect {
        name: "number-agency-ids",
        what: "An agencyId may be a JSON number.",
        alter: |b| b.integrate.number = Reaction::Accept,
    },
    Dialect {
        name: "delivery-with-more-fields",
        what: "Deliveries have fields that the guide does not know, and a charset.",
        alter: |b| {
            b.delivery.content_type = ContentType::JsonCharset;
            b.delivery.extra = &[("event", "agency.connected"), ("environment", "sandbox")];
        },
    },
    Dialect {
        name: "keys-with-a-word-in-front",
        what: "All keys begin with the word `mh_live_`.",
        alter: |b| b.keys.form = KeyForm::Prefixed("mh_live_"),
    },
    Dialect {
        name: "one-key-per-account",
        what: "An account has one key, whatever agencies it connects.",
        alter: |b| b.keys.scope = KeyScope::Account,
    },
    Dialect {
        name: "two-keys-per-agency",
        what: "An agreement delivers two keys, each in a delivery of its own.",
        alter: |b| b.keys.per_agency = 2,
    },
    Dialect {
        name: "notice-after-three",
        what: "The developer is told after every third delivery in a row that failed.",
        alter: |b| b.notice.after_exhausted = 3,
    },
    Dialect {
        name: "listings-put-in-an-envelope",
        what: "Listings are PUT to another path, and answers stand under `data`.",
        alter: |b| b.listing.surface = Surface { path: "/api/v2/properties", method: "PUT", envelope: Some("data") },
    },
];
