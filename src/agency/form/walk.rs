//! Going from page to page: cookies, redirects, and which hosts may be gone to.

use cookie_store::CookieStore;
use http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use rand::distr::{Alphanumeric, SampleString};
use scraper::Html;
use url::Url;

use super::{
    page::View,
    read,
    role::{Role, role},
};
use crate::{
    agency::{Browser, Page, PageRequest},
    secret::Secret,
};

/// How many redirects of one request are followed.
const MOST_REDIRECTS: usize = 10;

/// Where a request led.
pub(super) enum Landing {
    /// To a page, or at least to an answer.
    Page(Box<View>),
    /// Out of the hosts that may be gone to: to this one.
    Left(String),
    /// Nowhere, for this reason.
    Trouble(String),
}

/// What is sent to an address.
pub(super) struct Going {
    pub(super) url: Url,
    pub(super) post: bool,
    /// The content type and the body.
    pub(super) body: Option<(String, Secret)>,
    /// The page from which it is sent.
    pub(super) from: Option<Url>,
}

/// One walk through the pages behind a link.
pub(super) struct Walker<'a> {
    browser: &'a dyn Browser,
    jar: &'a mut CookieStore,
    own: Url,
    allowed: &'a [String],
    pub(super) exchanges: Vec<u64>,
    pub(super) status: u16,
    /// Whether the last request was answered by a redirect.
    pub(super) redirected: bool,
}

impl<'a> Walker<'a> {
    /// A walk that begins at `link`, whose host is one that may be gone to.
    pub(super) fn new(browser: &'a dyn Browser, jar: &'a mut CookieStore, link: Url, allowed: &'a [String]) -> Self {
        Self { browser, jar, own: link, allowed, exchanges: Vec::new(), status: 0, redirected: false }
    }

    /// Sends a request and follows redirects (RFC 9110, section 15.4) to allowed hosts.
    pub(super) async fn go(&mut self, mut going: Going) -> Landing {
        for hop in 0..=MOST_REDIRECTS {
            self.redirected = hop > 0;
            match self.refusal(&going) {
                Some(Landing::Left(host)) if hop == 0 => return Landing::Trouble(not_allowed(&host)),
                Some(refused) => return refused,
                None => {}
            }
            let page = self.fetch(&going).await;
            if let Some(trouble) = page.trouble {
                return Landing::Trouble(trouble);
            }
            let next = match location(&page, &going.url) {
                Some(Err(scheme)) => return Landing::Trouble(format!("a redirect leads to a `{scheme}:` address")),
                Some(Ok(next)) => next,
                None => {
                    let view = view(&page, &going.url);
                    match view.refresh.clone().filter(|_| !has_forms(&view)) {
                        Some(next) if next != going.url => next,
                        _ => return Landing::Page(Box::new(view)),
                    }
                }
            };
            going = follow(going, next, page.status);
        }
        Landing::Trouble(format!("more than {MOST_REDIRECTS} redirects follow one another"))
    }

    /// Why an address may not be gone to.
    fn refusal(&self, going: &Going) -> Option<Landing> {
        let url = &going.url;
        let downgrade = url.scheme() == "http" && going.from.as_ref().is_some_and(|from| from.scheme() == "https");
        match url.scheme() {
            "http" | "https" if !self.is_allowed(url) => Some(Landing::Left(host(url))),
            "http" if downgrade => Some(Landing::Trouble("a page leads from https to http".to_owned())),
            "http" | "https" => None,
            scheme => Some(Landing::Trouble(format!("a page leads to a `{scheme}:` address"))),
        }
    }

    /// The link's own host and port may be gone to, and what the profile allows: a host, or a host and its port.
    fn is_allowed(&self, url: &Url) -> bool {
        let default_ports = [url, &self.own].iter().all(|url| url.port().is_none());
        let same_port = default_ports || url.port_or_known_default() == self.own.port_or_known_default();
        let listed = |allowed: &String| {
            let name = url.host_str().unwrap_or_default();
            allowed.eq_ignore_ascii_case(name)
                || url
                    .port_or_known_default()
                    .is_some_and(|port| allowed.eq_ignore_ascii_case(&format!("{name}:{port}")))
        };
        url.host() == self.own.host() && same_port || self.allowed.iter().any(listed)
    }

