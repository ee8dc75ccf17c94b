use std::time::Duration;

use super::{Change, Place, Reaction};

/// `/crm/oauth`: who gets a token, and which.
#[derive(Clone, Debug)]
pub struct Auth {
    /// How a secret is compared.
    pub secret: SecretCheck,
    /// How a client id is looked up.
    pub id: IdCheck,
    /// What a call without an id header meets.
    pub missing_id: Reaction,
    /// What a call without a secret header meets.
    pub missing_secret: Reaction,
    /// What a call without a JSON body meets; the guide asks for none.
    pub missing_body: Reaction,
    /// The methods that give a token.
    pub methods: &'static [&'static str],
    /// The token itself.
    pub token: TokenForm,
    /// Where the token stands in the answer.
    pub place: Place,
    /// The status of the answer with a token.
    pub status: u16,
    /// How long after it was given a token begins to work, on the virtual clock.
    pub opens_after: Duration,
    /// How long a token lives on the virtual clock; nothing: for ever.
    pub life: Option<Duration>,
    /// The name under which the answer tells a life in seconds, and the life that it tells.
    pub told_life: Option<(&'static str, Duration)>,
    /// What a new token does to the partner's older ones.
    pub refresh: Refresh,
    /// Where the secret is repeated in the answer.
    pub echo: Echo,
    /// The `Cache-Control` of the answer.
    pub cache_control: Option<&'static str>,
}

/// The guide's life of a token.
const SIX_HOURS: Duration = Duration::from_hours(6);

impl Default for Auth {
    fn default() -> Self {
        Self {
            secret: SecretCheck::Exact,
            id: IdCheck::Exact,
            missing_id: Reaction::Refuse,
            missing_secret: Reaction::Refuse,
            missing_body: Reaction::Accept,
            methods: &["POST"],
            token: TokenForm::Random,
            place: Place::Json(&["x-crm-token"]),
            status: 200,
            opens_after: Duration::ZERO,
            life: Some(SIX_HOURS),
            told_life: Some(("expires_in", SIX_HOURS)),
            refresh: Refresh::Keeps,
            echo: Echo::Nowhere,
            cache_control: Some("no-store"),
        }
    }
}

/// How a presented secret is compared with the partner's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretCheck {
    /// Equal, byte for byte.
    Exact,
    /// Letter case does not matter.
    AnyCase,
    /// A non-empty beginning of the right one will do.
    Beginning,
    /// The right one with more behind it will do.
    Extended,
    /// One character may differ.
    OneOff,
    /// An empty one will do.
    OrEmpty,
    /// Anything that is not empty will do.
    Unchecked,
}

/// How a client id and its secret are brought together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdCheck {
    /// The secret must be that of the id.
    Exact,
    /// The id must be known, and the secret somebody's.
    AnySecret,
    /// The secret must be somebody's; the id is not looked at.
    Unchecked,
}

/// What a token looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenForm {
    /// Long and random.
    Random,
    /// Empty.
    Empty,
}

/// What a new token does to the partner's older ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refresh {
    /// They live on.
    Keeps,
    /// They die after this time on the virtual clock.
    Kills(Duration),
}

/// Where an answer repeats the secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Echo {
    /// Nowhere.
    Nowhere,
    /// In a header.
    Header,
    /// In a header, in base64.
    EncodedHeader,
    /// In the JSON body.
    Body,
}

/// The rate limit.
#[derive(Clone, Debug)]
pub struct Rate {
    /// How many token calls are free; nothing: there is no limit.
    pub quota: Option<Quota>,
    /// Whether all partners share one quota.
    pub shared: bool,
    /// What the limit means for `/crm/integrate`.
    pub links: LimitedLinks,
    /// For how much longer than told a partner stays refused, on the virtual clock.
    pub lock: Duration,
    /// By how much longer than told a partner stays refused for each call beyond the limit's first, on the virtual clock.
    pub prolonged: Duration,
    /// Whether a refusal kills the partner's tokens.
    pub kills_tokens: bool,
    /// The status of the refusal.
    pub status: u16,
    /// How the refusal says when to come back.
    pub advice: Advice,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            quota: Some(Quota { burst: 10, refill: Duration::from_secs(6) }),
            shared: false,
            links: LimitedLinks::Free,
            lock: Duration::ZERO,
            prolonged: Duration::ZERO,
            kills_tokens: false,
            status: 429,
            advice: Advice::Seconds,
        }
    }
}

/// A bucket of calls. Zero counts as one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Quota {
    /// How many calls it holds.
    pub burst: u32,
    /// How long one call takes to come back, on the virtual clock.
    pub refill: Duration,
}

