//! Answers: values in their places, and refusals.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{
    behaviour::{Place, Reaction, Refusal, RefusalBody},
    text,
};

/// A JSON answer.
pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// An answer with `value` at `place`; `others` stand beside it where the answer is JSON.
pub(super) fn placed(status: u16, place: Place, value: &str, others: Map<String, Value>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    match place {
        Place::Json(path) => {
            let (outer, name) = path.split_last().map_or((&[][..], "value"), |(name, outer)| (outer, *name));
            let mut members = others;
            members.insert(name.to_owned(), value.into());
            let nested = outer.iter().rfold(Value::Object(members), |inner, name| json!({ *name: inner }));
            json(status, &nested)
        }
        Place::Header(name) => {
            let mut response = status.into_response();
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
            response
        }
        Place::Html => {
            let page = format!(
                "<!doctype html><html lang=\"en\"><title>Matchouse</title><p><a href=\"{}\">Continue</a></p></html>",
                minijinja::HtmlEscape(value)
            );
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
        }
        Place::Text => {
            (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], value.to_owned()).into_response()
        }
    }
}

/// A refusal of wrong credentials, tokens or keys.
pub(super) fn unauthorized(refusal_form: Refusal, why: &str) -> Response {
    refusal(refusal_form, StatusCode::from_u16(refusal_form.unauthorized).unwrap_or(StatusCode::UNAUTHORIZED), why)
}

/// A refusal of input that cannot be taken.
pub(super) fn invalid(refusal_form: Refusal, why: &str) -> Response {
    refusal(refusal_form, StatusCode::from_u16(refusal_form.invalid).unwrap_or(StatusCode::BAD_REQUEST), why)
}

/// The answer to an input, where the reaction to it is not to take it.
pub(super) fn reaction(reaction: Reaction, refused: impl FnOnce() -> Response) -> Result<(), Box<Response>> {
    match reaction {
        Reaction::Accept => Ok(()),
        Reaction::Refuse => Err(refused().into()),
        Reaction::Crash => Err(crash().into()),
    }
}

/// The answer of a server that fell over.
pub(super) fn crash() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response()
}

/// A refusal in the platform's form.
pub(super) fn refusal(form: Refusal, status: StatusCode, why: &str) -> Response {
    let trace = text::unguessable();
    match form.body {
        RefusalBody::Json => json(status, &json!({ "error": why })),
        RefusalBody::Problem => {
            let problem = json!({
                "type": "https://docs.matchouse.example/problems/refused",
                "title": status.canonical_reason().unwrap_or("Refused"),
                "status": status.as_u16(),
                "detail": why,
                "instance": format!("https://status.matchouse.example/incidents/{trace}"),
                "traceId": trace,
            });
            (status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
        }
        RefusalBody::Html => {
            let page = format!(
                "<!doctype html><html lang=\"en\"><title>{status}</title><h1>{status}</h1><p>{why}.</p>\
                 <p>Reference: <code>{trace}</code></p>\
                 <p><a href=\"https://help.matchouse.example/articles/{trace}\">Help</a> \
                 <a href=\"https://www.matchouse.example/\">Home</a></p></html>"
            );
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
        }
        RefusalBody::Empty => (status, Body::empty()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_value_stands_at_its_place() {
        let others = || json!({"expires_in": 5}).as_object().cloned().unwrap();
        let flat = placed(200, Place::Json(&["token"]), "t", others());
        assert_eq!(body(flat).await, r#"{"expires_in":5,"token":"t"}"#);
        let nested = placed(200, Place::Json(&["data", "token"]), "t", Map::new());
        assert_eq!(body(nested).await, r#"{"data":{"token":"t"}}"#);
        let header = placed(201, Place::Header("location"), "/a", others());
        assert_eq!((header.status().as_u16(), header.headers()["location"].as_bytes()), (201, &b"/a"[..]));
        let page = body(placed(200, Place::Html, "/a?b&c", Map::new())).await;
        assert!(page.contains("href=\"&#x2f;a?b&amp;c\""), "{page}");
        assert_eq!(body(placed(200, Place::Text, "t", others())).await, "t");
    }

    #[tokio::test]
    async fn refusals_come_in_every_form() {
        for (form, part) in [
            (RefusalBody::Json, r#""error":"no""#),
            (RefusalBody::Problem, r#""detail":"no""#),
            (RefusalBody::Html, "<p>no.</p>"),
            (RefusalBody::Empty, ""),
        ] {
            let response = unauthorized(Refusal { unauthorized: 403, invalid: 422, body: form }, "no");
            assert_eq!(response.status().as_u16(), 403);
            assert!(body(response).await.contains(part), "{form:?}");
        }
    }
}
