//! Reading what a page says, word by word: no rule here is about one platform.

/// What a control's words say about agreeing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Leaning {
    /// It agrees.
    Agree,
    /// It goes on.
    Onward,
    /// It declines or leaves.
    Decline,
    /// It says nothing of the kind.
    Neither,
}

const AGREE: &[&str] = &[
    "agree",
    "allow",
    "authorise",
    "authorize",
    "authorising",
    "authorizing",
    "connect",
    "accept",
    "confirm",
    "approve",
    "grant",
    "permit",
    "consent",
    "yes",
    "agreed",
    "allowed",
    "accepted",
    "approved",
    "granted",
];
const ONWARD: &[&str] =
    &["continue", "next", "proceed", "submit", "ok", "okay", "finish", "complete", "save", "link", "go"];
const DECLINE: &[&str] = &[
    "no",
    "not",
    "don",
    "dont",
    "cannot",
    "never",
    "back",
    "later",
    "exit",
    "close",
    "deny",
    "denied",
    "abort",
    "skip",
    "disagree",
    "disallow",
    "disconnect",
    "disapprove",
    "unlink",
    "revoke",
    "leave",
    "return",
];
const DECLINE_STEMS: &[&str] = &["declin", "cancel", "reject", "refus"];

/// The words of a text in lower case; `agreeButton`, `agree-button` and `agree_button` are two each.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let (mut begins, mut after_lower) = (true, false);
    for character in text.chars() {
        let is_inside = character.is_alphanumeric();
        begins |= !is_inside || (after_lower && character.is_uppercase());
        after_lower = character.is_lowercase() || character.is_numeric();
        if !is_inside {
            continue;
        }
        match all.last_mut().filter(|_| !begins) {
            Some(last) => last.extend(character.to_lowercase()),
            None => all.push(character.to_lowercase().collect()),
        }
        begins = false;
    }
    all
}

/// Whether one of `wanted` stands in `words`. A wanted text of two words stands where both follow one another.
pub(super) fn says(words: &[String], wanted: &[&str]) -> bool {
    wanted.iter().any(|wanted| match wanted.split_once(' ') {
        Some((first, second)) => words.windows(2).any(|pair| pair[0] == first && pair[1] == second),
        None => words.iter().any(|word| word == wanted),
    })
}

/// What a text says about agreeing. A word of declining outweighs: `do not allow`, `no, I disagree`.
pub(super) fn leaning(text: &str) -> Leaning {
    let words = words(text);
    let declines = words.iter().any(|word| DECLINE_STEMS.iter().any(|stem| word.starts_with(stem)));
    if declines || says(&words, DECLINE) {
        Leaning::Decline
    } else if says(&words, AGREE) {
        Leaning::Agree
    } else if says(&words, ONWARD) {
        Leaning::Onward
    } else {
        Leaning::Neither
    }
}

/// What several texts say, the most telling first: the first that agrees or declines counts, then one that goes on.
pub(super) fn leaning_of<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Leaning {
    let leanings = texts.map(leaning);
    let decisive = leanings.clone().find(|leaning| matches!(leaning, Leaning::Agree | Leaning::Decline));
    decisive.or_else(|| leanings.into_iter().find(|leaning| *leaning == Leaning::Onward)).unwrap_or(Leaning::Neither)
}

pub(super) const REGISTER: &[&str] = &[
    "register",
    "registration",
    "signup",
    "sign up",
    "create account",
    "create an",
    "create your",
    "join",
    "enrol",
    "new account",
];
pub(super) const LOGIN: &[&str] = &["login", "log in", "signin", "sign in", "logon", "log on"];
pub(super) const LOGOUT: &[&str] = &["logout", "log out", "signout", "sign out", "logoff", "log off"];
/// Ways to log in with somebody else's page, which is not of the target's.
pub(super) const ELSEWHERE: &[&str] = &[
    "google",
    "facebook",
    "apple",
    "microsoft",
    "linkedin",
    "github",
    "twitter",
    "saml",
    "sso",
    "passkey",
    "passwordless",
];
/// What a form or link is about that has nothing to do with a connection.
pub(super) const ASIDE: &[&str] = &[
    "newsletter",
    "subscribe",
    "subscription",
    "language",
    "languages",
    "lang",
    "locale",
    "currency",
    "theme",
    "cookie",
    "cookies",
    "gdpr",
    "feedback",
    "contact",
    "search",
    "forgot",
    "forgotten",
    "forget",
    "reset",
    "recover",
    "resend",
];
/// What a link is about that must be read and not followed to agree.
pub(super) const TO_READ: &[&str] =
    &["terms", "privacy", "policy", "policies", "conditions", "help", "docs", "documentation", "support", "faq"];
/// What a page says that has just connected an agency.
pub(super) const SUCCESS: &[&str] = &[
    "connected",
    "linked",
    "authorised",
    "authorized",
    "success",
    "successful",
    "successfully",
    "thank",
    "thanks",
    "all set",
    "all done",
];

/// What turns such a word into its contrary, or belongs to a failure.
pub(super) const FAILURE: &[&str] = &[
    "not",
    "no",
    "cannot",
    "error",
    "invalid",
    "expired",
    "failed",
    "failure",
    "unable",
    "problem",
    "wrong",
    "unsuccessful",
    "denied",
    "sorry",
    "couldn",
    "wasn",
    "isn",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        assert_eq!(words("btnAgreeAll-2_now  É!"), ["btn", "agree", "all", "2", "now", "é"]);
        assert!(says(&words("Create an account"), REGISTER) && says(&words("Sign-up"), REGISTER));
        assert!(!says(&words("Sign in"), REGISTER) && !says(&words("design up"), REGISTER));
    }

    #[test]
    fn a_control_leans_as_a_reader_would_say() {
        for (text, expected) in [
            ("Agree", Leaning::Agree),
            ("Yes, connect my agency", Leaning::Agree),
            ("ALLOW ACCESS", Leaning::Agree),
            ("btnAuthorize", Leaning::Agree),
            ("Continue", Leaning::Onward),
            ("I disagree", Leaning::Decline),
            ("Do not allow", Leaning::Decline),
            ("Don't allow", Leaning::Decline),
            ("No, thanks", Leaning::Decline),
            ("Cancel", Leaning::Decline),
            ("Go back", Leaning::Decline),
            ("Disconnect", Leaning::Decline),
            ("Connections", Leaning::Neither),
            ("Notifications", Leaning::Neither),
            ("Authority", Leaning::Neither),
            ("", Leaning::Neither),
        ] {
            assert_eq!(leaning(text), expected, "{text}");
        }
    }
}