/// What the rate limit means for `/crm/integrate`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LimitedLinks {
    /// Nothing.
    Free,
    /// A link costs a call of the same bucket.
    Counted,
    /// Links have a bucket of their own, of the same size.
    OwnBucket,
    /// While token calls are refused, links are refused too.
    RefusedMeanwhile,
}

/// How a limited answer says when to come back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Advice {
    /// `Retry-After` in seconds.
    Seconds,
    /// `Retry-After` as a date.
    Date,
    /// The `RateLimit` fields.
    Fields,
    /// Nothing.
    Silent,
    /// `Retry-After` in words that no program reads.
    Words,
}

/// `/crm/integrate`: who gets a link, and for which agency.
#[derive(Clone, Debug)]
pub struct Integrate {
    /// Which tokens are taken.
    pub token: TokenCheck,
    /// Which authentication schemes are taken.
    pub scheme: Scheme,
    /// A body without an agencyId.
    pub missing: Reaction,
    /// An empty agencyId.
    pub empty: Reaction,
    /// An agencyId that is null.
    pub null: Reaction,
    /// An agencyId that is a number.
    pub number: Reaction,
    /// An agencyId that is an array.
    pub array: Reaction,
    /// An agencyId that is an object.
    pub object: Reaction,
    /// A body that is not JSON.
    pub not_json: Reaction,
    /// What becomes of an agencyId on its way in.
    pub agency: Change,
    /// An agencyId with letters beyond ASCII.
    pub beyond_ascii: Reaction,
    /// The longest agencyId that is taken, in characters.
    pub longest: usize,
    /// Where the link stands in the answer.
    pub place: Place,
    /// The status of the answer with a link.
    pub status: u16,
    /// From how many calls at once on they are given one link for all; nothing: never.
    pub race: Option<usize>,
    /// From how many calls at once on two of them are given each other's link; nothing: never.
    pub swapped: Option<usize>,
}

impl Default for Integrate {
    fn default() -> Self {
        Self {
            token: TokenCheck::Full,
            scheme: Scheme::Bearer,
            missing: Reaction::Refuse,
            empty: Reaction::Refuse,
            null: Reaction::Refuse,
            number: Reaction::Refuse,
            array: Reaction::Refuse,
            object: Reaction::Refuse,
            not_json: Reaction::Refuse,
            agency: Change::None,
            beyond_ascii: Reaction::Accept,
            longest: 2000,
            place: Place::Json(&["url"]),
            status: 200,
            race: None,
            swapped: None,
        }
    }
}

/// Which tokens are taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenCheck {
    /// Live ones.
    Full,
    /// None is needed; a wrong one is refused.
    Optional,
    /// Anything that is not empty.
    Anything,
}

/// Which authentication schemes are taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scheme {
    /// `Bearer`.
    Bearer,
    /// Any word, or none.
    Any,
}

/// The signed link.
#[derive(Clone, Debug)]
pub struct Link {
    /// How long it may be opened, on the virtual clock.
    pub life: Duration,
    /// What makes a link unlike the agency's other ones.
    pub nonce: LinkNonce,
    /// How much of the agencyId is signed.
    pub agency: Signed,
    /// How a signature is compared.
    pub signature: SignatureCheck,
    /// Whether the page checks the link as soon as it is opened, or after the login only.
    pub checked_at_open: bool,
    /// Whether it may be decided on once only.
    pub single_use: bool,
    /// What else stands in it, unsigned.
    pub extra: Option<(&'static str, &'static str)>,
    /// The form of the URL.
    pub url: LinkUrl,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            life: Duration::from_hours(24),
            nonce: LinkNonce::Random,
            agency: Signed::Whole,
            signature: SignatureCheck::Full,
            checked_at_open: true,
            single_use: false,
            extra: None,
            url: LinkUrl::Absolute,
        }
    }
}

/// What makes a link unlike the agency's other ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkNonce {
    /// A random part.
    Random,
    /// The second in which it was made.
    Second,
    /// The minute in which it was made.
    Minute,
    /// Nothing.
    Absent,
}

/// How much of the agencyId is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signed {
    /// All of it.
    Whole,
    /// Its first half.
    Half,
    /// Nothing of it.
    Not,
}

/// How the signature of a link is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignatureCheck {
    /// All of it.
    Full,
    /// Its first half.
    Half,
    /// Where there is one.
    WhereGiven,
    /// Not for somebody who is logged in.
    Strangers,
    /// Not at all.
    Not,
}

/// The form of a link's URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkUrl {
    /// Absolute.
    Absolute,
    /// Path and query alone.
    Relative,
    /// Nothing at all.
    Empty,
    /// Absolute, with the token in it.
    WithToken,
    /// Absolute, with the client secret in it.
    WithSecret,
}
