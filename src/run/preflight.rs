use super::progress::Progress;
use crate::{
    agency::Intent,
    clock::milliseconds,
    dialect::Place,
    evidence::{Exchange, Found, Record},
    secret,
    step::{Cost, Shared, link_at, visit_link},
    wire::{NoToken, Origin, Token, WhyNoToken, discover, guide},
};

/// So many strings of an answer are tried as the token.
const MOST_OPENING: usize = 3;

/// So many strings of an answer are tried as the link.
const MOST_SHOWN: usize = 3;

/// Finds out whether the target can be spoken to at all, and where it puts token and link.
///
/// Credentials that are refused in another way than wrong ones, and a link that cannot be had, are not the environment's
/// fault: the run goes on, and the checks say so.
///
/// # Errors
///
/// Why nothing could be judged, for a reader.
pub(super) async fn preflight(mut shared: Shared, progress: &dyn Progress) -> Result<std::sync::Arc<Shared>, String> {
    progress.phase("preflight");
    let webhook = shared.webhook_url.clone();
    if !shared.receiver.probe(&webhook).await {
        return Err(format!(
            "{webhook} does not lead to this receiver, which listens at {}",
            shared.receiver.address()
        ));
    }
    let offers = match shared.client.tokens.offers(origin()).await {
        Ok(offers) => offers,
        Err(trouble) => {
            unreachable_or_refused(&shared, &trouble).await?;
            return Ok(shared.into());
        }
    };
    let Some((token, link)) = opening(&shared, offers).await else { return Ok(shared.into()) };
    let told_life_ms = token.told_life.map(milliseconds);
    found(&shared, "token", (&token.place, token.exchange), shared.dialect.token.as_ref(), told_life_ms);
    shared.client.tokens.settle(token.place.clone()).await;
    if let Some(second) = &shared.second {
        second.tokens.settle(token.place.clone()).await;
    }
    shared.dialect.token = Some(token.place);
    if let Some((link, exchange)) = link {
        found(&shared, "link", (&link, exchange), shared.dialect.link.as_ref(), None);
        shared.dialect.link = Some(link);
    }
    Ok(shared.into())
}

/// What the preflight costs the target at most; `may_probe_secrets` as of the target.
#[must_use]
pub fn cost(may_probe_secrets: bool) -> Cost {
    Cost {
        tokens: 1,
        refused_credentials: u64::from(may_probe_secrets),
        links: MOST_OPENING as u64,
        visits: MOST_SHOWN as u64,
        ..Cost::default()
    }
}

fn origin() -> Origin {
    Origin { scenario: String::new(), step: "preflight".into() }
}

/// Records where something stands, and in which exchange it did.
fn found(
    shared: &Shared,
    what: &str,
    (place, exchange): (&Place, u64),
    pinned: Option<&Place>,
    told_life_ms: Option<f64>,
) {
    shared.recorder.record(Record::Found(Found {
        what: what.into(),
        place: place.clone(),
        pinned: pinned == Some(place),
        exchange: Some(exchange),
        told_life_ms,
    }));
}

/// Tells a target out of reach, or one that answers the right credentials exactly as wrong ones, from one that refuses.
async fn unreachable_or_refused(shared: &Shared, trouble: &NoToken) -> Result<(), String> {
    let base = shared.wire.base_url();
    if let WhyNoToken::Trouble(detail) = &trouble.why {
        return Err(format!("{base} is out of reach: {}", detail.detail));
    }
    if let WhyNoToken::Status(status @ 500..) = trouble.why {
        return broken_on_everything(shared, status).await;
    }
    // A limit that outlasts our patience refuses nobody's credentials, and would refuse wrong ones alike.
    if let WhyNoToken::Status(429) = trouble.why {
        return Ok(());
    }
    if !shared.may_probe_secrets {
        return match trouble.why {
            WhyNoToken::Status(status @ (400 | 401 | 403 | 422)) => Err(format!(
                "{base} refuses the profile's credentials ({status}): check client_id and client_secret; with \
                 `probe_secrets = true` the run also tells whether wrong ones are refused alike"
            )),
            _ => Ok(()),
        };
    }
    let wrong = shared
        .wire
        .vault()
        .keep(secret::SecretKind::Client, &secret::Secret::new(format!("wrong-{:032x}", rand::random::<u128>())));
    let id = format!("unknown-{:016x}", rand::random::<u64>());
    let twin = shared.wire.send(guide::oauth(base, origin(), Some(&id), Some(&wrong), "POST")).await;
    let evidence = shared.evidence.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(right) = evidence.exchanges.get(&trouble.exchange) else { return Ok(()) };
    if right.status == twin.exchange.status && shape(right) == shape(&twin.exchange) {
        return Err(format!(
            "{} answers the profile's credentials exactly as deliberately wrong ones ({}): check base_url, client_id \
             and client_secret",
            guide::join(base, "/crm/oauth"),
            right.status
        ));
    }
    Ok(())
}

/// Tells a server that breaks on everything from one that breaks on the right credentials alone: that is its own fault.
async fn broken_on_everything(shared: &Shared, oauth: u16) -> Result<(), String> {
    let base = shared.wire.base_url();
    // Without a token, a server that works refuses this.
    let other = shared.wire.send(guide::integrate(base, origin(), None, "{}".into())).await.exchange.status;
    if other < 500 {
        return Ok(());
    }
    Err(format!(
        "{base} answers every request with a server error ({oauth} from /crm/oauth, {other} from /crm/integrate): the \
         platform itself is down or broken; look into its own log, and check base_url"
    ))
}

/// What an answer says, without what differs from answer to answer: ids of traces and requests, moments.
fn shape(exchange: &Exchange) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "-_+/=.:".contains(c);
    let is_word = |word: &&str| word.len() < 20 && word.chars().all(char::is_alphabetic);
    exchange.body.split(|c: char| !is_part(c)).filter(is_word).collect::<Vec<_>>().join(" ")
}

/// The first of at most three offered strings that opens `/crm/integrate`, and where in which exchange the link stood.
///
/// A pinned place of the link is looked at first; where nothing stands there any more, it is looked for anew.
///
/// Where none opens it, the first is taken for the token, so that the checks can show what it was answered.
async fn opening(shared: &Shared, offers: Vec<Token>) -> Option<(Token, Option<(Place, u64)>)> {
    let first = offers.first().cloned();
    for token in offers.into_iter().take(MOST_OPENING) {
        let body = serde_json::json!({ "agencyId": format!("preflight-{:016x}", rand::random::<u64>()) }).to_string();
        let authorization = format!("Bearer {}", token.fingerprint);
        let reply =
            shared.wire.send(guide::integrate(shared.wire.base_url(), origin(), Some(&authorization), body)).await;
        if !reply.raw.is_success() {
            continue;
        }
        let at = |place: &Place| Some((place.clone(), reply.exchange.id));
        let pinned = shared.dialect.link.as_ref();
        let is_there = |place: &&Place| {
            link_at(Some(*place), &reply.raw).is_some_and(|link| discover::is_absolute_url(link.expose()))
        };
        if let Some(pinned) = pinned.filter(is_there) {
            return Some((token, at(pinned)));
        }
        let candidates: Vec<_> = discover::link_candidates(&reply.raw).into_iter().take(MOST_SHOWN).collect();
        for candidate in &candidates {
            if visit_link(shared, origin(), &candidate.value, Intent::Open).await.reached.depth() > 0 {
                return Some((token, at(&candidate.place)));
            }
        }
        return Some((token, candidates.first().and_then(|candidate| at(&candidate.place))));
    }
    first.map(|token| (token, None))
}
