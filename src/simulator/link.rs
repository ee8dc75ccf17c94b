//! The signed link: what it says, and who may have said it.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use url::form_urlencoded;

use super::behaviour::{Link as Behaviour, SignatureCheck, Signed};

/// The names under which a link says what it says.
const CLIENT: &str = "client";
const AGENCY: &str = "agencyId";
const NONCE: &str = "nonce";
const EXPIRES: &str = "expires";
const SIGNATURE: &str = "signature";

/// What a link says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Link {
    /// The partner's client id.
    pub(super) client: String,
    /// The agency's id at the partner.
    pub(super) agency: String,
    /// What makes it unlike the agency's other links.
    pub(super) nonce: String,
    /// When it ends, in milliseconds since the Unix epoch of the virtual clock.
    pub(super) expires_ms: u64,
}

/// Why a link leads nowhere.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BadLink {
    /// A part is missing, doubled or not readable.
    Unreadable,
    /// The signature is not ours.
    Forged,
    /// It has expired.
    Expired,
}

/// Makes links and checks them.
pub(super) struct Signer {
    /// Padded with zeros to HMAC's block, as HMAC itself does with a shorter key (RFC 2104 §2).
    key: [u8; 64],
    behaviour: Behaviour,
}

impl Signer {
    pub(super) fn new(key: [u8; 32], behaviour: &Behaviour) -> Self {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&key);
        Self { key: block, behaviour: behaviour.clone() }
    }

    /// The query of a link, signature included.
    pub(super) fn query(&self, link: &Link) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair(CLIENT, &link.client)
            .append_pair(AGENCY, &link.agency)
            .append_pair(NONCE, &link.nonce)
            .append_pair(EXPIRES, &link.expires_ms.to_string());
        if let Some((name, value)) = self.behaviour.extra {
            query.append_pair(name, value);
        }
        query.append_pair(SIGNATURE, &URL_SAFE_NO_PAD.encode(self.mac(link).finalize().into_bytes())).finish()
    }

    /// What a query says, whoever wrote it.
    pub(super) fn read(query: &str) -> Result<(Link, Option<String>), BadLink> {
        let once = |name: &str| {
            let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            match (values.next(), values.next()) {
                (Some((_, value)), None) => Ok(Some(value.into_owned())),
                (None, _) => Ok(None),
                _ => Err(BadLink::Unreadable),
            }
        };
        let part = |name: &str| once(name)?.ok_or(BadLink::Unreadable);
        let expires_ms = part(EXPIRES)?.parse().map_err(|_| BadLink::Unreadable)?;
        let link = Link { client: part(CLIENT)?, agency: part(AGENCY)?, nonce: part(NONCE)?, expires_ms };
        Ok((link, once(SIGNATURE)?))
    }

    /// What a link says, if we said it and it has not expired. `known` tells whether the visitor is logged in.
    pub(super) fn check(&self, query: &str, now: Duration, known: bool) -> Result<Link, BadLink> {
        let (link, signature) = Self::read(query)?;
        let signed = match (self.behaviour.signature, signature.as_deref()) {
            (SignatureCheck::Not, _) | (SignatureCheck::WhereGiven, None | Some("")) => true,
            (SignatureCheck::Strangers, _) if known => true,
            (SignatureCheck::Half, Some(signature)) => self.verify(&link, signature, 16),
            (_, Some(signature)) => self.verify(&link, signature, 32),
            (_, None) => false,
        };
        if !signed {
            return Err(BadLink::Forged);
        }
        if u128::from(link.expires_ms) <= now.as_millis() {
            return Err(BadLink::Expired);
        }
        Ok(link)
    }

    fn verify(&self, link: &Link, signature: &str, bytes: usize) -> bool {
        let given = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        given.len() == 32 && self.mac(link).verify_truncated_left(&given[..bytes]).is_ok()
    }

    /// Each part goes in with its length in front, so that no two links are one sequence of bytes.
    fn mac(&self, link: &Link) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        for part in [&link.client, self.signed_agency(&link.agency), &link.nonce, &link.expires_ms.to_string()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }

    fn signed_agency<'a>(&self, agency: &'a str) -> &'a str {
        match self.behaviour.agency {
            Signed::Whole => agency,
            Signed::Half => {
                let half = agency.chars().count().div_ceil(2);
                agency.char_indices().nth(half).map_or(agency, |(at, _)| &agency[..at])
            }
            Signed::Not => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    fn signer(alter: impl Fn(&mut Behaviour)) -> Signer {
        let mut behaviour = Behaviour::default();
        alter(&mut behaviour);
        Signer::new([7; 32], &behaviour)
    }

    fn link(agency: &str) -> Link {
        Link { client: "crm".into(), agency: agency.into(), nonce: "n".into(), expires_ms: 2_000_000 }
    }

    proptest! {
        #[test]
        fn a_link_reads_back_whatever_the_agency_is_called(agency in any::<String>()) {
            let signer = signer(|_| {});
            prop_assert_eq!(signer.check(&signer.query(&link(&agency)), NOW, false), Ok(link(&agency)));
        }

        #[test]
        fn another_agency_or_signature_is_forged(agency in "[a-z0-9]{4,20}", at in 0_usize..40) {
            let signer = signer(|_| {});
            let query = signer.query(&link(&agency));
            let other = query.replace(&format!("agencyId={agency}"), "agencyId=other");
            prop_assert_eq!(signer.check(&other, NOW, true), Err(BadLink::Forged));
            let at = query.len() - 43 + at;
            let changed = if query.as_bytes()[at] == b'A' { "B" } else { "A" };
            let other = format!("{}{changed}{}", &query[..at], &query[at + 1..]);
            prop_assert_eq!(signer.check(&other, NOW, true), Err(BadLink::Forged));
        }

        #[test]
        fn no_query_makes_it_panic(query in any::<String>()) {
            let signer = signer(|_| {});
            prop_assert!(signer.check(&query, NOW, false).is_err());
        }
    }

    #[test]
    fn a_link_that_expired_or_lacks_or_doubles_a_part_leads_nowhere() {
        let signer = signer(|_| {});
        let query = signer.query(&link("a"));
        assert_eq!(signer.check(&query, Duration::from_secs(2000), false), Err(BadLink::Expired));
        assert_eq!(signer.check(&format!("{query}&agencyId=b"), NOW, false), Err(BadLink::Unreadable));
        assert_eq!(signer.check(&query.replace("nonce=n&", ""), NOW, false), Err(BadLink::Unreadable));
        let unsigned = query.split("&signature").next().unwrap();
        assert_eq!(signer.check(unsigned, NOW, false), Err(BadLink::Forged));
    }

    #[test]
    fn every_leak_lets_through_what_it_is_named_for_and_no_more() {
        let half = signer(|link| link.agency = Signed::Half);
        let query = half.query(&link("abcdef"));
        assert!(half.check(&query.replace("abcdef", "abcxyz"), NOW, false).is_ok());
        assert!(half.check(&query.replace("abcdef", "xbcdef"), NOW, false).is_err());
        let not = signer(|link| link.agency = Signed::Not);
        let query = not.query(&link("abcdef"));
        assert!(not.check(&query.replace("abcdef", "other"), NOW, false).is_ok());
        assert!(not.check(&query.replace("nonce=n", "nonce=m"), NOW, false).is_err());

        let forged = |query: &str| query.replace("agencyId=a", "agencyId=b");
        let strangers = signer(|link| link.signature = SignatureCheck::Strangers);
        let query = strangers.query(&link("a"));
        assert!(strangers.check(&forged(&query), NOW, true).is_ok());
        assert!(strangers.check(&forged(&query), NOW, false).is_err());
        let optional = signer(|link| link.signature = SignatureCheck::WhereGiven);
        let query = optional.query(&link("a"));
        assert!(optional.check(&forged(&query), NOW, false).is_err());
        let unsigned = query.split("&signature").next().unwrap();
        assert!(optional.check(&forged(unsigned), NOW, false).is_ok());
        let half = signer(|link| link.signature = SignatureCheck::Half);
        let query = half.query(&link("a"));
        let (head, tail) = query.split_at(query.len() - 5);
        let tail = if tail.starts_with('A') { "BBBBA" } else { "AAAAA" };
        assert!(half.check(&format!("{head}{tail}"), NOW, false).is_ok());
        assert!(half.check(&forged(&query), NOW, false).is_err());
        assert!(signer(|link| link.signature = SignatureCheck::Not).check(&forged(&query), NOW, false).is_ok());
    }
}
