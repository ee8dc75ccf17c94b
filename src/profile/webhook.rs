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
#[serde(deny_unknown_fields, expecting = "a table with `address`, and one of `smtp` and `mailpit`")]
pub struct Mailbox {
    /// The address of this machine on which mail is taken by SMTP: `"0.0.0.0:2525"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Listen>,
    /// The URL of a Mailpit that takes the mail instead, and is asked for it: `"http://127.0.0.1:8025"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailpit: Option<HttpUrl>,
    /// The developer's address as registered with Matchouse: `"dev@partner.example"`.
    pub address: String,
}

/// How mail gets to us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MailDriver<'a> {
    /// It is taken by SMTP at this address.
    Smtp(Listen),
    /// This Mailpit is asked for it.
    Mailpit(&'a HttpUrl),
}

impl Mailbox {
    /// The driver that is given; one, once the profile was checked.
    #[must_use]
    pub fn driver(&self) -> Option<MailDriver<'_>> {
        self.drivers().next()
    }

    /// Every driver that is given.
    pub(super) fn drivers(&self) -> impl Iterator<Item = MailDriver<'_>> {
        let smtp = self.smtp.map(MailDriver::Smtp);
        smtp.into_iter().chain(self.mailpit.as_ref().map(MailDriver::Mailpit))
    }
}
