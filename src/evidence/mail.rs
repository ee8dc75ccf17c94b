use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Header;

/// One e-mail that reached the developer's mailbox.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Mail {
    /// Its number in the evidence.
    pub id: u64,
    /// When its last byte came, or when it was first seen in a mailbox that is asked again and again, in milliseconds of
    /// the run's clock.
    pub at_ms: f64,
    /// The sender of the envelope, secrets masked; empty where the mailbox does not tell.
    pub from: String,
    /// The recipients of the envelope, secrets masked.
    pub to: Vec<String>,
    /// Whether the developer's registered address is among the recipients.
    pub registered: bool,
    /// The agencyIds of this run that it names: by the id itself, or by the random part of it.
    pub agencies: Vec<String>,
    /// The agencyIds of the agencies whose account it names; several where they share one.
    pub accounts: Vec<String>,
    /// Where a key of this run stands in it, in whichever encoding.
    pub keys: Vec<KeyInMail>,
    /// The subject, decoded, secrets masked.
    pub subject: String,
    /// The headers in their order and case, secrets and long random words masked.
    pub headers: Vec<Header>,
    /// The text of its parts, decoded, secrets and long random words masked, cut at 16 KiB.
    pub text: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A key of this run within an e-mail.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub struct KeyInMail {
    /// The key's fingerprint.
    pub key: String,
    /// Where it stands: `subject`, `header NAME`, `text`, `attachment`, `envelope`, or `source` as a whole.
    pub place: String,
    /// How it is written there, such as `raw` or `base64`.
    pub encoding: String,
}

/// A stretch of time in which mail was taken, or asked for.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct MailWatch {
    /// Its begin, in milliseconds of the run's clock.
    pub from_ms: f64,
    /// Its end.
    pub to_ms: f64,
    /// Why mail may have been missed in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}
