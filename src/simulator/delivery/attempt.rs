use std::{error::Error as _, io, time::Duration};

use http::{Method, StatusCode, header};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::{
    secret::Secret,
    simulator::{
        behaviour::{AgencyField, Behaviour, ContentType, Loss, Redirects, Retry, Target},
        text,
    },
};

/// How much of a receiver's answer is read, in bytes.
const READ: usize = 64 << 10;

/// How many redirects in a row are followed, by a platform that follows them.
const FOLLOWED: usize = 5;

/// What came of an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// The receiver answered.
    Answered {
        status: u16,
        /// The wait that it asked for in seconds (RFC 9110 §10.2.3).
        retry_after: Option<Duration>,
    },
    /// No whole answer came.
    Lost(Loss),
    /// It is still under way; the next one begins nevertheless.
    Open,
}

impl Outcome {
    pub(super) fn is_success(&self, retry: &Retry) -> bool {
        matches!(self, Outcome::Answered { status, .. } if retry.success.iter().any(|range| range.contains(status)))
    }

    pub(super) fn is_retried(&self, retry: &Retry) -> bool {
        match self {
            Outcome::Answered { status, .. } => !retry.gives_up_on.iter().any(|range| range.contains(status)),
            Outcome::Lost(loss) => !retry.gives_up_after.contains(loss),
            Outcome::Open => true,
        }
    }

    fn of_error(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Outcome::Lost(Loss::TimedOut);
        }
        if error.is_connect() {
            return Outcome::Lost(Loss::Refused);
        }
        let mut cause = error.source();
        while let Some(error) = cause {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            let unparsed = error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse);
            if unparsed || matches!(kind, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)) {
                return Outcome::Lost(Loss::Malformed);
            }
            if matches!(kind, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)) {
                return Outcome::Lost(Loss::Reset);
            }
            cause = error.source();
        }
        Outcome::Lost(Loss::Closed)
    }
}

/// What is sent.
pub(super) struct Sending {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) content_type: Option<&'static str>,
    pub(super) body: String,
}

impl Sending {
    pub(super) fn new(behaviour: &Behaviour, webhook: &Url, key: &Secret, agency: &str) -> Self {
        let delivery = &behaviour.delivery;
        let key = if delivery.key_empty { "" } else { key.expose() };
        let fields = fields(behaviour, key, agency);
        let (content_type, body) = match delivery.content_type {
            ContentType::Json => (Some("application/json"), fields_as_json(fields)),
            ContentType::JsonCharset => (Some("application/json; charset=utf-8"), fields_as_json(fields)),
            ContentType::Text => (Some("text/plain"), fields_as_json(fields)),
            ContentType::Unsaid => (None, fields_as_json(fields)),
            ContentType::Form => (Some("application/x-www-form-urlencoded"), fields_as_form(&fields)),
        };
        let method = Method::from_bytes(delivery.method.as_bytes()).unwrap_or(Method::POST);
        Self { method, url: target(delivery.target, webhook, key), content_type, body }
    }

    /// Sends it and reads the answer.
    pub(super) async fn send(mut self, http: &reqwest::Client, redirects: Redirects) -> Outcome {
        let mut first = None;
        for _ in 0..=FOLLOWED {
            let (outcome, next) = self.send_once(http).await;
            match next.filter(|_| redirects != Redirects::Fail) {
                Some(next) => {
                    self.url = next;
                    first.get_or_insert(outcome);
                }
                None if redirects == Redirects::Follow => return outcome,
                None => return first.unwrap_or(outcome),
            }
        }
        first.unwrap_or(Outcome::Lost(Loss::Closed))
    }

    async fn send_once(&self, http: &reqwest::Client) -> (Outcome, Option<Url>) {
        let mut request = http.request(self.method.clone(), self.url.clone()).body(self.body.clone());
        if let Some(content_type) = self.content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        match request.send().await {
            Ok(response) => self.read(response).await,
            Err(error) => (Outcome::of_error(&error), None),
        }
    }

