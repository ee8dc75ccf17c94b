use url::Url;

use super::{Candidate, Ranking, UNNAMED, folded, strings};
use crate::{dialect::Place, markup, wire::Raw};

/// Folded names under which the signed URL is likely, best first.
const NAMES: &[&str] = &[
    "signedurl",
    "signedlink",
    "integrationurl",
    "integrationlink",
    "connecturl",
    "connectionurl",
    "authorizationurl",
    "authorisationurl",
    "authurl",
    "url",
    "link",
    "integration",
    "redirecturl",
    "redirecturi",
    "redirectto",
    "redirect",
    "location",
    "href",
    "uri",
];

/// The rank of a URL whose name holds one of the usual words for it.
const SOME_URL: u8 = 30;
/// The rank of a URL whose name says that it is another.
const OTHER_URL: u8 = 90;
/// The rank of a page's link: the last.
const PAGE_LINK: u8 = 100;

/// Parts of folded names of other URLs.
const OTHER_PURPOSE: &[&str] = &[
    "doc", "help", "support", "logo", "icon", "image", "terms", "privacy", "policy", "webhook", "callback", "self",
    "base", "status", "schema", "type", "home", "issuer", "error", "about", "contact",
];

/// What may be the signed URL of an answer of `/crm/integrate`, best first: absolute http and https URLs only.
#[must_use]
pub fn link_candidates(raw: &Raw) -> Vec<Candidate> {
    let mut ranking = Ranking::default();
    if let Some(url) = raw.header("location").filter(|value| is_absolute_url(value.trim())) {
        // The address of what was made (RFC 9110, section 10.2.2) when it is no redirect; still likely the link.
        ranking.offer(if raw.is_success() { 9 } else { 0 }, Place::Header("location".into()), url.trim());
    }
    let body = raw.body.expose();
    match raw.json() {
        Some(json) => {
            for (pointer, name, text) in strings(&json) {
                if is_absolute_url(text.trim()) {
                    ranking.offer(rank(&folded(&name)), Place::Json(pointer), text.trim());
                }
            }
        }
        None if is_absolute_url(body.trim()) => ranking.offer(UNNAMED - 1, Place::Text, body.trim()),
        None => {
            if let Some(href) = first_href(body) {
                ranking.offer(PAGE_LINK, Place::Html, &href);
            }
        }
    }
    ranking.finish()
}

fn rank(name: &str) -> u8 {
    let known = NAMES.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok());
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match known {
        Some(rank) => rank,
        None if holds(OTHER_PURPOSE) => OTHER_URL,
        None if holds(&["url", "uri", "link", "redirect", "href"]) => SOME_URL,
        None => UNNAMED,
    }
}

/// Whether a text is one absolute http or https URL and nothing else.
#[must_use]
pub fn is_absolute_url(text: &str) -> bool {
    let scheme = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    (scheme("http://") || scheme("https://"))
        && !text.contains(|character: char| {
            character.is_whitespace() || character.is_control() || "<>\"".contains(character)
        })
        && Url::parse(text).is_ok_and(|url| url.host_str().is_some_and(|host| !host.is_empty()))
}

/// The first absolute link of an HTML text that is not to a document about something.
pub(super) fn first_href(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('<') {
        return None;
    }
    let page = markup::parse(text);
    let anchors = page.root_element().descendent_elements().filter(|element| element.value().name() == "a");
    let hrefs = anchors.filter_map(|anchor| anchor.attr("href")).map(str::trim).filter(|href| is_absolute_url(href));
    hrefs.min_by_key(|href| OTHER_PURPOSE.iter().any(|part| href.contains(part))).map(str::to_owned)
}
