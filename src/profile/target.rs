use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, value::MapAccessDeserializer},
};

use super::{
    Agency, Bounded, ClientId, ClientSecret, ClockDriver, HttpUrl, Listing, Load, Login, Mailbox, Rate, Retry,
    Timeouts, Webhook, value::positive,
};
use crate::{clock::Period, dialect::Dialect};

/// `[target.NAME]`: a platform to test, what it offers and what it allows.
///
/// Serialised, it is what a run folder keeps: no secret, and readable again as a target. The profile's name for it and
/// its folder are not part of that.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, expecting = "a table of a target's keys")]
pub struct Target {
    /// Its name in the profile.
    #[serde(skip)]
    pub name: String,
    /// The profile's folder, to which names of files are relative.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Where the keys stand that are fetched from outside.
    #[serde(skip)]
    pub(super) places: BTreeMap<String, String>,

    /// The base URL from Matchouse's e-mail: `"https://staging.example/api"`. The guide's paths are appended to it.
    pub base_url: HttpUrl,
    /// The client id: plain, `{ env = "NAME" }` or `{ file = "NAME" }`.
    pub client_id: ClientId,
    /// Where the client secret is: `{ env = "NAME" }` or `{ file = "NAME" }`.
    pub client_secret: ClientSecret,
    /// Another partner's credentials, to see that one partner's burst does not limit another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Login>,
    /// Where deliveries arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// Where e-mails to the developer arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<Mailbox>,
    /// Who opens links and agrees in the agency's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// Within what time a delivery comes once the agency has agreed. No default: without it, a delivery that did not
    /// come is inconclusive.
    #[serde(default, deserialize_with = "positive", skip_serializing_if = "Option::is_none")]
    pub deliver_within: Option<Period>,
    /// The retry policy.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: Retry,
    /// How many keys one connection delivers for an agency: 1 to 100. No default: they are counted and reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_per_agency: Option<Bounded<1, 100>>,
    /// After how many exhausted deliveries in a row the developer is told: 1 to 100. No default: without it, an e-mail
    /// that did not come is inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_after: Option<Bounded<1, 100>>,
    /// The rate limit, and whether it may be used up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rate: Rate,
    /// Whether deliberately wrong credentials may be sent. Default: on loopback only; see
    /// [`Target::may_probe_secrets`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_secrets: Option<bool>,
    /// The Listing API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// How the target's own time is moved on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockDriver>,
    /// What the target does not have, and why: the names of [`super::CAPABILITIES`]. What is about them is skipped and
    /// does not count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub absent: BTreeMap<String, String>,
    /// The HTTP proxy of our requests. Default: none, whatever the environment says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<HttpUrl>,
    /// PEM files of certificate authorities to trust beside the usual ones, relative to the profile's folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ca: Vec<PathBuf>,
    /// How long our requests wait.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeouts: Timeouts,
    /// Whether and how hard a load stage may press the target.
    #[serde(default, skip_serializing_if = "is_default")]
    pub load: Load,
    /// Where the target puts token and link: a table, or the name of a file that `discover` wrote. Default: found anew
    /// by each run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<DialectSource>,
    /// Values for the parameters of scenarios, by the parameter's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, serde_json::Value>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Target {
    /// A target of which nothing is known but where it is and who we are.
    #[must_use]
    pub fn new(name: impl Into<String>, base_url: HttpUrl, login: Login) -> Self {
        Self {
            name: name.into(),
            folder: PathBuf::new(),
            places: BTreeMap::new(),
            base_url,
            client_id: login.client_id,
            client_secret: login.client_secret,
            second: None,
            webhook: None,
            mailbox: None,
            agency: None,
            deliver_within: None,
            retry: Retry::default(),
            keys_per_agency: None,
            notice_after: None,
            rate: Rate::default(),
            probe_secrets: None,
            listing: None,
            clock: None,
            absent: BTreeMap::new(),
            proxy: None,
            ca: Vec::new(),
            timeouts: Timeouts::default(),
            load: Load::default(),
            dialect: None,
            params: BTreeMap::new(),
        }
    }

    /// What a run folder may keep of the target: everything but secrets, and readable again as a target.
    #[must_use]
    pub fn public(&self) -> serde_json::Value {
        // Every key of a target is text, so that it always makes a JSON object.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Where a file is that the profile names.
    #[must_use]
    pub fn path(&self, named: &Path) -> PathBuf {
        self.folder.join(named)
    }

    /// Whether the target is on this machine, where a run may do what elsewhere needs saying so.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.base_url.is_loopback()
    }

    /// Whether a run may use the rate limit up: `rate.spend`, or else on loopback only.
    #[must_use]
    pub fn may_spend_limit(&self) -> bool {
        self.rate.spend.unwrap_or(self.is_loopback())
    }

    /// Whether a run may send deliberately wrong credentials: `probe_secrets`, or else on loopback only.
    #[must_use]
    pub fn may_probe_secrets(&self) -> bool {
        self.probe_secrets.unwrap_or(self.is_loopback())
    }

    /// Whether a load stage may press the target: `load.allow`, or else on loopback only. Every host counts to which its
    /// requests go.
    #[must_use]
    pub fn may_load(&self) -> bool {
        self.load.allow.unwrap_or_else(|| self.strange_host().is_none())
    }

    /// The first URL to which requests of a load stage go that is not on this machine.
    #[must_use]
    pub fn strange_host(&self) -> Option<&HttpUrl> {
        let listing = self.listing.as_ref().and_then(|listing| listing.base_url.as_ref());
        [Some(&self.base_url), listing, self.proxy.as_ref()].into_iter().flatten().find(|url| !url.is_loopback())
    }
}

/// Where a pinned dialect comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum DialectSource {
    /// It stands in the profile.
    Inline(Box<Dialect>),
    /// It is in a file, relative to the profile's folder.
    File(PathBuf),
}

struct DialectVisitor;

impl<'de> de::Visitor<'de> for DialectVisitor {
    type Value = DialectSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a file, or a table with `token` and `link`")
    }

    fn visit_str<E: de::Error>(self, file: &str) -> Result<DialectSource, E> {
        Ok(DialectSource::File(file.into()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<DialectSource, A::Error> {
        Dialect::deserialize(MapAccessDeserializer::new(map)).map(|dialect| DialectSource::Inline(Box::new(dialect)))
    }
}

impl<'de> Deserialize<'de> for DialectSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DialectVisitor)
    }
}
