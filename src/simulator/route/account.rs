use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{either, listing};
use crate::simulator::{answer, behaviour::KeyScope, platform::Platform};

/// `GET /account`: whose key this is.
pub(super) async fn whose(State(platform): State<Arc<Platform>>, headers: HeaderMap) -> Response {
    either(listing::authorise(&platform, &headers).map(|number| describe(&platform, number)))
}

fn describe(platform: &Platform, number: usize) -> Response {
    let state = platform.state();
    let Some(connection) = state.connections.get(number) else {
        return answer::json(StatusCode::OK, &json!({}));
    };
    let account = state.accounts.get(connection.account);
    let mut about = json!({
        "account": account.map(|account| account.name.as_str()),
        "email": account.map(|account| account.email.as_str()),
    });
    // A key of the account alone says nothing of an agency.
    if platform.behaviour.keys.scope == KeyScope::AccountAndAgency {
        about["agencyId"] = connection.agency.as_str().into();
    }
    answer::json(StatusCode::OK, &about)
}
