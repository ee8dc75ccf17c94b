use std::{ops::RangeInclusive, time::Duration};

use super::Change;

/// The keys.
#[derive(Clone, Debug)]
pub struct Keys {
    /// What a key looks like.
    pub form: KeyForm,
    /// What has a key of its own.
    pub scope: KeyScope,
    /// How many keys an agreement delivers, each in a delivery of its own. Zero counts as one.
    pub per_agency: usize,
    /// For how long deliveries wait for another that they exchange keys with, in real time; nothing: they do not.
    pub crossed_within: Option<Duration>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { form: KeyForm::Random, scope: KeyScope::AccountAndAgency, per_agency: 1, crossed_within: None }
    }
}

/// What a key looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyForm {
    /// 43 random characters.
    Random,
    /// The same behind a word that all keys share.
    Prefixed(&'static str),
    /// Eight random characters.
    Short,
    /// A running number.
    Sequential,
    /// 36 characters that all keys share, and six random ones.
    MostlyShared,
    /// The agencyId in base64, and six random characters.
    FromAgency,
    /// One key for all.
    Same,
}

/// What has a key of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyScope {
    /// An account and an agencyId together.
    AccountAndAgency,
    /// An account, whatever agencies it connects.
    Account,
}

/// One attempt to deliver a key.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The method.
    pub method: &'static str,
    /// What becomes of the registered URL.
    pub target: Target,
    /// The body's form and what its content type says.
    pub content_type: ContentType,
    /// The name of the key in the body; nothing: it is left out.
    pub key_name: Option<&'static str>,
    /// Whether the key is empty.
    pub key_empty: bool,
    /// How the agencyId stands in the body.
    pub agency: AgencyField,
    /// Fields that the guide does not know, as JSON members.
    pub extra: &'static [(&'static str, &'static str)],
    /// How long after a success the same is delivered once more, each on the virtual clock.
    pub repeats: Vec<Duration>,
    /// What a partner's deliveries share.
    pub held: Held,
    /// A letter in an agencyId that kills whoever is to deliver, and the delivery with it.
    pub dies_of: Option<char>,
    /// How often it is looked for deliveries to begin, on the virtual clock; nothing: each begins at once.
    pub polled: Option<Duration>,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            method: "POST",
            target: Target::Registered,
            content_type: ContentType::Json,
            key_name: Some("x-api-key"),
            key_empty: false,
            agency: AgencyField::Text,
            extra: &[],
            repeats: Vec::new(),
            held: Held::Apart,
            dies_of: None,
            polled: None,
        }
    }
}

/// What becomes of the registered webhook URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// It is used as it is.
    Registered,
    /// Its query is dropped.
    WithoutQuery,
    /// A slash is added to its path.
    Slashed,
    /// The last part of its path is dropped.
    Cut,
    /// The key is added to its query.
    WithKey,
}

/// The body's form and what its content type says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContentType {
    /// JSON, and says so.
    Json,
    /// JSON, and says so with a charset.
    JsonCharset,
    /// JSON, called text.
    Text,
    /// JSON, and says nothing.
    Unsaid,
    /// A form.
    Form,
}

/// How the agencyId stands in a delivery.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AgencyField {
    /// As a string.
    Text,
    /// As a number, where it looks like one.
    NumberLike,
    /// Not at all.
    Absent,
}

/// What a partner's deliveries share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Held {
    /// Nothing: each goes its own way.
    Apart,
    /// So many workers: each makes one attempt at a time, from its begin to its end.
    ByWorkers(usize),
    /// One delivery at a time, with all its retries.
    ByDeliveries,
}

/// What follows a failed attempt.
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own, and they are independent")]
#[derive(Clone, Debug)]
pub struct Retry {
    /// The time between the failure of an attempt and the next one, on the virtual clock: one per retry.
    pub gaps: Vec<Duration>,
    /// By which share a gap may be longer or shorter.
    pub jitter: f64,
    /// How long an attempt may take, in real time.
    pub attempt_timeout: Duration,
    /// The statuses that are a success.
    pub success: Vec<RangeInclusive<u16>>,
    /// The statuses after which no retry follows, though they are no success.
    pub gives_up_on: Vec<RangeInclusive<u16>>,
    /// The ways of losing an answer after which no retry follows.
    pub gives_up_after: Vec<Loss>,
    /// The attempts, from 1, whose success does not count.
    pub deaf_attempts: Vec<u32>,
    /// Whether the first line of an answer counts, whatever follows it.
    pub first_line_counts: bool,
    /// The longest that a success may take, in real time, to be taken for one; nothing: as long as an attempt may.
    pub slowest_success: Option<Duration>,
    /// What is done with a redirect.
    pub redirects: Redirects,
    /// Whether the next attempt begins after its gap even while the last one is still open.
    pub overlapping: bool,
    /// Whether a longer wait that the answer asks for in `Retry-After` is heeded, up to a minute.
    pub heeds_retry_after: bool,
    /// Whether every attempt brings a key of its own.
    pub new_key_each: bool,
    /// What becomes of the agencyId on a retry.
    pub agency: Change,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            gaps: [1, 5, 15].map(Duration::from_secs).to_vec(),
            jitter: 0.0,
            attempt_timeout: Duration::from_secs(10),
            success: vec![200..=200],
            gives_up_on: Vec::new(),
            gives_up_after: Vec::new(),
            deaf_attempts: Vec::new(),
            first_line_counts: false,
            slowest_success: None,
            redirects: Redirects::Fail,
            overlapping: false,
            heeds_retry_after: false,
            new_key_each: false,
            agency: Change::None,
        }
    }
}

/// How an attempt is left without a whole answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Loss {
    /// None came in time.
    TimedOut,
    /// No connection could be made.
    Refused,
    /// The connection was reset.
    Reset,
    /// The connection was closed.
    Closed,
    /// What came was no answer of HTTP.
    Malformed,
}

/// What is done with a redirect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Redirects {
    /// It is an answer like any other that is not a success.
    Fail,
    /// The delivery is sent to its target, whose answer counts.
    Follow,
    /// The delivery is sent to its target as well; the redirect stays a failure.
    FollowAndFail,
}

/// The mail to the developer.
#[derive(Clone, Debug)]
pub struct Notice {
    /// When it is sent.
    pub when: NoticeWhen,
    /// How many deliveries of a partner must have failed in a row before it is sent.
    pub after_exhausted: u32,
    /// How many are sent.
    pub copies: u32,
    /// Whether it is sent for one delivery alone, and for none after it.
    pub once: bool,
    /// To whom it is sent in place of the registered developer.
    pub misdirected_to: Option<&'static str>,
    /// Whether it names the agency.
    pub names_agency: bool,
    /// Whether it holds the key.
    pub holds_key: bool,
}

impl Default for Notice {
    fn default() -> Self {
        Self {
            when: NoticeWhen::Exhausted,
            after_exhausted: 1,
            copies: 1,
            once: false,
            misdirected_to: None,
            names_agency: true,
            holds_key: false,
        }
    }
}

/// When the mail is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoticeWhen {
    /// After the last attempt has failed.
    Exhausted,
    /// After the first attempt has failed.
    FirstFailure,
    /// After every delivery, failed or not.
    Always,
    /// Never.
    Never,
}
