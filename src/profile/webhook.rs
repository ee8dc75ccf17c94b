use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HttpUrl, Listen};

/// `webhook`: where deliveries arrive. It is registered with Matchouse long before a run, so nothing of it is made up.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, expecting = "a table with `listen` and `public_url`")]
pub struct Webhook {
    /// The address of this machine on which the receiver listens: `"0.0.0.0:8443"`.
    pub listen: Listen,
    /// The URL as registered with Matchouse, path and query included: `"https://hooks.example/matchproof/3f9a"`.
    pub public_url: HttpUrl,
}

/// `mailbox`: where the platform's e-mails to the developer arrive.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, expecting = "a table with `smtp` and `address`")]
pub struct Mailbox {
    /// The address of this machine on which mail is taken by SMTP: `"0.0.0.0:2525"`.
    pub smtp: Listen,
    /// The developer's address as registered with Matchouse: `"dev@partner.example"`.
    pub address: String,
}
