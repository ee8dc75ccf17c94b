//! The guide's calls.

use url::Url;

use super::{Call, Origin};
use crate::evidence::Endpoint;

/// What a CRM's client says that it takes. Some frameworks answer a call without it with a page, or with a redirect.
const ACCEPT: (&str, &str) = ("Accept", "application/json, text/plain, */*");

/// The URL of `path` under a base URL, whether that has a path of its own, and a slash at its end, or not.
#[must_use]
pub fn join(base: &Url, path: &str) -> String {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    format!("{}/{}", url.as_str().trim_end_matches('/'), path.trim_start_matches('/'))
}

/// Step 1: the call of `/crm/oauth`.
///
/// A header whose value is `None` is not sent. `secret` may be a fingerprint of the vault or a text; `method` is `POST`
/// but for checks of other methods.
#[must_use]
pub fn oauth(base: &Url, origin: Origin, id: Option<&str>, secret: Option<&str>, method: &str) -> Call {
    let named = [("x-crm-client-id", id), ("x-crm-client-secret", secret)];
    let chosen = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    Call {
        origin,
        endpoint: Endpoint::Oauth,
        method: method.to_owned(),
        url: join(base, "crm/oauth"),
        headers: headers(chosen.chain([ACCEPT])),
        body: None,
    }
}

/// Step 2: the call of `/crm/integrate` with a body of JSON.
///
/// `authorization` is the header's whole value, such as `Bearer mp-token-…`; without one the header is not sent.
#[must_use]
pub fn integrate(base: &Url, origin: Origin, authorization: Option<&str>, body: String) -> Call {
    let chosen = authorization.map(|value| ("Authorization", value)).into_iter();
    Call {
        origin,
        endpoint: Endpoint::Integrate,
        method: "POST".to_owned(),
        url: join(base, "crm/integrate"),
        headers: headers(chosen.chain([("Content-Type", "application/json"), ACCEPT])),
        body: Some(body),
    }
}

fn headers<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_joins_with_and_without_path_and_slash() {
        for (base, joined) in [
            ("https://x.example", "https://x.example/crm/oauth"),
            ("https://x.example/", "https://x.example/crm/oauth"),
            ("https://x.example/api", "https://x.example/api/crm/oauth"),
            ("https://x.example:8443/api/v1//", "https://x.example:8443/api/v1/crm/oauth"),
            ("https://x.example/api?tenant=1#top", "https://x.example/api/crm/oauth"),
        ] {
            assert_eq!(join(&base.parse().unwrap(), "/crm/oauth"), joined);
        }
    }

    #[test]
    fn a_header_without_a_value_is_not_sent() {
        let base = "https://x.example".parse().unwrap();
        let names = |call: Call| call.headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(oauth(&base, Origin::default(), None, Some(""), "POST")), ["x-crm-client-secret", "Accept"]);
        assert_eq!(names(integrate(&base, Origin::default(), None, "{}".into())), ["Content-Type", "Accept"]);
    }
}
