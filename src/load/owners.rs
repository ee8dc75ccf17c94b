//! Asks whose the delivered keys are, once a load is over: each must be its account's own.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::timeout;

use super::{
    engine::{Answer, Connections, Keep, Trouble},
    facts::Owners,
    listings::{API_KEY, Listings},
    lost::PATIENCE,
    route::{Route, value},
};
use crate::{agency::Agency, secret::Secret, step::names};

/// Asks about keys, each with the number of the account for which it was delivered. Nothing where the profile does not say
/// whom to ask.
pub(super) async fn ask(listings: &Listings, agency: &Agency, keys: &[(usize, Secret)]) -> Option<Owners> {
    let mut all = Owners::default();
    let route = match listings.owner() {
        Ok(route) => route?,
        Err(what) => return Some(Owners { trouble: Some(what), ..all }),
    };
    let accounts: BTreeMap<usize, String> = keys
        .iter()
        .filter_map(|(account, _)| Some((*account, agency.account_name(*account).filter(|name| !name.is_empty())?)))
        .collect();
    let mut connections = Connections::default();
    for (account, key) in keys {
        match answer(&mut connections, &route, key).await {
            Ok(json) => all.note(&json, *account, &accounts),
            Err(what) => {
                all.trouble = Some(what);
                break;
            }
        }
    }
    Some(all)
}

impl Owners {
    /// Takes an answer about the key that was delivered for this account.
    fn note(&mut self, json: &Value, account: usize, accounts: &BTreeMap<usize, String>) {
        let own = accounts.get(&account);
        let is_anothers = |name: &String| Some(name) != own && names(json, name);
        if accounts.values().any(is_anothers) {
            self.anothers += 1;
        } else if own.is_some_and(|name| names(json, name)) {
            self.own += 1;
        } else {
            self.nobodys += 1;
        }
    }
}

async fn answer(connections: &mut Connections, route: &Route, key: &Secret) -> Result<Value, String> {
    let mut call = route.call_about("", "", Bytes::new());
    call.headers_mut().insert(API_KEY, value(key.expose())?);
    let answered = timeout(PATIENCE, connections.send(&route.destination, &mut Some(call), Keep::List)).await;
    let answered = answered.unwrap_or(Err(Trouble::TimedOut));
    let Answer { status, body, .. } =
        answered.map_err(|trouble| format!("whose a key is could not be asked: {}", trouble.word()))?;
    if !status.is_success() {
        return Err(format!("whose a key is could not be asked: status {}", status.as_u16()));
    }
    serde_json::from_slice(&body).map_err(|_| "whose a key is was answered with no JSON".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_its_accounts_or_anothers_or_nobodys() {
        let accounts = BTreeMap::from([(0, "a@x.example".to_owned()), (1, "b@x.example".to_owned())]);
        let mut owners = Owners::default();
        for named in [json!({ "email": "A@x.example" }), json!(["b@x.example"]), json!({ "id": 7 })] {
            owners.note(&named, 0, &accounts);
        }
        assert_eq!((owners.own, owners.anothers, owners.nobodys), (1, 1, 1));
    }
}
