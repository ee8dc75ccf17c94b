//! What a partner's CRM owes Matchouse, in the order of the guide's steps.

use super::{
    Level::{Info, Must, Should},
    Requirement, Side,
};

const fn row(
    id: &'static str,
    level: super::Level,
    text: &'static str,
    origin: &'static str,
    proof: &'static str,
) -> Requirement {
    Requirement { id, side: Side::Partner, level, text, origin, proof, about: None }
}

pub(super) const ROWS: &[Requirement] = &[
    row(
        "CRM-AUTH-1",
        Must,
        "The CRM posts both credential headers to `/crm/oauth`",
        "guide, step 1",
        "Method and headers of its first call.",
    ),
    row(
        "CRM-AUTH-2",
        Must,
        "The CRM caches its token: many links in a row cost one call per instance and token life",
        "guide, step 1 (token caching)",
        "Links one after another; calls to `/crm/oauth` are compared with `crm.instances`. Inconclusive unless at \
         least one link used a token of this run.",
    ),
    row(
        "CRM-AUTH-3",
        Must,
        "The CRM gets a new token when the old one is over, and the link still comes",
        "guide, step 1 (token life)",
        "A short life told in the answer, or a 401 for the old token. A CRM that heeds neither is inconclusive \
         until a run of 7 hours, since a fixed refresh at 5.5 hours is good practice too.",
    ),
    row(
        "CRM-AUTH-4",
        Must,
        "The CRM does not hammer `/crm/oauth` while it is limited",
        "guide, step 1 (rate limit)",
        "Limited answers; its calls during the wait are counted.",
    ),
    row(
        "CRM-AUTH-4b",
        Should,
        "The CRM stays away for as long as a limited answer tells it",
        "RFC 9110 §10.2.3, RFC 6585 §4",
        "`Retry-After` in both of its forms; the next call comes after it.",
    ),
    row(
        "CRM-AUTH-5",
        Must,
        "The CRM never puts credentials, tokens or keys into a URL",
        "guide, step 1 (headers), RFC 6750 §5.3",
        "Every request target of the CRM is searched, plain and encoded.",
    ),
    row(
        "CRM-AUTH-6",
        Should,
        "Links asked for at once on a cold cache share one token call",
        "plain safety",
        "Many agencies start at the same moment without a token; calls are compared with `crm.instances`.",
    ),
    row(
        "CRM-AUTH-7",
        Should,
        "A 401 for a fresh token does not send the CRM into a loop",
        "plain safety",
        "Every token is answered with 401 for a while; its calls are counted.",
    ),
    row(
        "CRM-LINK-1",
        Must,
        "The CRM asks for links with a bearer token and a JSON body that names the agencyId",
        "guide, step 2",
        "Headers and body of its calls. An agencyId sent as a number is told and not judged.",
    ),
    row(
        "CRM-LINK-2",
        Must,
        "An agency keeps its agencyId, and no two agencies share one",
        "guide, step 2 (payload)",
        "The ids of several agencies, each connected twice.",
    ),
    row(
        "CRM-LINK-3",
        Should,
        "A 5xx or a slow answer of `/crm/integrate` does not lose the agency",
        "plain safety",
        "Faulty answers first, good ones later: the agency's link still comes.",
    ),
    row(
        "CRM-LINK-4",
        Must,
        "The CRM sends the agency to exactly the URL that it was given",
        "guide, step 3",
        "A link with unusual but lawful characters; what is opened is compared byte by byte.",
    ),
    row(
        "CRM-HOOK-1",
        Must,
        "The CRM answers a valid delivery with 200 and nothing else, before the attempt times out",
        "guide, step 4 (expected response)",
        "Status and time of its answer.",
    ),
    row(
        "CRM-HOOK-2",
        Must,
        "The same delivery twice does the CRM no harm, in a row or at once",
        "guide, step 4 (retry policy)",
        "Each answered with 200, and later pushes still use the right key.",
    ),
    row(
        "CRM-HOOK-3",
        Must,
        "The CRM keeps each key with its own agency",
        "guide, step 4 (mapping)",
        "Many agencies at once and out of order; the keys of later pushes, or the CRM's own hook, tell. \
         Inconclusive where neither can be seen.",
    ),
    row(
        "CRM-HOOK-4",
        Must,
        "After an outage, or an answer that got lost, the CRM takes the retry and keeps the key",
        "guide, step 4 (retry policy)",
        "Deliveries that the CRM could not take, or whose answer we did not read, are sent again; then as for \
         CRM-HOOK-3.",
    ),
    row(
        "CRM-HOOK-5",
        Should,
        "A delivery that makes no sense is refused with a 4xx, stores nothing and blocks nothing",
        "RFC 9110 §15.5.1, plain safety",
        "An unknown agencyId, a missing field and broken JSON: no 5xx, no hang, nothing stored, and the next \
         valid delivery is taken.",
    ),
    row(
        "CRM-HOOK-6",
        Should,
        "Unknown fields, header case, a charset and chunked bodies do not break the CRM",
        "RFC 9110 §5.1, RFC 9112 §7.1",
        "Valid deliveries in each of these forms are answered with 200.",
    ),
    row(
        "CRM-HOOK-7",
        Should,
        "An agency that connects again has its new key used from then on",
        "plain safety",
        "Two keys one after the other; later pushes use the second.",
    ),
    row(
        "CRM-HOOK-8",
        Must,
        "The webhook URL is https and its certificate chain holds",
        "guide, step 4 (prerequisites: a secure endpoint)",
        "A TLS handshake with the registered URL. Not applicable on loopback.",
    ),
    row(
        "CRM-HOOK-9",
        Info,
        "How fast the CRM answers when many deliveries come at once",
        "guide, step 4",
        "p50 and p99 of its answers, measured.",
    ),
    row(
        "CRM-HOOK-10",
        Should,
        "The CRM's answer holds neither the key nor a stack trace",
        "plain safety",
        "Its answers to good and bad deliveries are searched.",
    ),
    row(
        "CRM-HOOK-11",
        Info,
        "What a late retry of an old key does after a newer one was taken",
        "guide, step 4 (retry policy)",
        "Told and not judged: deliveries carry no order, so this is a risk of the protocol and no fault of the \
         CRM.",
    ),
    row(
        "CRM-PUSH-1",
        Must,
        "The CRM pushes each listing with the key of the agency that it belongs to",
        "guide, step 5",
        "The key and its place in every push; another place than `x-api-key` is reported.",
    ),
    row(
        "CRM-PUSH-2",
        Must,
        "The CRM pushes nothing for an agency whose key it does not have yet",
        "guide, step 5",
        "No push for the agency before its delivery was answered.",
    ),
    row(
        "CRM-PUSH-3",
        Should,
        "A 429 or 5xx of the Listing API makes the CRM try later, with nothing lost or doubled",
        "RFC 6585 §4, plain safety",
        "Faulty answers first, good ones later; gaps and listings are counted.",
    ),
    row(
        "CRM-PUSH-4",
        Must,
        "One agency's key never stands in another agency's request",
        "guide, step 5 (on the agency's behalf)",
        "Every request of the CRM is searched for the keys of all other agencies.",
    ),
];
