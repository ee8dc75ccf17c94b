//! What Matchouse owes a partner, in the order of the guide's steps.

use super::{
    Level::{Info, Must, Should},
    Requirement, row,
};

pub(super) const ROWS: &[Requirement] = &[
    row(
        "AUTH-1",
        Must,
        "The right client id and secret, posted to `/crm/oauth`, are answered with a token",
        "guide, step 1",
        "One call with both headers right: a 2xx, and a non-empty value where the token stands, found by trying \
         or pinned by the profile's dialect.",
    ),
    row(
        "AUTH-2",
        Must,
        "A wrong client secret is given no token",
        "guide, step 1",
        "Secrets cut short, lengthened, changed in one character, changed in case, and empty, each beside the \
         same call with the right one. Passes when each is refused and nothing in its answer opens \
         `/crm/integrate`; inconclusive while the twin is not accepted.",
    ),
    row(
        "AUTH-3",
        Must,
        "An unknown client id is given no token, nor is a right secret under another id",
        "guide, step 1",
        "Both calls beside their accepted twin: refused, and no candidate in the answer opens `/crm/integrate`.",
    ),
    row(
        "AUTH-4",
        Must,
        "A call without the id header, or without the secret header, is given no token",
        "guide, step 1",
        "Each header left out in turn, beside the accepted twin.",
    ),
    row(
        "AUTH-5",
        Must,
        "A token lives for 6 hours",
        "guide, step 1 (token life)",
        "Declared: the answer's expiry or a JWT's `exp` says 6 hours. Observed: the token still opens \
         `/crm/integrate` shortly before 6 hours, in a long run or on the target's clock. The report says which; \
         with neither it is inconclusive.",
    ),
    row(
        "AUTH-6",
        Must,
        "A token whose life is over is refused",
        "guide, step 1 (token life)",
        "Observed only: the token is used after 6 hours, in a long run or on the target's clock, beside a fresh \
         one that works.",
    ),
    row(
        "AUTH-7",
        Must,
        "A new token leaves the one before it usable for the rest of its life",
        "guide, step 1 (early refresh)",
        "Two tokens are taken one after the other, then the first and the second each open `/crm/integrate`.",
    ),
    row(
        "AUTH-8",
        Should,
        "`/crm/oauth` gives a token to POST alone",
        "RFC 9110 §15.5.6",
        "GET and PUT with the right credentials: no token in the answer.",
    ),
    row(
        "AUTH-9",
        Should,
        "The client secret never stands in an answer",
        "plain safety",
        "Body and headers of accepted and refused answers are searched for the secret that was sent.",
    ),
    row(
        "AUTH-10",
        Should,
        "Caches are told not to keep the answer that holds the token",
        "RFC 6749 §5.1",
        "`Cache-Control` of an accepted answer says `no-store`.",
    ),
    row(
        "RATE-1",
        Must,
        "Asking for a token before every link runs into a rate limit",
        "guide, step 1 (rate limit)",
        "Calls until the first limited answer, at most `rate.probe_limit`. Never met, it fails where the profile \
         pins the limit, and is inconclusive elsewhere.",
    ),
    row(
        "RATE-2",
        Must,
        "One cached token makes many links, and no rate limit stands in its way",
        "guide, step 1 (token caching)",
        "More links on one token than the limit that RATE-1 found, and faster: none is limited. Inconclusive \
         while no limit was found or pinned.",
    ),
    row(
        "RATE-3",
        Should,
        "The limited answer is a 429 that says when to come back",
        "RFC 6585 §4, RFC 9110 §10.2.3",
        "Status of the limited answer, and `Retry-After` or RateLimit fields in it.",
    ),
    row(
        "RATE-4",
        Must,
        "When the wait is over, `/crm/oauth` gives tokens again",
        "guide, step 1 (rate limit)",
        "One call after the wait that the answer told, or else after the profile's `rate.window`.",
    ),
    row(
        "RATE-5",
        Must,
        "The cached token makes links while `/crm/oauth` is limited",
        "guide, step 1 (token caching)",
        "One link between a limited answer and the end of its wait.",
    ),
    row(
        "RATE-6",
        Should,
        "One partner's burst does not limit another partner",
        "plain safety",
        "While the first credentials are limited, the second ones get a token. Not applicable where the profile \
         declares no second credentials.",
    ),
    row(
        "LINK-1",
        Must,
        "A bearer token and an agencyId, posted to `/crm/integrate`, are answered with an absolute URL",
        "guide, step 2",
        "One call: a 2xx, and an absolute URL where the link stands, found by trying or pinned by the profile's \
         dialect.",
    ),
    row(
        "LINK-2",
        Must,
        "Different agencies get different links, at the same moment too",
        "guide, step 2 (unique URL)",
        "Hundreds of agencies, many calls side by side: no link comes twice.",
    ),
    row(
        "LINK-2b",
        Should,
        "Asking twice for one agency gives two different links",
        "plain safety; the guide, step 2, calls the URL unique",
        "Repeated calls with one agencyId, one after another and side by side: no link comes twice.",
    ),
    row(
        "LINK-3",
        Must,
        "A link altered in its signature, or in what it says of the agency, leads nowhere",
        "guide, step 2 (signed URL)",
        "Each path part and parameter is altered in turn so that its decoded bytes change; a fresh untouched link \
         is the control. Fails when an altered link that carries the agency or its signature gets as far as the \
         control or delivers a key; other parts that may change are reported as unsigned. Behind an untouched link, a form \
         that is made to name another agency must deliver nothing for it.",
    ),
    row(
        "LINK-4",
        Must,
        "Without a valid bearer token there is no link",
        "guide, step 2",
        "No token, a made-up one, one of the right form, the right one with one character changed, and the token in a \
         wrong scheme, each beside the accepted twin: refused, and no URL in the answer.",
    ),
    row(
        "LINK-5",
        Must,
        "A missing or empty agencyId is refused, without a link and without a 5xx",
        "guide, step 2 (payload)",
        "Each beside the accepted twin.",
    ),
    row(
        "LINK-5b",
        Should,
        "An agencyId of another JSON type, or a body that is no JSON, is refused without a 5xx",
        "RFC 9110 §15.5.1, plain safety",
        "null, list, object and broken JSON, each beside the accepted twin. What becomes of a number is told and \
         not judged, since the guide names no type.",
    ),
    row(
        "LINK-6",
        Must,
        "An agencyId that was accepted comes back in the delivery unchanged",
        "guide, step 4 (mapping)",
        "Plain, long, Unicode in both normal forms, quotes, slashes, spaces, leading zeros and look-alike \
         numbers, compared byte by byte. Those that are refused are LINK-6b's.",
    ),
    row(
        "LINK-6b",
        Info,
        "Which agencyIds are refused, of those that are strings and not empty",
        "guide, step 2 (agencyId)",
        "The same agencyIds: each that is answered with a 4xx is named. One that is answered in any other way than with \
         a link breaks LINK-1.",
    ),
    row(
        "LINK-7",
        Should,
        "A link holds neither token nor secret, and is https where the base URL is",
        "plain safety",
        "The link is searched for both, plain and encoded; its scheme is compared with the base URL's.",
    ),
    row(
        "CONN-1",
        Must,
        "No key is delivered before the agency has agreed",
        "guide, step 3",
        "The link is opened and left there for a watched window, then agreed to. Inconclusive when agreeing \
         delivers nothing either.",
    ),
    row(
        "CONN-2",
        Must,
        "When the agency agrees, its key comes to the webhook URL",
        "guide, step 4",
        "A delivery for the agencyId within `deliver_within`. One that did not come fails only when that deadline \
         is pinned, was watched whole, and the receiver answered its probes before and after; else it is \
         inconclusive.",
    ),
    row(
        "CONN-2b",
        Should,
        "An agency that connects once more has its key delivered again",
        "plain safety; the guide, step 4, delivers whenever an agency connects",
        "One agency agrees twice, by a link of its own each time, and more deliveries are there than after the first. A \
         partner that lost the key has no other way to it.",
    ),
    row(
        "CONN-3",
        Must,
        "An agency that registers gets its key delivered like one that logs in",
        "guide, step 3",
        "One agency of each kind, where the agency driver can do both; the deadline counts as for CONN-2.",
    ),
    row(
        "CONN-4",
        Must,
        "A link that was abandoned or declined delivers nothing",
        "guide, step 3",
        "One link left half-way and one declined, both watched through the shared quiet window.",
    ),
    row(
        "HOOK-1",
        Must,
        "A delivery is a POST to the very path and query registered, with no key in any URL",
        "guide, step 4 (delivery method)",
        "Request line of every delivery, compared with the registered URL and searched for the key.",
    ),
    row(
        "HOOK-2",
        Must,
        "A delivery's JSON names the key in `x-api-key` and the link's agency in `agencyId`",
        "guide, step 4 (payload)",
        "Body of a delivery: an object, a non-empty string under `x-api-key`, and the agencyId that was sent.",
    ),
    row(
        "HOOK-3",
        Should,
        "A delivery says that its body is JSON",
        "RFC 9110 §8.3, RFC 8259 §11",
        "The essence of `Content-Type` is `application/json` or ends in `+json`.",
    ),
    row(
        "HOOK-4",
        Must,
        "After a 200 the same key is not delivered again",
        "guide, step 4 (expected response)",
        "One delivery answered with 200, then the quiet window: no other with that key. Further keys for the \
         agency count under `keys_per_agency`.",
    ),
    row(
        "HOOK-4b",
        Should,
        "A 200 behind interim answers ends a delivery as well",
        "RFC 9110 §15.2",
        "One delivery answered with 100 and 103 and then 200, and the quiet window: no other with that key. The guide \
         does not say that a receiver may send them; HTTP does.",
    ),
    row(
        "HOOK-5",
        Must,
        "Keys are long and random, and no two accounts share one",
        "guide, step 4 (payload)",
        "Length, alphabet, entropy and common prefixes over keys of different accounts. With one account it is \
         inconclusive: it needs two.",
    ),
    row(
        "HOOK-6",
        Must,
        "Keys and agencies never cross, however many connect at once",
        "guide, step 4 (mapping)",
        "Different accounts connect side by side; the account behind each key is read where `listing.owner` names \
         it, or from a later listing's refusal. Inconclusive where neither can be seen.",
    ),
    row(
        "RETRY-1",
        Must,
        "A delivery answered with a 5xx is tried again",
        "guide, step 4 (retry policy)",
        "500, 502, 503 and 504, one agency each. A retry that did not come fails only under a pinned schedule \
         that was watched whole.",
    ),
    row(
        "RETRY-2",
        Must,
        "A delivery answered with anything but success is tried again",
        "guide, step 4 (retry policy)",
        "201, 202, 204, redirects, 4xx and 429, one agency each. `retry.success` says whether 200 alone counts, \
         or every 2xx.",
    ),
    row(
        "RETRY-3",
        Must,
        "A delivery that times out is tried again",
        "guide, step 4 (retry policy)",
        "Answers that never come, and answers that come too slowly. Inconclusive where the sender's time-out is \
         neither pinned nor seen.",
    ),
    row(
        "RETRY-4",
        Must,
        "A delivery whose connection is refused, reset or cut is tried again",
        "guide, step 4 (retry policy)",
        "Each in turn, in policy attempts: wire attempts within `retry.resend_within` of a connection fault count \
         as one. Unless that is pinned, what may be a re-send or a retry is inconclusive.",
    ),
    row(
        "RETRY-4b",
        Should,
        "A 200 whose headers break off is no success",
        "RFC 9112 §8",
        "The status line says 200, and the connection ends within the headers: tried again. The guide speaks of the \
         status alone; HTTP calls such a message incomplete.",
    ),
    row(
        "RETRY-5",
        Must,
        "A delivery is retried three times at most",
        "guide, step 4 (retry policy)",
        "Every attempt fails, and the window after the last is watched. A fifth policy attempt fails at once; \
         after connection faults the wire count alone fails nothing.",
    ),
    row(
        "RETRY-6",
        Must,
        "When every attempt fails, all three retries are made",
        "guide, step 4 (retry policy)",
        "Every attempt fails; policy attempts are counted. `retry.max_retries` says whether the guide's 3 counts \
         retries or attempts; `auto` takes either and names which was seen.",
    ),
    row(
        "RETRY-7",
        Must,
        "The first 200 ends the retries, whichever attempt it answers",
        "guide, step 4 (retry policy)",
        "200 on the second, third and fourth attempt, one agency each, then the quiet window.",
    ),
    row(
        "RETRY-8",
        Must,
        "Every attempt of a delivery carries the same key and agencyId",
        "guide, step 4 (retry policy)",
        "Bodies of the attempts of one delivery are compared. Inconclusive with fewer than two attempts.",
    ),
    row(
        "RETRY-9",
        Should,
        "The key is not taken along to where a redirect points",
        "RFC 9110 §15.4, plain safety",
        "301, 302, 303, 307 and 308 towards a second port of ours: nothing comes there.",
    ),
    row(
        "RETRY-10",
        Should,
        "Agencies whose deliveries fail or hang do not hold up the others",
        "plain safety",
        "From agreement to first attempt for healthy agencies, alone and beside failing and hanging ones.",
    ),
    row(
        "RETRY-11",
        Info,
        "How retries are spaced: gaps, growth, jitter, time-out per attempt, Retry-After",
        "guide, step 4 (retry policy)",
        "Measured over all failing deliveries, and drawn.",
    ),
    row(
        "RETRY-12",
        Should,
        "Attempts of one delivery do not overlap",
        "plain safety",
        "A slow receiver: no attempt begins before the one before it has ended.",
    ),
    row(
        "NOTICE-1",
        Must,
        "After the last failed attempt the developer's address gets an e-mail",
        "guide, step 4 (retry policy)",
        "The mailbox after one exhausted delivery, then after three in a row, since the guide speaks of all \
         attempts and of consecutive failures. Fails only after `notice_after` of them; without that key an \
         e-mail that did not come is inconclusive.",
    )
    .about("mailbox"),
    row(
        "NOTICE-2",
        Must,
        "No such e-mail is sent when an attempt succeeded",
        "guide, step 4 (retry policy)",
        "Failed attempts followed by a 200; the mailbox is watched through the quiet window.",
    )
    .about("mailbox"),
    row(
        "NOTICE-3",
        Should,
        "The e-mail lets one tell the agency, and never holds its key",
        "plain safety",
        "Every e-mail that came is searched for the key in its encodings, and for the agencyId or the agency's \
         name.",
    )
    .about("mailbox"),
    row(
        "NOTICE-4",
        Should,
        "There is one e-mail at most for an exhausted delivery, and none before its last attempt",
        "plain safety",
        "E-mails are counted and their times compared with the last attempt's.",
    )
    .about("mailbox"),
    row(
        "PUSH-1",
        Must,
        "The delivered key opens the Listing API: a listing is accepted",
        "guide, step 5",
        "One listing pushed with `x-api-key`: a 2xx.",
    ),
    row(
        "PUSH-2",
        Must,
        "A listing can be updated with the key that created it",
        "guide, step 5",
        "With `listing.read`: afterwards there is one listing, changed. Without it, acceptance alone is judged, \
         and the report says so.",
    ),
    row(
        "PUSH-3",
        Must,
        "Without the agency's key the Listing API refuses",
        "guide, step 5",
        "No key, a made-up one, one of the right form, the right one with one character changed, and the bearer token in \
         its place, each beside the accepted twin.",
    ),
    row(
        "PUSH-4",
        Must,
        "One agency's key cannot change another agency's listing",
        "guide, step 5 (on the agency's behalf)",
        "With `listing.read`: the other's listing is as it was. Without it a refusal passes, and anything else is \
         inconclusive.",
    ),
    row(
        "PUSH-5",
        Should,
        "A malformed listing is refused with a 4xx and never meets a 5xx",
        "RFC 9110 §15.5.1, plain safety",
        "Broken JSON, wrong types, an empty body and an oversized one, each beside the accepted twin.",
    ),
    row(
        "PUSH-5b",
        Must,
        "A body that is no JSON is never accepted as a listing",
        "guide, step 5",
        "A listing that breaks off in its middle, beside the accepted twin: what cannot be read cannot be listed.",
    ),
    row(
        "PUSH-6",
        Must,
        "No accepted listing is lost: as many are there as were pushed",
        "guide, step 5",
        "Listings accepted are compared with those that `listing.read` gives back; not applicable without it.",
    ),
    row(
        "PUSH-7",
        Should,
        "A listing's text comes back unchanged",
        "RFC 8259 §8.1, plain safety",
        "Unicode, quotes and line ends, pushed and read back; not applicable without `listing.read`.",
    ),
    row(
        "PUSH-8",
        Info,
        "How many listings a second are taken, and how fast, at the profile's load",
        "guide, step 5",
        "Measured in a load stage, whose own thresholds judge it.",
    ),
];