    async fn fetch(&mut self, going: &Going) -> Page {
        let request = PageRequest {
            method: if going.post { "POST" } else { "GET" },
            url: Secret::new(going.url.as_str()),
            headers: self.headers(going),
            body: going.body.clone(),
        };
        let page = self.browser.fetch(request).await;
        self.exchanges.push(page.exchange);
        self.status = page.status;
        for cookie in page.headers.get_all(SET_COOKIE) {
            // A cookie that is not kept is the page's own loss, as in every browser.
            if let Ok(cookie) = cookie.to_str() {
                let _ = self.jar.parse(cookie, &going.url);
            }
        }
        page
    }

    fn headers(&self, going: &Going) -> Vec<(String, Secret)> {
        let mut headers = vec![
            ("Accept".to_owned(), Secret::new("text/html,application/xhtml+xml,*/*;q=0.8")),
            ("Accept-Language".to_owned(), Secret::new("en-GB,en;q=0.9")),
        ];
        let cookies: Vec<_> =
            self.jar.get_request_values(&going.url).map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            headers.push(("Cookie".to_owned(), Secret::new(cookies.join("; "))));
        }
        if let Some(from) = &going.from {
            // What browsers do by themselves, and what pages check against forged requests.
            let same = from.origin() == going.url.origin();
            let mut referer = if same { from.clone() } else { origin_url(from) };
            referer.set_fragment(None);
            headers.push(("Referer".to_owned(), Secret::new(referer.as_str())));
            if going.post {
                headers.push(("Origin".to_owned(), Secret::new(from.origin().ascii_serialization())));
            }
        }
        headers
    }
}

/// That a page leads to a host that may not be gone to, and what to do.
pub(super) fn not_allowed(host: &str) -> String {
    format!("the page leads to {host}, which is not allowed; add it to `allowed_hosts` if it belongs to the login")
}

/// The body of a form, as its kind wants it: the content type and the text.
pub(super) fn encode(pairs: &[(String, Secret)], multipart: bool) -> (String, Secret) {
    if !multipart {
        return ("application/x-www-form-urlencoded".to_owned(), Secret::new(query(pairs)));
    }
    let boundary = format!("form-{}", Alphanumeric.sample_string(&mut rand::rng(), 24));
    let quoted = |name: &str| name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let part = |(name, value): &(String, Secret)| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
            quoted(name),
            value.expose()
        )
    };
    let parts: Vec<String> = pairs.iter().map(part).collect();
    (format!("multipart/form-data; boundary={boundary}"), Secret::new(format!("{}--{boundary}--\r\n", parts.concat())))
}

/// The pairs as a query.
pub(super) fn query(pairs: &[(String, Secret)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().map(|(name, value)| (name, value.expose())));
    query.finish()
}

/// A host with its port, for a reader.
pub(super) fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

fn origin_url(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin
}

/// Where a redirect leads; an address that is not HTTP's is told by its scheme.
fn location(page: &Page, url: &Url) -> Option<Result<Url, String>> {
    if !matches!(page.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let target = std::str::from_utf8(page.headers.get(LOCATION)?.as_bytes()).ok()?;
    let next = url.join(target.trim()).ok()?;
    Some(if matches!(next.scheme(), "http" | "https") { Ok(next) } else { Err(next.scheme().to_owned()) })
}

/// The next request after a redirect: 307 and 308 keep what is sent, all others fetch (RFC 9110, section 15.4).
fn follow(going: Going, next: Url, status: u16) -> Going {
    let keeps = matches!(status, 307 | 308);
    Going {
        post: going.post && keeps,
        body: going.body.filter(|_| keeps),
        from: going.from.or(Some(going.url)),
        url: next,
    }
}

fn view(page: &Page, url: &Url) -> View {
    let kind = page.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("text/html");
    let html = kind.to_ascii_lowercase().contains("html");
    if html {
        page.body.read(|html| read::read(url, page.status, html))
    } else {
        read::read(url, page.status, &Html::new_document())
    }
}

fn has_forms(view: &View) -> bool {
    view.forms.iter().any(|form| role(view, form) != Role::Aside)
}