    /// Reads an answer to its end: one that breaks off is none.
    async fn read(&self, mut response: reqwest::Response) -> (Outcome, Option<Url>) {
        let status = response.status();
        let field = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let next = field(header::LOCATION).filter(|_| is_redirect(status)).and_then(|to| self.url.join(to).ok());
        let retry_after = field(header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let mut length = 0;
        while length < READ {
            match response.chunk().await {
                Ok(Some(chunk)) => length += chunk.len(),
                Ok(None) => break,
                Err(error) => return (Outcome::of_error(&error), None),
            }
        }
        (Outcome::Answered { status: status.as_u16(), retry_after }, next)
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn fields(behaviour: &Behaviour, key: &str, agency: &str) -> Vec<(&'static str, Value)> {
    let delivery = &behaviour.delivery;
    let mut fields: Vec<(&'static str, Value)> = Vec::new();
    fields.extend(delivery.key_name.map(|name| (name, key.into())));
    fields.extend(match delivery.agency {
        AgencyField::Text => Some(("agencyId", agency.into())),
        AgencyField::NumberLike => Some(("agencyId", text::number(agency).map_or(agency.into(), Value::Number))),
        AgencyField::Absent => None,
    });
    fields.extend(delivery.extra.iter().map(|(name, value)| (*name, Value::from(*value))));
    fields
}

fn fields_as_json(fields: Vec<(&'static str, Value)>) -> String {
    let members: Map<String, Value> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Value::Object(members).to_string()
}

fn fields_as_form(fields: &[(&'static str, Value)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
    }
    form.finish()
}

fn target(target: Target, webhook: &Url, key: &str) -> Url {
    let mut url = webhook.clone();
    match target {
        Target::Registered => {}
        Target::WithoutQuery => url.set_query(None),
        Target::Slashed => url.set_path(&format!("{}/", webhook.path())),
        Target::Cut => {
            let kept = webhook.path().rsplit_once('/').map_or("/", |(kept, _)| kept);
            url.set_path(kept);
        }
        Target::WithKey => {
            url.query_pairs_mut().append_pair("x-api-key", key);
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sending(alter: impl Fn(&mut Behaviour)) -> Sending {
        let mut behaviour = Behaviour::brisk();
        alter(&mut behaviour);
        let webhook = Url::parse("http://crm.example/hooks/matchouse?tenant=1").unwrap();
        Sending::new(&behaviour, &webhook, &Secret::new("k&y"), "0042")
    }

    #[test]
    fn a_delivery_is_what_the_guide_says() {
        let sent = sending(|_| {});
        assert_eq!(sent.method, Method::POST);
        assert_eq!(sent.url.as_str(), "http://crm.example/hooks/matchouse?tenant=1");
        assert_eq!(sent.content_type, Some("application/json"));
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        assert_eq!(body, serde_json::json!({"x-api-key": "k&y", "agencyId": "0042"}));
    }

    #[test]
    fn targets_go_astray_as_they_say() {
        for (target, url) in [
            (Target::WithoutQuery, "http://crm.example/hooks/matchouse"),
            (Target::Slashed, "http://crm.example/hooks/matchouse/?tenant=1"),
            (Target::Cut, "http://crm.example/hooks?tenant=1"),
            (Target::WithKey, "http://crm.example/hooks/matchouse?tenant=1&x-api-key=k%26y"),
        ] {
            assert_eq!(sending(|behaviour| behaviour.delivery.target = target).url.as_str(), url);
        }
    }

    #[test]
    fn bodies_go_wrong_as_they_say() {
        let body = |alter: fn(&mut Behaviour)| sending(alter).body;
        assert_eq!(body(|b| b.delivery.content_type = ContentType::Form), "x-api-key=k%26y&agencyId=0042");
        assert_eq!(body(|b| b.delivery.key_name = None), r#"{"agencyId":"0042"}"#);
        let number = body(|b| b.delivery.agency = AgencyField::NumberLike);
        assert!(number.contains(r#""agencyId":42"#), "{number}");
        assert!(body(|b| b.delivery.key_empty = true).contains(r#""x-api-key":"""#));
        assert!(!body(|b| b.delivery.agency = AgencyField::Absent).contains("agencyId"));
    }

    #[test]
    fn outcomes_are_judged_by_the_behaviour() {
        let answered = |status| Outcome::Answered { status, retry_after: None };
        let mut retry = Retry::default();
        assert!(answered(200).is_success(&retry));
        for status in [201, 202, 204, 302, 404, 429, 500, 503] {
            assert!(!answered(status).is_success(&retry) && answered(status).is_retried(&retry), "{status}");
        }
        retry.gives_up_on = vec![400..=499];
        retry.gives_up_after = vec![Loss::Reset];
        assert!(!answered(404).is_retried(&retry) && answered(500).is_retried(&retry));
        assert!(!Outcome::Lost(Loss::Reset).is_retried(&retry) && Outcome::Lost(Loss::Closed).is_retried(&retry));
    }
}
