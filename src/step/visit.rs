use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AgencyState, Cost, Need,
    agency::Visitor,
    context::{Context, Shared, Stop},
    facts::bound,
    integrate::fresh_link,
    kind::StepKind,
    whom::Whom,
};
use crate::{
    agency::{Entrance, Intent, Reached, Visit},
    judge::{Type, facts},
    secret::Secret,
    wire::Origin,
};

/// The arguments of the steps that visit the agency's page (guide, step 3).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which agency visits, or `each`.
    agency: Whom,
    /// The link to visit, such as `{{ first.link }}`; a fresh one without.
    link: Option<String>,
    /// How the agency comes in: by logging in to its account, or by registering a new one. Whatever the driver does by
    /// itself without.
    entrance: Option<EntranceChoice>,
}

/// How an agency comes in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(super) enum EntranceChoice {
    /// With an account that it has.
    Login,
    /// With a new account.
    Register,
}

/// What the target must have for an agency to come in in this way.
pub(super) fn needs(entrance: Option<EntranceChoice>) -> Vec<Need> {
    let mut needs = vec![Need::to_be_told("agency")];
    if entrance == Some(EntranceChoice::Register) {
        needs.push(Need::to_be_told("register"));
    }
    needs
}

impl From<EntranceChoice> for Entrance {
    fn from(choice: EntranceChoice) -> Self {
        match choice {
            EntranceChoice::Login => Entrance::Login,
            EntranceChoice::Register => Entrance::Register,
        }
    }
}

/// What came of a visit.
#[derive(Clone, Serialize, JsonSchema)]
pub(super) struct Visited {
    /// The agencyId that the link was asked for.
    pub(super) agency_id: String,
    /// The number of the account with which the agency came.
    pub(super) account: usize,
    /// The account's own name at the target.
    pub(super) account_name: String,
    /// The link that was visited.
    pub(super) link: String,
    /// How far it came: `nowhere`, `page`, `consent`, `agreed`, `declined`.
    pub(super) reached: String,
    /// The same as a number, so that two visits can be compared: 0 is nowhere, 1 the page, 2 the consent, 3 an answer.
    pub(super) depth: u8,
    /// Whether a new account was registered on the way.
    pub(super) registered: bool,
    /// The status of the last page.
    pub(super) status: u16,
    /// When the last form was sent, or else the visit began: the agency can have agreed no earlier, in milliseconds of the run's
    /// clock.
    pub(super) sent_ms: f64,
    /// When the answer to the last page came, in milliseconds of the run's clock.
    pub(super) agreed_ms: f64,
    /// What happened, in words.
    pub(super) note: String,
    /// What went wrong on the way; nothing where nothing did.
    pub(super) trouble: Option<String>,
    /// The numbers of its exchanges, for steps that make them facts of their own.
    #[serde(skip)]
    pub(super) exchanges: Vec<u64>,
}

macro_rules! visiting {
    ($(#[$doc:meta])* $kind:ident, $name:literal, $summary:literal, $intent:expr) => {
        $(#[$doc])*
        pub(super) struct $kind;

        impl StepKind for $kind {
            const NAME: &'static str = $name;
            const SUMMARY: &'static str = $summary;
            const EXAMPLE: &'static str = "{ agency: flat, as: seen }";
            type Arguments = Arguments;

            fn binds(arguments: &Arguments) -> Type {
                arguments.agency.shape(facts::<Visited>())
            }

            fn needs(arguments: &Arguments) -> Vec<Need> {
                needs(arguments.entrance)
            }

            fn cost(arguments: &Arguments, agencies: usize) -> Cost {
                let visits = arguments.agency.count(agencies);
                Cost { visits, links: if arguments.link.is_none() { visits } else { 0 }, ..Cost::default() }
            }

            async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
                arguments
                    .agency
                    .each(context, |agency| async move {
                        let link = match &arguments.link {
                            Some(link) => context.shared.wire.vault().reveal(&context.render(link)?),
                            None => fresh_link(context, agency).await?,
                        };
                        let entrance = arguments.entrance.map(Entrance::from);
                        Ok(bound(&go(context, agency, &link, $intent, entrance).await))
                    })
                    .await
            }
        }
    };
}

visiting!(
    /// Opens a link and leaves it at that.
    OpenLink,
    "open_link",
    "opens an agency's link and does nothing more",
    Intent::Open
);
visiting!(
    /// Comes in and agrees.
    Agree,
    "agree",
    "opens an agency's link, comes in, and agrees",
    Intent::Agree
);
visiting!(
    /// Comes in and declines.
    Decline,
    "decline",
    "opens an agency's link, comes in, and declines",
    Intent::Decline
);
visiting!(
    /// Comes in and leaves before the question.
    Abandon,
    "abandon",
    "opens an agency's link, comes in, and leaves without an answer",
    Intent::Abandon
);

impl Visited {
    /// The visit of an agency that was given no link.
    pub(super) fn refused(agency: &AgencyState, stop: &Stop) -> Self {
        Self {
            agency_id: agency.id.clone(),
            account: agency.account,
            account_name: String::new(),
            link: String::new(),
            reached: Reached::Nowhere.word().into(),
            depth: 0,
            registered: false,
            status: 0,
            sent_ms: 0.0,
            agreed_ms: 0.0,
            note: stop.reason.clone(),
            trouble: None,
            exchanges: Vec::new(),
        }
    }
}

/// Visits a link as an agency.
pub(super) async fn go(
    context: &Context,
    agency: &AgencyState,
    link: &Secret,
    intent: Intent,
    entrance: Option<Entrance>,
) -> Visited {
    let name = context.shared.wire.keep_link(link);
    let driver = &context.shared.agency;
    let visitor = Visitor::of(context);
    let visit = driver.visit(&visitor, link, agency.account, intent, entrance).await;
    let account_name = driver.account_name(agency.account).unwrap_or_default();
    if let Some(mailbox) = &context.shared.mailbox {
        mailbox.account(&agency.id, &account_name);
    }
    Visited {
        agency_id: agency.id.clone(),
        account: agency.account,
        account_name,
        link: name,
        reached: visit.reached.word().to_owned(),
        depth: visit.reached.depth(),
        registered: visit.registered,
        status: visit.status,
        sent_ms: visitor.sent_ms(),
        agreed_ms: context.shared.recorder.now_ms(),
        note: visit.note,
        trouble: visit.trouble,
        exchanges: visit.exchanges,
    }
}

/// Follows a link up to the question whether to agree: a page to log in may be everybody's.
pub(super) async fn follow(context: &Context, agency: &AgencyState, link: &Secret) -> Visit {
    context.shared.agency.visit(&Visitor::of(context), link, agency.account, Intent::Abandon, None).await
}

/// Opens a link on behalf of the run itself.
pub(crate) async fn visit_link(shared: &Shared, origin: Origin, link: &Secret, intent: Intent) -> Visit {
    shared.agency.visit(&Visitor::new(shared, origin), link, 0, intent, None).await
}

/// Whether two links show the same page of the platform.
pub(super) fn same_page(one: &Visit, other: &Visit) -> bool {
    one.reached.depth() > 0 && one.page_signature == other.page_signature
}
